using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tests.X509;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>Two peers, their authority and its responder, at the machine's own time: the openssl tool signs no other into a response.</summary>
public sealed class StatusWorld : IDisposable
{
    public StatusWorld()
    {
        Status = new StatusMint(Mint);
        Root = Mint.Root("root", Today);
        Impostor = Mint.Root("root", Today);
        Middle = Mint.Intermediate("middle", Root, Today);
        Client = Leaf("client");
        Server = Leaf("server");
        Delegate = Responder(w => w);
    }

    internal static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    internal Mint Mint { get; } = new();

    internal StatusMint Status { get; }

    internal Minted Root { get; }

    internal Minted Impostor { get; }

    internal Minted Middle { get; }

    internal Minted Client { get; }

    internal Minted Server { get; }

    /// <summary>A responder the root has made one.</summary>
    internal Minted Delegate { get; }

    internal TrustBundleSet Bundles => new(new TrustBundle(MintFixture.Domain(Mint.Domain), [Certificate.Read(Root.Der)]));

    internal static Wish Today(Wish wish) => wish with
    {
        NotBefore = Now - TimeSpan.FromMinutes(10),
        NotAfter = Now + (wish.Basic!.Contains("CA:TRUE", StringComparison.Ordinal) ? TimeSpan.FromDays(30) : TimeSpan.FromMinutes(50)),
    };

    internal Minted Leaf(string path, Minted? issuer = null, string more = "") => Mint.Leaf(
        issuer ?? Root, w => Today(w).WithUris($"spiffe://{Mint.Domain}/{path}") is var leaf ? leaf with { More = $"{more}{leaf.More}" } : w);

    internal Minted Responder(Func<Wish, Wish> change, Minted? issuer = null) => Mint.Leaf(issuer ?? Root, w => change(Today(w) with
    {
        Subject = "/CN=responder",
        Names = null,
        Extended = "OCSPSigning",
        More = "noCheck=ignored",
    }));

    internal static RevocationCheck Check(RevocationMode mode, RevocationPolicy? policy = null, RevocationLists? lists = null)
    {
        policy = (policy ?? new RevocationPolicy()) with { Mode = mode };
        return new RevocationCheck(policy, new Latest<RevocationLists>(lists ?? RevocationLists.None), new OcspFetcher(policy, TimeProvider.System));
    }

    /// <summary>Settings of one side.</summary>
    internal TlsSettings Settings(Minted identity, RevocationCheck? check = null, byte[]? staple = null, params Minted[] between)
    {
        var local = identity.ToLocal(Mint, between);
        return new TlsSettings
        {
            Identity = () => local,
            Bundles = () => Bundles,
            Verifier = new SvidVerifier(new SvidPolicy()),
            Now = () => Now,
            Allowed = [TlsWorld.Pattern($"spiffe://{Mint.Domain}/*")],
            Revocation = check,
            Staple = _ => staple is null ? null : (ReadOnlyMemory<byte>?)staple,
        };
    }

    /// <summary>What one response says of one certificate.</summary>
    internal static StatusVerdict Ask(byte[] response, Minted about, Minted issuer, DateTimeOffset? now = null, byte[]? nonce = null)
    {
        try
        {
            return OcspResponse.Read(response).Check(
                Certificate.Read(about.Der), Certificate.Read(issuer.Der), now ?? Now, new RevocationPolicy(), nonce);
        }
        catch (CertificateFormatException exception)
        {
            return StatusVerdict.Unknown(exception.Message);
        }
    }

    /// <summary>Runs something while the tool answers on a port, with this index of certificates.</summary>
    internal async Task WithResponderAsync(Func<Uri, Task> run, string index)
    {
        var port = Loopback.FreePort();
        using var process = Status.Responder(port, Root, Delegate, index);
        try
        {
            // It says so when it listens.
            while (await process.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) is { } line
                && !line.Contains("waiting for OCSP client connections", StringComparison.Ordinal))
            {
            }

            await run(new Uri($"http://127.0.0.1:{port}/"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    public void Dispose() => Mint.Dispose();
}
