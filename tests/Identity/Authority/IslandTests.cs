using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>A site that is cut off from its authority for days, and a router in it that stands in.</summary>
public sealed class IslandTests : IAsyncLifetime
{
    private readonly AuthorityWorld _world = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly MemorySecretStore _islandStore = new();
    private IslandState _state = null!;
    private SiteIslandContact _contact = null!;
    private IslandAuthority _island = null!;
    private EnrolmentServer _server = null!;
    private Task _serving = Task.CompletedTask;
    private IdentitySnapshot _own = IdentitySnapshot.None;
    private string _address = "";

    public async ValueTask InitializeAsync()
    {
        await _world.ServeAsync();
        var (_, own, _) = await _world.EnrolledAsync("node/island");
        _own = own;
        _state = new IslandState(AuthorityWorld.Domain, _islandStore);
        _contact = new SiteIslandContact(() => [_world.Address], _state, () => _world.Now, TimeProvider.System);
        (_island, _server, _address, _serving) = await ServeAsync(_state, _contact);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _stop.Dispose();
        await _world.DisposeAsync();
    }

    private async Task<(IslandAuthority, EnrolmentServer, string, Task)> ServeAsync(IslandState state, SiteIslandContact contact)
    {
        var island = new IslandAuthority(
            state, new IslandPolicy { ProbeEvery = TimeSpan.Zero }, () => _world.Authority.Bundles,
            c => contact.IsAuthorityThereAsync(_world.Authority.Bundles, c), () => _own.Svid, () => _world.Now, TimeProvider.System);
        var server = new EnrolmentServer(island, () => _world.Now, TimeProvider.System, NullLogger.Instance);
        var listening = new TaskCompletionSource<IReadOnlyList<IPEndPoint>>();
        var serving = server.RunAsync([new IPEndPoint(IPAddress.Loopback, 0)], _stop.Token, listening.SetResult);
        return (island, server, $"127.0.0.1:{(await listening.Task)[0].Port}", serving);
    }

    private async Task GrantAsync(int days = 14)
    {
        await _world.Authority.GrantIslandAsync(AuthorityWorld.Id("node/island"), days, CancellationToken.None);
        Assert.Equal(0, await _contact.GetInTouchAsync(_own, CancellationToken.None));
    }

    private IslandFallbackIssuer Fallback(IIdentityIssuer real, MemorySecretStore store) => new(
        real, new IslandIssuer([_address], store, () => _world.Now, TimeProvider.System), NullLogger.Instance, TimeProvider.System);

    private IslandFallbackIssuer Restarted(MemorySecretStore store) => Fallback(_world.Router(store, null), store);

    [Fact]
    public async Task The_authority_is_away_for_three_days_and_the_site_goes_on_and_then_it_is_back()
    {
        var (real, current, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        var router = Fallback(real, store);
        await _world.StopAsync();

        // Half of every identity's life, three days long.
        for (var i = 0; i < 3 * 24 * 4 / 16; i++)
        {
            _world.Now += i == 0 ? TimeSpan.FromMinutes(30) : TimeSpan.FromMinutes(15);
            current = await router.IssueAsync(current, CancellationToken.None);
            Assert.True(current.IsIslandIssued);
            var peer = _world.Verified(current.Svid!);
            Assert.True(peer.IsIslandIssued);
            Assert.Equal("spiffe://site.example/node/a", peer.Id.ToString());
            Assert.Equal(TimeSpan.FromMinutes(30), current.Svid!.NotAfter - _world.Now);
        }

        Assert.Equal(18, router.IslandIssued);

        // The power goes, for the rest of the three days.
        _world.Now += TimeSpan.FromDays(2.7);
        router = Restarted(store);
        current = await router.IssueAsync(null, CancellationToken.None);
        Assert.True(current.IsIslandIssued);

        await _world.ServeAsync();
        _world.Now += TimeSpan.FromMinutes(15);
        current = await router.IssueAsync(current, CancellationToken.None);
        Assert.False(current.IsIslandIssued);
        Assert.False(_world.Verified(current.Svid!).IsIslandIssued);
        Assert.Equal(_world.Now + TimeSpan.FromHours(1), current.Svid!.NotAfter);
    }

    [Fact]
    public async Task Without_an_island_it_fails_closed_and_says_so()
    {
        var (real, current, store) = await _world.EnrolledAsync("node/a");
        await _world.StopAsync();
        _world.Now += TimeSpan.FromHours(2);

        var failure = await Assert.ThrowsAsync<IOException>(() => Fallback(real, store).IssueAsync(current, CancellationToken.None));

        Assert.Contains($"{_world.Address} cannot be reached", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no island authority issues", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_issues_nothing_while_the_authority_can_be_reached()
    {
        var (_, current, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        var island = new IslandIssuer([_address], store, () => _world.Now, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<IOException>(() => island.IssueAsync(current, CancellationToken.None));

        Assert.Contains("the real authority answers here", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, _server.Counters.Refused(EnrolmentRefusal.AuthorityReachable));
    }

    [Fact]
    public async Task A_router_is_told_beforehand_whether_the_island_would_renew_it()
    {
        var (_, known, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        var (_, late, _) = await _world.EnrolledAsync("node/late");
        var islands = new IslandIssuer([_address], store, () => _world.Now, TimeProvider.System);

        Assert.Empty((await islands.GreetAsync(known, CancellationToken.None)).Problems);
        Assert.Contains("was not known", Assert.Single((await islands.GreetAsync(late, CancellationToken.None)).Problems), StringComparison.Ordinal);
        Assert.Equal(1, _server.Counters.Greeted);

        await GrantAsync();
        Assert.Equal(_world.Now + new IslandPolicy().StandInFor, (await islands.GreetAsync(known, CancellationToken.None)).Until);
        Assert.Empty((await islands.GreetAsync(late, CancellationToken.None)).Problems);
    }

    [Fact]
    public async Task An_island_that_knows_no_address_of_the_authority_does_not_stand_in_for_it()
    {
        var (_, current, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        var lost = new SiteIslandContact(() => [], _state, () => _world.Now, TimeProvider.System);
        var (_, _, address, _) = await ServeAsync(_state, lost);

        var failure = await Assert.ThrowsAsync<IOException>(
            () => new IslandIssuer([address], store, () => _world.Now, TimeProvider.System).IssueAsync(current, CancellationToken.None));

        Assert.Contains("no address of the site authority is known", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IOException>(() => lost.GetInTouchAsync(_own, CancellationToken.None));
    }

    [Fact]
    public async Task The_addresses_of_the_authority_outlive_the_join_string()
    {
        var (_, _, store) = await _world.EnrolledAsync("node/a", o => o with { Addresses = [] });
        var restarted = _world.Router(store, null, o => o with { Addresses = [] });
        Assert.Empty(restarted.Addresses);

        await restarted.IssueAsync(null, CancellationToken.None);

        Assert.Equal([_world.Address], restarted.Addresses);
    }

    [Fact]
    public async Task An_authority_that_neither_answers_nor_refuses_does_not_take_the_island_with_it()
    {
        var (_, current, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        await _world.StopAsync();
        var silent = new SiteIslandContact(
            () => [.. Enumerable.Range(1, 8).Select(i => $"10.0.0.{i}")], _state, () => _world.Now, TimeProvider.System, async (_, cancel) =>
            {
                await Task.Delay(Timeout.Infinite, cancel);
                throw new IOException();
            });
        var (_, server, address, _) = await ServeAsync(_state, silent);

        var issued = await new IslandIssuer([address], store, () => _world.Now, TimeProvider.System).IssueAsync(current, CancellationToken.None);

        Assert.True(issued.IsIslandIssued);
        Assert.Equal(1, server.Counters.Renewed);
    }

    [Fact]
    public async Task It_stops_after_the_days_it_was_given()
    {
        var (_, _, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        await _world.StopAsync();
        _world.Now += new IslandPolicy().StandInFor - TimeSpan.FromMinutes(1);
        Assert.True((await Restarted(store).IssueAsync(null, CancellationToken.None)).IsIslandIssued);

        _world.Now += TimeSpan.FromMinutes(2);
        var failure = await Assert.ThrowsAsync<IOException>(() => Restarted(store).IssueAsync(null, CancellationToken.None));
        Assert.Contains("the real authority was last in touch", failure.Message, StringComparison.Ordinal);

        await _world.ServeAsync();
        Assert.False((await Restarted(store).IssueAsync(null, CancellationToken.None)).IsIslandIssued);
    }

    [Fact]
    public async Task A_router_it_was_not_told_of_and_one_that_was_denied_get_nothing()
    {
        var (_, denied, deniedStore) = await _world.EnrolledAsync("node/denied");
        await _world.Authority.DenyAsync(AuthorityWorld.Id("node/denied"), CancellationToken.None);
        await GrantAsync();
        var (_, late, lateStore) = await _world.EnrolledAsync("node/late");
        await _world.StopAsync();

        foreach (var (current, store) in new[] { (denied, deniedStore), (late, lateStore) })
        {
            var failure = await Assert.ThrowsAsync<IOException>(() => Restarted(store).IssueAsync(current, CancellationToken.None));
            Assert.Contains("was not known to the real authority", failure.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// The line to the authority comes and goes. A device is on the island when the operator enrols another one in its place, and
    /// the island hears of that.
    /// </summary>
    [Fact]
    public async Task A_device_in_whose_place_another_was_enrolled_is_not_renewed_with_what_the_island_itself_signed_before()
    {
        var (_, old, oldStore) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        var issuer = new IslandIssuer([_address], oldStore, () => _world.Now, TimeProvider.System);
        await _world.StopAsync();
        _world.Now += TimeSpan.FromMinutes(5);
        old = await issuer.IssueAsync(old, CancellationToken.None);

        await _world.ServeAsync();
        _world.Now += TimeSpan.FromMinutes(5);
        var (_, anew, newStore) = await _world.EnrolledAsync("node/a");
        await _contact.GetInTouchAsync(_own, CancellationToken.None);
        await _world.StopAsync();
        _world.Now += TimeSpan.FromMinutes(5);

        await Assert.ThrowsAsync<IOException>(() => issuer.IssueAsync(old, CancellationToken.None));
        var successor = new IslandIssuer([_address], newStore, () => _world.Now, TimeProvider.System);
        anew = await successor.IssueAsync(anew, CancellationToken.None);
        _world.Now += TimeSpan.FromMinutes(15);
        Assert.True((await successor.IssueAsync(anew, CancellationToken.None)).IsIslandIssued);
    }

    [Fact]
    public async Task A_no_of_the_real_authority_is_not_taken_to_an_island()
    {
        var (real, current, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        await _world.Authority.DenyAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);

        await Assert.ThrowsAsync<IdentityRefusedException>(() => Fallback(real, store).IssueAsync(current, CancellationToken.None));

        Assert.Equal(0, _server.Counters.Refused(EnrolmentRefusal.AuthorityReachable) + _server.Counters.Renewed);
    }

    [Fact]
    public async Task Nobody_enrols_or_becomes_an_authority_there()
    {
        await GrantAsync();
        var join = await _world.TokenAsync("node/new");
        await _world.StopAsync();
        IEnrolmentAuthority island = _island;
        var csr = SvidRequest.Create(SigningKey.Generate(KeyKind.P256), AuthorityWorld.Id("node/new"));

        foreach (var request in new EnrolmentRequest[] { new EnrolmentRequest.Enrol { Csr = csr, Token = join.Token }, new EnrolmentRequest.Island { Csr = csr } })
        {
            var answer = await island.AnswerAsync(request, _world.Verified(_own.Svid!), new byte[32], CancellationToken.None);
            Assert.Equal(EnrolmentRefusal.BadRequest, answer.Refusal);
        }
    }

    [Fact]
    public async Task What_a_stolen_island_key_signs_is_renewed_neither_by_the_authority_nor_by_another_island()
    {
        var (_, _, _) = await _world.EnrolledAsync("node/victim");
        await GrantAsync();
        var stolen = _state.Key!;
        var key = SigningKey.Generate(KeyKind.P256);
        // Without the mark, for any name: so much it can do, until its certificate ends.
        var forged = LocalSvid.Create(
            [.. stolen.IssueSvid(AuthorityWorld.Id("node/victim"), PublicKey.Read(key.PublicInfo), TimeSpan.FromHours(1), _world.Now, isIsland: false).Select(c => c.Der)],
            key.Private);
        var peer = _world.Verified(forged);
        var renew = new EnrolmentRequest.Renew { Csr = SvidRequest.Create(SigningKey.Generate(KeyKind.P256), AuthorityWorld.Id("node/victim")) };

        Assert.Equal(EnrolmentRefusal.NotRenewable, (await _world.AskAsync(renew, peer)).Refusal);
        Assert.Equal(
            EnrolmentRefusal.NotRenewable,
            (await _world.AskAsync(new EnrolmentRequest.Island { Csr = renew.Csr }, peer)).Refusal);

        await _world.StopAsync();
        // Another island, with another key.
        var otherKey = SigningKey.Generate(KeyKind.P256);
        var otherStore = new MemorySecretStore();
        var other = new IslandState(AuthorityWorld.Domain, otherStore);
        other.Take(IssuingKey.Create(
            AuthorityWorld.Domain, otherKey, [.. _world.Root.IssueAuthority(PublicKey.Read(otherKey.PublicInfo), TimeSpan.FromDays(1), _world.Now).Select(c => c.Der)]));
        other.Take([new KnownNode(AuthorityWorld.Id("node/victim"), [], _world.Now - TimeSpan.FromDays(1))], _world.Now);
        var (island, _, _, serving) = await ServeAsync(other, _contact);
        Assert.Equal(
            EnrolmentRefusal.NotRenewable,
            (await ((IEnrolmentAuthority)island).AnswerAsync(renew, peer, new byte[32], CancellationToken.None)).Refusal);
        await _stop.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task An_island_that_calls_itself_the_authority_is_not_believed()
    {
        await GrantAsync();
        var join = await _world.TokenAsync("node/new");
        var forged = new SelfIssuedIdentity(EnrolmentProtocol.AuthorityPath, TimeSpan.FromHours(1), isIsland: false, () => _world.Now).By(_state.Key!);
        var port = Tls.Loopback.FreePort();
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, port);
        listener.Start();
        var heard = 0;
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptTcpClientAsync();
            var stream = await Identity.Tls.MutualTlsStream.AcceptAsync(
                socket.GetStream(), _world.ClientSettings(forged) with { AcceptsAnonymous = true }, TimeProvider.System, CancellationToken.None);
            heard = await stream.ReadAsync(new byte[1]);
        });

        var router = _world.Router(new MemorySecretStore(), join, o => o with { Addresses = [$"127.0.0.1:{port}"] });
        Assert.NotNull((await router.IssueAsync(null, CancellationToken.None)).Svid);
        await serving;
        Assert.Equal(0, heard);
    }

    [Fact]
    public async Task Only_a_router_that_may_becomes_an_island_authority_and_only_until_it_may_no_more()
    {
        Assert.Contains(
            "no_island",
            (await Assert.ThrowsAsync<IdentityRefusedException>(() => _contact.GetInTouchAsync(_own, CancellationToken.None))).Message,
            StringComparison.Ordinal);
        await GrantAsync();
        var serial = _state.Key!.Certificate.SerialNumber;
        Assert.Equal(_world.Now + TimeSpan.FromDays(14), _state.Key.NotAfter);
        Assert.Equal(1, _state.NodeCount);

        // The same one for a day, and then a new one.
        await _contact.GetInTouchAsync(_own, CancellationToken.None);
        Assert.Equal(serial, _state.Key.Certificate.SerialNumber);

        await _world.Authority.GrantIslandAsync(AuthorityWorld.Id("node/island"), 0, CancellationToken.None);
        await Assert.ThrowsAsync<IdentityRefusedException>(() => _contact.GetInTouchAsync(_own, CancellationToken.None));
        Assert.Null(_island.ServerIdentity);
        Assert.Null(new IslandState(AuthorityWorld.Domain, _islandStore).Key);

        // It comes back as it came.
        await GrantAsync();
        Assert.Equal((1, 1), (_state.NodeCount, new IslandState(AuthorityWorld.Domain, _islandStore).NodeCount));
        Assert.NotNull(_island.StandsInUntil);
    }

    /// <summary>It might stand in for the days it was given, for whoever has stolen it.</summary>
    [Fact]
    public async Task An_island_that_is_denied_forgets_its_key_and_its_nodes()
    {
        var (_, current, store) = await _world.EnrolledAsync("node/a");
        await GrantAsync();
        await _world.Authority.DenyAsync(AuthorityWorld.Id("node/island"), CancellationToken.None);

        await Assert.ThrowsAsync<IdentityRefusedException>(() => _contact.GetInTouchAsync(_own, CancellationToken.None));

        var again = new IslandState(AuthorityWorld.Domain, _islandStore);
        Assert.Equal((null, 0), (again.Key, again.NodeCount));
        await _world.StopAsync();
        await Assert.ThrowsAsync<IOException>(
            () => new IslandIssuer([_address], store, () => _world.Now, TimeProvider.System).IssueAsync(current, CancellationToken.None));
    }

    [Fact]
    public async Task A_router_that_is_refused_as_denied_is_told_to_put_away_what_else_it_has()
    {
        var told = 0;
        var (real, current, _) = await _world.EnrolledAsync("node/a", o => o with { Denied = () => told++ });
        await real.IssueAsync(current, CancellationToken.None);
        Assert.Equal(0, told);
        await _world.Authority.DenyAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);

        await Assert.ThrowsAsync<IdentityRefusedException>(() => real.IssueAsync(current, CancellationToken.None));

        Assert.Equal(1, told);
    }

    [Fact]
    public async Task What_it_was_told_outlasts_a_restart_and_costs_flash_only_when_it_changes()
    {
        await _world.EnrolledAsync("node/a");
        await GrantAsync();
        var writes = _islandStore.Writes;
        for (var i = 0; i < 5; i++)
        {
            await _contact.GetInTouchAsync(_own, CancellationToken.None);
        }

        Assert.Equal(writes, _islandStore.Writes);
        var again = new IslandState(AuthorityWorld.Domain, _islandStore);
        Assert.Equal((2, _world.Now, _state.Key!.Certificate.SerialNumber), (again.NodeCount, again.LastContact, again.Key!.Certificate.SerialNumber));
        Assert.Single(again.Find(AuthorityWorld.Id("node/a"))!.Keys);
    }

    [Fact]
    public void It_keeps_as_many_nodes_as_fit_and_says_how_many_do_not()
    {
        var state = new IslandState(AuthorityWorld.Domain, new MemorySecretStore());
        var nodes = Enumerable.Range(0, LedgerState.NodesMax)
            .Select(i => new KnownNode(AuthorityWorld.Id($"site/s/node/router-{i:0000}"), [new byte[32], new byte[32]], _world.Now));

        var left = state.Take(nodes, _world.Now);

        Assert.Equal(LedgerState.NodesMax, state.NodeCount + left);
        Assert.InRange(state.NodeCount, 500, 600);
    }

    [Fact]
    public async Task Of_an_authority_without_a_list_it_learns_nodes_from_handshakes_and_forgets_those_that_stay_away()
    {
        var (_, a, _) = await _world.EnrolledAsync("node/a");
        var state = new IslandState(AuthorityWorld.Domain, new MemorySecretStore());
        state.Learn(_world.Verified(a.Svid!));
        state.Contacted(_world.Now);
        Assert.Equal(1, state.NodeCount);
        Assert.Equal(_world.Now, state.LastContact);

        // Learning is no contact.
        _world.Now += TimeSpan.FromMinutes(30);
        state.Learn(_world.Verified(_own.Svid!));
        Assert.Equal((2, _world.Now - TimeSpan.FromMinutes(30)), (state.NodeCount, state.LastContact));

        state.Contacted(_world.Now + TimeSpan.FromDays(3));
        Assert.Equal(0, state.NodeCount);
    }
}
