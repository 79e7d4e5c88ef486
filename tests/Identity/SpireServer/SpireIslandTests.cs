using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.Tests.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.SpireServer;

/// <summary>A site cut off from its SPIRE Server, with a router in it that has a downstream authority of that server.</summary>
public sealed class SpireIslandTests : IAsyncLifetime
{
    private const string IslandToken = "0c7a8b52-0f1e-4a6b-9c3d-aaaaaaaaaaaa";

    private readonly CancellationTokenSource _stop = new();
    private readonly MemoryStore _islandStore = new();
    private SpireDomain _domain = null!;
    private SpireServerIssuer _real = null!;
    private SpireServerIssuer _router = null!;
    private SpireIslandContact _contact = null!;
    private IslandState _state = null!;
    private IdentitySnapshot _own = IdentitySnapshot.None;
    private EnrolmentServer _server = null!;
    private Task _serving = Task.CompletedTask;
    private IslandIssuer _islands = null!;

    public async ValueTask InitializeAsync()
    {
        _domain = await SpireDomain.StartAsync(server =>
        {
            server.Entries.Clear();
            server.AddEntry("node/a", Agent(SpireDomain.Token));
            server.AddEntry("node/island", Agent(IslandToken), isDownstream: true);
            server.JoinTokens[IslandToken] = true;
        });
        _islandStore.Put(JoinTokenAttestor.SecretName, Encoding.ASCII.GetBytes(IslandToken));
        _router = _domain.Router();
        _real = _domain.Router(s => s with { Store = _islandStore, Attestor = new JoinTokenAttestor(_islandStore) });
        _own = await _real.IssueAsync(null, CancellationToken.None);
        _state = new IslandState(_domain.Domain, _islandStore);
        _contact = new SpireIslandContact(_real, _state, TimeSpan.FromDays(7), Now);
        var authority = new IslandAuthority(
            _state, new IslandPolicy { LearnsNodes = true, ProbeEvery = TimeSpan.Zero }, () => _own.Bundles,
            token => _contact.IsAuthorityThereAsync(_own.Bundles, token), () => _own.Svid, Now, TimeProvider.System);
        _server = new EnrolmentServer(authority, Now, TimeProvider.System, NullLogger.Instance);
        var listening = new TaskCompletionSource<IReadOnlyList<IPEndPoint>>();
        _serving = _server.RunAsync([new IPEndPoint(IPAddress.Loopback, 0)], _stop.Token, listening.SetResult);
        _islands = new IslandIssuer([$"127.0.0.1:{(await listening.Task)[0].Port}"], new MemorySecretStore(), Now, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _stop.Dispose();
        await _domain.DisposeAsync();
    }

    private static string Agent(string token) => $"spiffe://site.example/spire/agent/join_token/{token}";

    private DateTimeOffset Now() => TimeProvider.System.GetUtcNow() + _domain.Ahead;

    private Task<int> GetInTouchAsync() => _contact.GetInTouchAsync(_own, CancellationToken.None);

    [Fact]
    public async Task A_router_that_greeted_is_renewed_while_the_server_is_away_and_goes_back_to_it()
    {
        await GetInTouchAsync();
        var fallback = new IslandFallbackIssuer(_router, _islands, NullLogger.Instance, TimeProvider.System);
        var current = await fallback.IssueAsync(null, CancellationToken.None);
        Assert.Empty((await _islands.GreetAsync(current, CancellationToken.None)).Problems);

        await _domain.Server.StopAsync();
        _domain.Ahead = TimeSpan.FromMinutes(30);
        current = await fallback.IssueAsync(current, CancellationToken.None);

        Assert.True(current.IsIslandIssued);
        var peer = new SvidVerifier(new SvidPolicy()).Verify([.. current.Svid!.Chain.Select(c => c.Der)], _own.Bundles, Now()).Svid!;
        Assert.Equal("spiffe://site.example/node/a", peer.Id.ToString());
        Assert.True(peer.IsIslandIssued);

        // And again, with what the island issued.
        _domain.Ahead = TimeSpan.FromMinutes(45);
        current = await fallback.IssueAsync(current, CancellationToken.None);
        Assert.True(current.IsIslandIssued);

        await _domain.RestartServerAsync();
        _domain.Ahead = TimeSpan.Zero;
        current = await fallback.IssueAsync(current, CancellationToken.None);
        Assert.False(current.IsIslandIssued);
    }

    [Fact]
    public async Task Who_never_greeted_gets_nothing_and_greeting_with_what_an_island_issued_makes_nobody_known()
    {
        await GetInTouchAsync();
        var current = await _router.IssueAsync(null, CancellationToken.None);
        await _domain.Server.StopAsync();

        var failure = await Assert.ThrowsAsync<IOException>(() => _islands.IssueAsync(current, CancellationToken.None));
        Assert.Contains("was not known to the real authority", failure.Message, StringComparison.Ordinal);

        var key = SigningKey.Generate(KeyKind.P256);
        var stolen = _state.Key!.IssueSvid(
            AuthorityWorld.Id("node/stolen"), PublicKeyOf(key), TimeSpan.FromMinutes(30), Now(), isIsland: false);
        var forged = new IdentitySnapshot(LocalSvid.Create([.. stolen.Select(c => c.Der)], key.Private), _own.Bundles);
        var problem = Assert.Single((await _islands.GreetAsync(forged, CancellationToken.None)).Problems);
        Assert.Contains("was not known", problem, StringComparison.Ordinal);
        Assert.Equal(0, _state.NodeCount);
    }

    [Fact]
    public async Task It_renews_nobody_while_the_server_answers()
    {
        await GetInTouchAsync();
        var current = await _router.IssueAsync(null, CancellationToken.None);
        Assert.Empty((await _islands.GreetAsync(current, CancellationToken.None)).Problems);

        var failure = await Assert.ThrowsAsync<IOException>(() => _islands.IssueAsync(current, CancellationToken.None));

        Assert.Contains("the real authority answers here", failure.Message, StringComparison.Ordinal);
        Assert.Equal((1, 0), (_server.Counters.Greeted, _server.Counters.Renewed));
    }

    /// <summary>Its own identity is not there yet, and the bundle is lost or older than the server's authority.</summary>
    [Fact]
    public async Task A_server_that_answers_and_is_not_believed_is_not_one_that_is_away()
    {
        var stale = new MemoryStore();
        var old = AuthorityWorld.NewRoot();
        stale.Put("spire-bundle", old.Der.Span);
        foreach (var island in new[]
        {
            _domain.Router(s => s with { Store = new MemoryStore(), Bootstrap = () => throw new IOException("trust_bundle.pem is missing") }),
            _domain.Router(s => s with { Store = stale, Bootstrap = () => new TrustBundle(_domain.Domain, [old]) }),
        })
        {
            var contact = new SpireIslandContact(island, _state, TimeSpan.FromDays(7), Now);
            await Assert.ThrowsAnyAsync<IOException>(() => contact.IsAuthorityThereAsync(new TrustBundleSet(), CancellationToken.None));
        }

        await _domain.Server.StopAsync();
        Assert.False(await _contact.IsAuthorityThereAsync(new TrustBundleSet(), CancellationToken.None));
    }

    [Fact]
    public async Task Before_its_first_contact_it_is_nobody_and_a_router_that_greets_is_told_so()
    {
        var current = await _router.IssueAsync(null, CancellationToken.None);

        Assert.Single((await _islands.GreetAsync(current, CancellationToken.None)).Problems);

        _domain.Server.Entries[1].Downstream = false;
        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(GetInTouchAsync);
        Assert.Contains("must be marked downstream", refused.Message, StringComparison.Ordinal);
        Assert.Equal(DateTimeOffset.UnixEpoch, _state.LastContact);
    }

    [Fact]
    public async Task The_authority_is_fetched_anew_after_an_eighth_of_its_life_and_otherwise_the_server_is_only_looked_for()
    {
        await GetInTouchAsync();
        var first = _state.Key!;
        await GetInTouchAsync();
        Assert.Same(first, _state.Key);

        _domain.Ahead = ((first.NotAfter - first.Certificate.NotBefore) / 8) + TimeSpan.FromSeconds(30);
        await GetInTouchAsync();
        Assert.NotSame(first, _state.Key);

        _domain.Ahead += (_state.Key!.NotAfter - _state.Key.Certificate.NotBefore) / 8;
        _domain.Server.Entries[1].Downstream = false;
        await Assert.ThrowsAsync<IdentityRefusedException>(GetInTouchAsync);
        Assert.Null(_state.Key);
        _domain.Server.Entries[1].Downstream = true;
        await GetInTouchAsync();

        await _domain.Server.StopAsync();
        var contact = _state.LastContact;
        _domain.Ahead += TimeSpan.FromSeconds(30);
        await Assert.ThrowsAnyAsync<IOException>(GetInTouchAsync);
        Assert.Equal(contact, _state.LastContact);
    }

    private static PublicKey PublicKeyOf(SigningKey key) => SvidRequest.Read(SvidRequest.Create(key, AuthorityWorld.Id("node/stolen"))).Key;
}
