using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>Two peers of one trust domain whose certificates are of today, for tools that know no other time.</summary>
public sealed class PresentWorld : IDisposable
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public PresentWorld()
    {
        Root = Mint.Root("root", Today);
        Impostor = Mint.Root("root", Today);
        Us = Leaf(Root, "us").ToLocal(Mint);
        Stranger = Leaf(Impostor, "us").ToLocal(Mint);
        Bundles = new TrustBundleSet(
            new TrustBundle(MintFixture.Domain(Mint.Domain), [X0tta6bl4.Identity.X509.Certificate.Read(Root.Der)]));
    }

    internal Mint Mint { get; } = new();

    internal Minted Root { get; }

    /// <summary>Calls itself as the root does, with a key of its own.</summary>
    internal Minted Impostor { get; }

    /// <summary>Our identity.</summary>
    internal LocalSvid Us { get; }

    /// <summary>The same ID, by the impostor's word.</summary>
    internal LocalSvid Stranger { get; }

    internal TrustBundleSet Bundles { get; }

    internal static string IdOf(string path) => $"spiffe://{Mint.Domain}/{path}";

    /// <summary>A tool's identity. Beside its ID the address, by which some tools insist on knowing whom they talk to .</summary>
    internal Minted Leaf(Minted issuer, string path, string key = "p256", Func<Wish, Wish>? change = null) => Mint.Leaf(
        issuer,
        w => (change ?? (x => x))(w with { Key = key, NotBefore = _now.AddMinutes(-1), NotAfter = _now.AddMinutes(58) } with
        {
            Names = $"critical,URI:{IdOf(path)},IP:127.0.0.1",
        }));

    /// <summary>Our settings, which let in the whole trust domain.</summary>
    internal TlsSettings Settings(LocalSvid? identity = null) => new()
    {
        Identity = () => identity ?? Us,
        Bundles = () => Bundles,
        Verifier = new SvidVerifier(new SvidPolicy()),
        Now = () => DateTimeOffset.UtcNow,
        Allowed = [TlsWorld.Pattern($"spiffe://{Mint.Domain}/*")],
    };

    public void Dispose() => Mint.Dispose();

    private Wish Today(Wish wish) => wish with { NotBefore = _now.AddDays(-1), NotAfter = _now.AddDays(30) };
}
