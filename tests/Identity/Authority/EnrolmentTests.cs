using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>A router's life with its authority, over TCP and TLS.</summary>
public sealed class EnrolmentTests : IAsyncLifetime
{
    private readonly AuthorityWorld _world = new();

    public async ValueTask InitializeAsync() => await _world.ServeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static Task<IdentitySnapshot> IssueAsync(SiteAuthorityIssuer router, IdentitySnapshot? current = null) =>
        router.IssueAsync(current, CancellationToken.None);

    [Theory, InlineData(KeyKind.Ed25519), InlineData(KeyKind.P256)]
    public async Task A_router_makes_its_keys_of_the_kind_of_its_authority(KeyKind kind)
    {
        await using var world = new AuthorityWorld(kind);
        await world.ServeAsync();
        var (issuer, first, store) = await world.EnrolledAsync("node/a");
        Assert.Equal(kind, first.Svid!.KeyKind);

        var renewed = await issuer.IssueAsync(first, CancellationToken.None);
        Assert.Equal(kind, renewed.Svid!.KeyKind);

        world.Now += TimeSpan.FromHours(2);
        var back = await world.Router(store, null).IssueAsync(null, CancellationToken.None);
        Assert.Equal(kind, back.Svid!.KeyKind);
        Assert.Equal(back.Svid.Id, world.Verified(back.Svid).Id);
    }

    [Fact]
    public async Task A_router_with_a_join_string_gets_its_identity_and_renews_it_with_a_new_key_each_time()
    {
        var (router, first, _) = await _world.EnrolledAsync("node/a");
        Assert.Equal("spiffe://site.example/node/a", _world.Verified(first.Svid!).Id.ToString());

        _world.Now += TimeSpan.FromMinutes(30);
        var second = await IssueAsync(router, first);

        Assert.Equal(first.Svid!.NotAfter + TimeSpan.FromMinutes(30), second.Svid!.NotAfter);
        Assert.NotEqual(first.Svid.Chain[0].KeyInfo, second.Svid.Chain[0].KeyInfo);
        Assert.False(second.IsIslandIssued);
        Assert.Equal((1, 1, 0), (_world.Server.Counters.Enrolled, _world.Server.Counters.Renewed, _world.Server.Counters.Returned));
    }

    [Fact]
    public async Task A_token_enrols_one_router_once()
    {
        var join = await _world.TokenAsync("node/a");
        await IssueAsync(_world.Router(new MemorySecretStore(), join));

        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(new MemorySecretStore(), join)));

        Assert.Contains("bad_token", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, _world.Server.Counters.Refused(EnrolmentRefusal.BadToken));
    }

    [Fact]
    public async Task A_token_that_has_ended_is_said_to_have()
    {
        var join = await _world.TokenAsync("node/a", TimeSpan.FromHours(1));
        _world.Now += TimeSpan.FromHours(1) + TimeSpan.FromSeconds(2);

        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(new MemorySecretStore(), join)));

        Assert.Contains("token_expired", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_reboot_within_the_hour_the_identity_is_taken_up_without_asking_anybody()
    {
        var (_, first, store) = await _world.EnrolledAsync("node/a");
        await _world.StopAsync();
        _world.Now += TimeSpan.FromMinutes(50);

        var again = await IssueAsync(_world.Router(store, null));

        Assert.Equal(first.Svid!.Chain[0].SerialNumber, again.Svid!.Chain[0].SerialNumber);
    }

    [Fact]
    public async Task After_a_week_without_power_a_router_comes_back_with_the_key_it_kept()
    {
        var (_, first, store) = await _world.EnrolledAsync("node/a");
        _world.Now += TimeSpan.FromDays(7);

        var back = await IssueAsync(_world.Router(store, null));

        Assert.True(back.Svid!.NotAfter > _world.Now);
        Assert.Equal(first.Svid!.Id, back.Svid.Id);
        Assert.Equal(1, _world.Server.Counters.Returned);
    }

    [Fact]
    public async Task After_two_months_it_needs_a_new_token_and_takes_it()
    {
        var (_, _, store) = await _world.EnrolledAsync("node/a");
        _world.Now += TimeSpan.FromDays(60);

        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(store, null)));
        Assert.Contains("away_too_long", refused.Message, StringComparison.Ordinal);
        var back = await IssueAsync(_world.Router(store, await _world.TokenAsync("node/a")));
        Assert.True(back.Svid!.NotAfter > _world.Now);
    }

    [Fact]
    public async Task While_the_authority_is_away_it_fails_and_says_so_and_recovers_by_itself()
    {
        var (router, current, _) = await _world.EnrolledAsync("node/a");
        await _world.StopAsync();
        _world.Now += TimeSpan.FromDays(3);

        var failure = await Assert.ThrowsAsync<IOException>(() => IssueAsync(router, current));
        Assert.Contains($"{_world.Address} cannot be reached", failure.Message, StringComparison.Ordinal);
        await _world.ServeAsync();
        Assert.True((await IssueAsync(router, current)).Svid!.NotAfter > _world.Now);
    }

    [Fact]
    public async Task A_denied_router_gets_nothing_any_more_by_whatever_way_and_comes_back_with_a_new_token_alone()
    {
        var (router, current, store) = await _world.EnrolledAsync("node/a");
        await _world.Authority.DenyAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);

        foreach (var attempt in new[] { () => IssueAsync(router, current), () => IssueAsync(router), () => IssueAsync(_world.Router(Expired(store), null)) })
        {
            Assert.Contains("denied", (await Assert.ThrowsAsync<IdentityRefusedException>(attempt)).Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<IdentityAuthorityException>(() => _world.TokenAsync("node/a"));
        await _world.Authority.AllowAsync(AuthorityWorld.Id("node/a"), CancellationToken.None);
        Assert.Contains(
            "not_enrolled", (await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(store, null), current))).Message, StringComparison.Ordinal);

        // The thief still holds a certificate that is valid; the rightful one has a new token.
        _world.Now += TimeSpan.FromMinutes(1);
        await IssueAsync(_world.Router(new MemorySecretStore(), await _world.TokenAsync("node/a")));
        Assert.Contains(
            "bad_proof", (await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(store, null), current))).Message, StringComparison.Ordinal);
    }

    private MemorySecretStore Expired(MemorySecretStore store)
    {
        _world.Now += TimeSpan.FromHours(2);
        return store;
    }

    [Fact]
    public async Task When_the_answer_gets_lost_with_the_token_used_up_the_router_comes_back_with_the_key_it_sealed_before()
    {
        var store = new MemorySecretStore();
        var join = await _world.TokenAsync("node/a");
        var cut = _world.Router(store, join, o => o with { Dial = CutAfterRequestAsync });
        await Assert.ThrowsAsync<IOException>(() => IssueAsync(cut));
        Assert.Equal(1, await _world.Ledger.ReadAsync(s => s.Nodes.Values.Count(n => n.IsEnrolled), CancellationToken.None));

        // The power goes too.
        var identity = await IssueAsync(_world.Router(store, join));

        Assert.Equal("spiffe://site.example/node/a", identity.Svid!.Id.ToString());
        Assert.Null(store.Get(KeptIdentity.PendingName));
    }

    /// <summary>The authority hears all; of its answer nothing comes back.</summary>
    private async Task<Stream> CutAfterRequestAsync(System.Net.DnsEndPoint address, CancellationToken cancellationToken) =>
        new DeafStream(await EnrolmentClient.DialTcpAsync(address, cancellationToken), () => _world.Server.Counters.Enrolled > 0);

    [Fact]
    public async Task A_bad_token_for_another_name_does_not_cost_the_router_what_it_had()
    {
        var (_, _, store) = await _world.EnrolledAsync("node/a");
        var join = await _world.TokenAsync("node/b", TimeSpan.FromMinutes(1));
        _world.Now += TimeSpan.FromHours(2);

        await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(store, join)));

        Assert.Equal("spiffe://site.example/node/a", (await IssueAsync(_world.Router(store, null))).Svid!.Id.ToString());
    }

    [Fact]
    public async Task Renewals_write_nothing_to_flash_for_a_day_neither_here_nor_there()
    {
        var (router, current, store) = await _world.EnrolledAsync("node/a");
        var (writes, ledger) = (store.Writes, new FileInfo(_world.LedgerFile).Length);
        for (var i = 0; i < 26; i++)
        {
            _world.Now += TimeSpan.FromMinutes(55);
            current = await IssueAsync(router, current);
        }

        Assert.Equal((writes, ledger), (store.Writes, new FileInfo(_world.LedgerFile).Length));
        _world.Now += TimeSpan.FromMinutes(55);
        await IssueAsync(router, current);
        Assert.Equal(writes + 1, store.Writes);
        Assert.True(new FileInfo(_world.LedgerFile).Length > ledger);

        // The key of the first day was replaced; the one of today opens the door.
        _world.Now += TimeSpan.FromDays(10);
        await IssueAsync(_world.Router(store, null));
    }

    [Fact]
    public async Task A_full_flash_does_not_take_the_identity_away()
    {
        var (router, current, store) = await _world.EnrolledAsync("node/a", o => o with { KeepEvery = TimeSpan.Zero });
        store.IsFull = true;
        for (var i = 0; i < 5; i++)
        {
            _world.Now += TimeSpan.FromMinutes(30);
            current = await IssueAsync(router, current);
        }

        store.IsFull = false;
        _world.Now += TimeSpan.FromDays(1);
        Assert.True((await IssueAsync(_world.Router(store, null))).Svid!.NotAfter > _world.Now);
    }

    [Fact]
    public async Task The_addresses_are_tried_in_turn()
    {
        var join = await _world.TokenAsync("node/a");
        var router = _world.Router(new MemorySecretStore(), join, o => o with { Addresses = ["127.0.0.1:1", "[::1]:1"] });

        Assert.NotNull((await IssueAsync(router)).Svid);
    }

    [Fact]
    public async Task A_router_whose_certificate_has_ended_by_the_authoritys_clock_comes_back_at_once()
    {
        var (_, current, store) = await _world.EnrolledAsync("node/a");
        // Its own clock is a minute slow, which both sides would put up with.
        var slow = new SiteAuthorityIssuer(
            new SiteAuthorityIssuerOptions { Addresses = [_world.Address] }, store,
            () => current.Svid!.NotAfter - TimeSpan.FromSeconds(1), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        _world.Now = current.Svid!.NotAfter + TimeSpan.FromSeconds(61);

        var back = await IssueAsync(slow, current);

        Assert.Equal(_world.Now + TimeSpan.FromHours(1), back.Svid!.NotAfter);
        await AuthorityWorld.EventuallyAsync(1, () => _world.Server.Counters.HandshakesFailed);
        Assert.Equal(1, _world.Server.Counters.Returned);
    }

    [Fact]
    public async Task A_server_that_is_a_mere_node_of_the_site_is_not_taken_for_the_authority()
    {
        var join = await _world.TokenAsync("node/victim");
        var (_, impostor, _) = await _world.EnrolledAsync("node/evil");
        var heard = new List<byte>();
        var port = Tls.Loopback.FreePort();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptTcpClientAsync();
            try
            {
                var stream = await Identity.Tls.MutualTlsStream.AcceptAsync(
                    socket.GetStream(), _world.ClientSettings(impostor.Svid) with { AcceptsAnonymous = true }, TimeProvider.System, CancellationToken.None);
                heard.AddRange(await EnrolmentProtocol.ReadAsync(stream, 16384, CancellationToken.None));
            }
            catch (IOException)
            {
                // The router hung up.
            }
        });
        var router = _world.Router(new MemorySecretStore(), join, o => o with { Addresses = [$"127.0.0.1:{port}"] });

        // It goes on to the real one.
        Assert.NotNull((await IssueAsync(router)).Svid);
        await serving;
        Assert.Empty(heard);
    }

    [Fact]
    public async Task An_issuer_without_anything_says_what_to_do()
    {
        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(_world.Router(new MemorySecretStore(), null)));

        Assert.Contains("ca token --id ID", refused.Message, StringComparison.Ordinal);
    }
}
