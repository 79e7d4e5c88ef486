using System.Globalization;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// An authority and identities in files, minted with the openssl tool: the same for ours and for OpenSSL, and made by neither's
/// code that is measured. Valid from now for the hour that the agent accepts.
/// </summary>
internal sealed class TlsCertificates
{
    private const string Domain = "example.org";

    private const string Config = """
        [ca]
        default_ca = any
        [any]
        database = index.txt
        new_certs_dir = .
        serial = serial
        default_md = default
        policy = anything
        unique_subject = no
        [anything]
        commonName = optional
        [req]
        distinguished_name = dn
        prompt = no
        [dn]
        """;

    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private readonly string _begin = Time(DateTimeOffset.UtcNow.AddSeconds(-10));
    private readonly string _end = Time(DateTimeOffset.UtcNow.AddSeconds(-10) + Life);
    private readonly string[] _key;

    private TlsCertificates(string folder, string[] key)
    {
        Folder = folder;
        _key = key;
    }

    /// <summary>Holds root.pem, and NAME.pem and NAME.key of each identity.</summary>
    public string Folder { get; }

    /// <summary>An authority of its own.</summary>
    /// <param name="folder">Not there yet.</param>
    /// <param name="key">Kind of every key: <c>p256</c>, <c>ed25519</c>, <c>rsa4096</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<TlsCertificates> MakeAsync(string folder, string key, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var made = new TlsCertificates(folder, key switch
        {
            "p256" => ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "rsa4096" => ["rsa", "-pkeyopt", "rsa_keygen_bits:4096"],
            _ => [key],
        });
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.cnf"), Config, cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "index.txt"), "", cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "serial"), "1000", cancellation);
        await made.IssueAsync(
            "root", "/CN=root", ["-selfsign", "-keyfile", "root.key"],
            $"""
            basicConstraints=critical,CA:TRUE
            keyUsage=critical,keyCertSign,cRLSign
            subjectKeyIdentifier=hash
            subjectAltName=URI:spiffe://{Domain}
            """,
            cancellation);
        return made;
    }

    /// <summary>An identity with a new key.</summary>
    /// <param name="path">Path of its SPIFFE ID.</param>
    /// <param name="name">Of its files.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task IdentityAsync(string path, string name, CancellationToken cancellation) => IssueAsync(
        name, "/", ["-cert", "root.pem", "-keyfile", "root.key"],
        $"""
        basicConstraints=critical,CA:FALSE
        keyUsage=critical,digitalSignature
        extendedKeyUsage=serverAuth,clientAuth
        authorityKeyIdentifier=keyid
        subjectAltName=critical,URI:spiffe://{Domain}/{path}
        """,
        cancellation);

    private async Task IssueAsync(
        string name, string subject, string[] signer, string extensions, CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, $"{name}.ext"), extensions + "\n", cancellation);
        await OpenSslAsync(
            ["req", "-new", "-config", "ca.cnf", "-newkey", .. _key, "-nodes", "-keyout", $"{name}.key", "-subj", subject, "-out", $"{name}.csr"],
            cancellation);
        await OpenSslAsync(
            [
                "ca", "-batch", "-config", "ca.cnf", "-in", $"{name}.csr", "-extfile", $"{name}.ext", "-notext", "-preserveDN",
                "-startdate", _begin, "-enddate", _end, "-out", $"{name}.pem", .. signer,
            ],
            cancellation);
    }

    private Task<string> OpenSslAsync(string[] arguments, CancellationToken cancellation) =>
        HostProgram.RunAsync("env", ["-C", Folder, "openssl", .. arguments], cancellation);

    private static string Time(DateTimeOffset time) => time.ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
}
