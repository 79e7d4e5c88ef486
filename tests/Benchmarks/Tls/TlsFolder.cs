using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Benchmarks.Tls;

/// <summary>Certificates that the rack minted with the openssl tool: root.pem, client and server each as .pem and .key.</summary>
internal sealed class TlsFolder(string folder)
{
    public const string Domain = "example.org";

    public string Folder => folder;

    public TrustBundleSet Bundles { get; } = ReadBundles(folder);

    public static IReadOnlyList<SpiffeIdPattern> Everybody { get; } = [Pattern($"spiffe://{Domain}/*")];

    public LocalSvid Identity(string name) =>
        SvidFiles.Read(Path.Combine(folder, $"{name}.pem"), Path.Combine(folder, $"{name}.key"));

    /// <summary>The same, none of whose keys has been used.</summary>
    public TrustBundleSet NewBundles() => ReadBundles(folder);

    /// <summary>The certificates a peer would send.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Chain(string name) =>
        CertificateList.Read(File.ReadAllBytes(Path.Combine(folder, $"{name}.pem")), SvidPolicy.ChainCertificatesMax);

    /// <summary>One side's settings.</summary>
    /// <param name="name">Of its files.</param>
    /// <param name="suite">The one cipher suite, by its name in RFC 8446; null for the agent's own choice.</param>
    public TlsSettings Settings(string name, string? suite)
    {
        var identity = Identity(name);
        var settings = new TlsSettings
        {
            Identity = () => identity,
            Bundles = () => Bundles,
            Verifier = new SvidVerifier(new SvidPolicy()),
            Now = () => DateTimeOffset.UtcNow,
            Allowed = Everybody,
        };
        return suite is null ? settings : settings with { CipherSuites = [Suite(suite)] };
    }

    private static int Suite(string name) => name switch
    {
        "TLS_CHACHA20_POLY1305_SHA256" => CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        "TLS_AES_128_GCM_SHA256" => CipherSuite.TLS_AES_128_GCM_SHA256,
        _ => throw new ArgumentException($"no cipher suite {name} here", nameof(name)),
    };

    private static TrustBundleSet ReadBundles(string folder) => new(SvidFiles.ReadBundle(Path.Combine(folder, "root.pem"), ParseDomain()));

    private static TrustDomain ParseDomain() =>
        TrustDomain.Parse(Domain, out var domain) is { } problem ? throw new InvalidOperationException(problem.Text) : domain;

    private static SpiffeIdPattern Pattern(string text) =>
        SpiffeIdPattern.Parse(text, out var pattern) is { } problem ? throw new InvalidOperationException(problem.Text) : pattern;
}
