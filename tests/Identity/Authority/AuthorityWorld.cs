using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>A site: an authority that really listens, routers that may come, and a clock that is set by hand.</summary>
internal sealed class AuthorityWorld : IAsyncDisposable
{
    private static int _worlds;

    private readonly string _folder = Directory.CreateTempSubdirectory("x0-authority-").FullName;
    private CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;
    private int _port;

    /// <summary>
    /// Each world listens on a loopback address of its own: the port of an authority that went away must not be another test's.
    /// </summary>
    private readonly IPAddress _ip = new([127, 77, .. BitConverter.GetBytes((ushort)Interlocked.Increment(ref _worlds))]);

    public AuthorityWorld(KeyKind kind = KeyKind.P256, AuthorityPolicy? policy = null, DateTimeOffset? now = null)
    {
        Now = now ?? Now;
        Root = IssuingKey.CreateRoot(Domain, kind, TimeSpan.FromDays(3650), Now);
        Ledger = OpenLedger();
        Authority = new SiteAuthority(Root, Ledger, policy ?? new AuthorityPolicy(), () => Now);
        Server = new EnrolmentServer(Authority, () => Now, TimeProvider.System, NullLogger.Instance);
    }

    public static TrustDomain Domain => TrustDomain.Parse("site.example", out var domain) is { } problem
        ? throw new InvalidOperationException(problem.ToString())
        : domain;

    public DateTimeOffset Now { get; set; } = new(2031, 5, 1, 12, 0, 0, TimeSpan.Zero);

    public IssuingKey Root { get; }

    public AuthorityLedger Ledger { get; }

    public SiteAuthority Authority { get; }

    public EnrolmentServer Server { get; }

    /// <summary>What the ledger reported.</summary>
    public List<string> Reports { get; } = [];

    public string LedgerFolder => Path.Combine(_folder, "authority");

    public string LedgerFile => Path.Combine(LedgerFolder, AuthorityLedger.FileName);

    public string Address => $"{_ip}:{_port}";

    public string PathOf(string name) => Path.Combine(_folder, name);

    public AuthorityLedger OpenLedger() => new(LedgerFolder, () => Now, Reports.Add);

    public static SpiffeId Id(string path) => SpiffeId.Parse($"spiffe://{Domain}/{path}", out var id) is { } problem
        ? throw new ArgumentException(problem.ToString(), nameof(path))
        : id;

    /// <summary>Another authority's root, of the same trust domain.</summary>
    public static Certificate NewRoot() =>
        IssuingKey.CreateRoot(Domain, KeyKind.P256, TimeSpan.FromDays(3650), TimeProvider.System.GetUtcNow()).Certificate;

    /// <summary>The authority comes up, on the port it had before.</summary>
    public async Task ServeAsync()
    {
        var listening = new TaskCompletionSource<IReadOnlyList<IPEndPoint>>();
        _serving = Server.RunAsync([new IPEndPoint(_ip, _port)], _stop.Token, listening.SetResult);
        if (await Task.WhenAny(listening.Task, _serving) == _serving)
        {
            await _serving;
        }

        _port = (await listening.Task)[0].Port;
    }

    /// <summary>The authority goes away.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        _serving = Task.CompletedTask;
    }

    public Task<JoinString> TokenAsync(string path, TimeSpan? lifetime = null) => Authority.MakeTokenAsync(
        Id(path), lifetime ?? TimeSpan.FromHours(24), _port == 0 ? [] : [Address], CancellationToken.None);

    /// <summary>A router with what it kept; a restart of it is another one with the same store.</summary>
    public SiteAuthorityIssuer Router(
        MemorySecretStore store, JoinString? join, Func<SiteAuthorityIssuerOptions, SiteAuthorityIssuerOptions>? change = null)
    {
        var options = new SiteAuthorityIssuerOptions { Join = () => join, Addresses = [Address] };
        return new SiteAuthorityIssuer(change?.Invoke(options) ?? options, store, () => Now, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>A router that has an identity.</summary>
    public async Task<(SiteAuthorityIssuer Issuer, IdentitySnapshot Identity, MemorySecretStore Store)> EnrolledAsync(
        string path, Func<SiteAuthorityIssuerOptions, SiteAuthorityIssuerOptions>? change = null)
    {
        var store = new MemorySecretStore();
        var issuer = Router(store, await TokenAsync(path), change);
        return (issuer, await issuer.IssueAsync(null, CancellationToken.None), store);
    }

    /// <summary>Asks the authority without a network.</summary>
    public Task<EnrolmentAnswer> AskAsync(EnrolmentRequest request, VerifiedSvid? peer = null, byte[]? binding = null) =>
        ((IEnrolmentAuthority)Authority).AnswerAsync(request, peer, binding ?? new byte[32], CancellationToken.None);

    /// <summary>A connection to the authority, past the handshake.</summary>
    public async Task<MutualTlsStream> ConnectAsync(LocalSvid? identity = null)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(_ip, _port);
        return await MutualTlsStream.ConnectAsync(client.GetStream(), ClientSettings(identity), TimeProvider.System, CancellationToken.None);
    }

    public TlsSettings ClientSettings(LocalSvid? identity) => new()
    {
        Identity = () => identity,
        IsAnonymous = identity is null,
        Bundles = () => Authority.Bundles,
        Verifier = new SvidVerifier(new SvidPolicy()),
        Now = () => Now,
        Allowed = [Tls.TlsWorld.Pattern($"spiffe://{Domain}/*")],
        Protocols = [EnrolmentProtocol.Alpn],
        ChannelBindingLabel = EnrolmentProtocol.ChannelBindingLabel,
    };

    /// <summary>What the server counts just after the client has seen it.</summary>
    public static async Task EventuallyAsync(long expected, Func<long> count)
    {
        for (var attempt = 0; count() != expected && attempt < 200; attempt++)
        {
            await Task.Delay(20);
        }

        Assert.Equal(expected, count());
    }

    /// <summary>What the authority's verifier makes of a chain.</summary>
    public VerifiedSvid Verified(LocalSvid svid)
    {
        var verdict = new SvidVerifier(new SvidPolicy()).Verify([.. svid.Chain.Select(c => c.Der)], Authority.Bundles, Now);
        return verdict.Refusal is { } refusal ? throw new InvalidOperationException(refusal.ToString()) : verdict.Svid!;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        Ledger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
