using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>Two peers of one trust domain, and how each sees the world.</summary>
public sealed class TlsWorld : IDisposable
{
    private readonly MintFixture _fixture = new();

    public TlsWorld()
    {
        Client = Peer("client");
        Server = Peer("server");
    }

    internal Mint Mint => _fixture.Authorities.Mint;

    internal Authorities Authorities => _fixture.Authorities;

    internal TrustBundleSet Bundles => _fixture.Bundles;

    internal LocalSvid Client { get; }

    internal LocalSvid Server { get; }

    internal LocalSvid Peer(string path, string key = "p256") => Authorities.Mint
        .Leaf(Authorities.Root, w => w.WithUris($"spiffe://{Mint.Domain}/{path}") with { Key = key })
        .ToLocal(Mint);

    /// <summary>Settings of one side, which lets in its whole trust domain.</summary>
    internal TlsSettings Settings(LocalSvid identity) => new()
    {
        Identity = () => identity,
        Bundles = () => Bundles,
        Verifier = new SvidVerifier(new SvidPolicy()),
        Now = () => Minting.Mint.Now,
        Allowed = [Pattern($"spiffe://{Minting.Mint.Domain}/*")],
    };

    internal static SpiffeIdPattern Pattern(string text) =>
        SpiffeIdPattern.Parse(text, out var pattern) is { } problem ? throw new ArgumentException(problem.ToString(), nameof(text)) : pattern;

    /// <summary>Both sides at once; each result is a stream or the reason.</summary>
    internal static async Task<(object Client, object Server)> ShakeAsync(
        TlsSettings client, TlsSettings server, Func<Stream, Stream>? wrapClient = null, TimeProvider? time = null)
    {
        var (near, far) = await Loopback.PairAsync();
        var connecting = ResultAsync(MutualTlsStream.ConnectAsync(
            wrapClient?.Invoke(near) ?? near, client, time ?? TimeProvider.System, CancellationToken.None));
        var accepting = ResultAsync(MutualTlsStream.AcceptAsync(far, server, time ?? TimeProvider.System, CancellationToken.None));
        return (await connecting, await accepting);
    }

    public void Dispose() => _fixture.Dispose();

    internal static async Task<object> ResultAsync(Task<MutualTlsStream> handshake)
    {
        try
        {
            return await handshake;
        }
        catch (TlsHandshakeException exception)
        {
            return exception;
        }
    }
}
