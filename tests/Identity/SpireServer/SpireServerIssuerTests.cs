using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.SpireWorld;

namespace X0tta6bl4.Identity.Tests.SpireServer;

/// <summary>The issuer against a server that speaks TLS and gRPC with somebody else's code.</summary>
public sealed class SpireServerIssuerTests
{
    private const string Agent = $"spiffe://site.example/spire/agent/join_token/{SpireDomain.Token}";

    private static readonly string[] Issue = ["GetAuthorizedEntries", "BatchNewX509SVID", "GetBundle"];

    private static Task<IdentitySnapshot> IssueAsync(SpireServerIssuer router) => router.IssueAsync(null, CancellationToken.None);

    private static async Task<string> RefusedAsync(SpireServerIssuer router) =>
        (await Assert.ThrowsAsync<IdentityRefusedException>(() => IssueAsync(router))).Message;

    [Fact]
    public async Task A_router_with_a_join_token_gets_an_identity()
    {
        await using var domain = await SpireDomain.StartAsync();

        var snapshot = await IssueAsync(domain.Router());

        Assert.Equal("spiffe://site.example/node/a", snapshot.Svid!.Id.ToString());
        Assert.False(snapshot.IsIslandIssued);
        var bundle = snapshot.Bundles.Find(domain.Domain)!;
        Assert.Equal(domain.Server.Authority.RootDer, Assert.Single(bundle.X509Authorities).Der.ToArray());
        Assert.Equal((7ul, TimeSpan.FromSeconds(300)), (bundle.Sequence!.Value, bundle.RefreshHint!.Value));
        Assert.Equal(["AttestAgent", .. Issue], domain.Server.Calls);
    }

    [Fact]
    public async Task The_token_is_taken_out_of_the_store_once_it_has_worked_and_the_agent_outlives_a_restart()
    {
        await using var domain = await SpireDomain.StartAsync();
        var first = await IssueAsync(domain.Router());
        Assert.Null(domain.Store.Get(JoinTokenAttestor.SecretName));

        var second = await IssueAsync(domain.Router());

        Assert.Equal([.. Issue], domain.CallsSince(4));
        Assert.NotEqual(first.Svid!.Chain[0].SerialNumber, second.Svid!.Chain[0].SerialNumber);
        Assert.NotEqual(first.Svid.Chain[0].KeyInfo, second.Svid.Chain[0].KeyInfo);
    }

    [Fact]
    public async Task Nothing_is_written_to_flash_when_only_our_own_identity_is_new()
    {
        await using var domain = await SpireDomain.StartAsync();
        var router = domain.Router();
        await IssueAsync(router);
        var writes = domain.Store.Writes.Count;

        await IssueAsync(router);

        Assert.Equal(writes, domain.Store.Writes.Count);
    }

    [Fact]
    public async Task A_token_that_was_used_is_a_refusal_that_says_what_to_do()
    {
        await using var domain = await SpireDomain.StartAsync(server => server.JoinTokens.Clear());

        var message = await RefusedAsync(domain.Router());

        Assert.Contains("join token does not exist or has already been used", message, StringComparison.Ordinal);
        Assert.Contains("a join token works once", message, StringComparison.Ordinal);
        Assert.DoesNotContain(SpireDomain.Token, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_token_the_server_is_not_even_asked()
    {
        await using var domain = await SpireDomain.StartAsync();
        domain.Store.Remove(JoinTokenAttestor.SecretName);

        var message = await RefusedAsync(domain.Router());

        Assert.Contains("spire-server token generate", message, StringComparison.Ordinal);
        Assert.Empty(domain.Server.Calls);
    }

    [Theory]
    [InlineData(""), InlineData("\n"), InlineData("tokén"), InlineData(null)]
    public async Task A_token_that_is_none_is_not_sent(string? token)
    {
        await using var domain = await SpireDomain.StartAsync();
        domain.Store.Put(JoinTokenAttestor.SecretName, Encoding.UTF8.GetBytes(token ?? new string('t', 257)));

        Assert.Contains("is no join token", await RefusedAsync(domain.Router()), StringComparison.Ordinal);
        Assert.Empty(domain.Server.Calls);
    }

    [Fact]
    public async Task In_the_second_half_of_its_life_the_agent_renews_itself_with_a_new_key_before_it_uses_it()
    {
        await using var domain = await SpireDomain.StartAsync();
        var router = domain.Router();
        await IssueAsync(router);
        var before = SpireAgent.Load(domain.Settings())!;

        domain.Ahead = TimeSpan.FromMinutes(31);
        await IssueAsync(router);

        var after = SpireAgent.Load(domain.Settings())!;
        Assert.Equal(["RenewAgent", .. Issue], domain.CallsSince(4));
        Assert.Equal(before.Svid.Id, after.Svid.Id);
        Assert.NotEqual(before.Key.PublicHash, after.Key.PublicHash);
        // The server took the new one, by its first use.
        Assert.Empty(domain.Server.Renewed);
    }

    [Fact]
    public async Task A_power_cut_after_the_renewal_and_before_its_first_use_loses_nothing()
    {
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain.Router());
        domain.Ahead = TimeSpan.FromMinutes(31);
        domain.Server.Before = method => method == "GetAuthorizedEntries"
            ? throw new RpcException(new Status(StatusCode.Unavailable, "power cut"))
            : Task.CompletedTask;
        await Assert.ThrowsAsync<GrpcException>(() => IssueAsync(domain.Router()));

        domain.Server.Before = _ => Task.CompletedTask;
        var snapshot = await IssueAsync(domain.Router());

        Assert.Equal("spiffe://site.example/node/a", snapshot.Svid!.Id.ToString());
    }

    [Fact]
    public async Task A_full_flash_is_said_and_costs_neither_the_identity_nor_the_agent()
    {
        await using var domain = await SpireDomain.StartAsync();
        domain.Store.IsFull = true;
        var router = domain.Router();
        Assert.NotNull((await IssueAsync(router)).Svid);
        Assert.Equal(2, router.Problems.Count);
        Assert.All(router.Problems, problem => Assert.StartsWith("no space left", problem, StringComparison.Ordinal));

        // It has room again: what was in memory is stored with the next identity.
        domain.Store.IsFull = false;
        await IssueAsync(router);
        Assert.Empty(router.Problems);
        await IssueAsync(domain.Router());

        Assert.Single(domain.Server.Calls, "AttestAgent");
    }

    /// <summary>SPIRE gives a new one about daily.</summary>
    [Fact]
    public async Task A_new_bundle_and_a_full_flash_do_not_take_the_identity_away()
    {
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain.Router());
        using var other = new SpireAuthority("site.example");
        domain.Store.Put("spire-bundle", [.. domain.Server.Authority.RootDer, .. other.RootDer]);
        domain.Store.IsFull = true;
        var router = domain.Router();

        Assert.NotNull((await IssueAsync(router)).Svid);

        Assert.StartsWith("no space left", Assert.Single(router.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_was_off_for_longer_than_its_SVID_lived_needs_a_new_token_and_says_so()
    {
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain.Router());

        domain.Ahead = TimeSpan.FromMinutes(61);
        var message = await RefusedAsync(domain.Router());

        Assert.Contains("the agent SVID ended at", message, StringComparison.Ordinal);
        Assert.Contains("there is no join token", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_banned_agent_is_told_so()
    {
        await using var domain = await SpireDomain.StartAsync();
        var router = domain.Router();
        await IssueAsync(router);
        domain.Server.Agents[Agent] = "";

        Assert.Contains("this agent is banned", await RefusedAsync(router), StringComparison.Ordinal);
        Assert.DoesNotContain("AttestAgent", domain.CallsSince(4));
    }

    [Fact]
    public async Task An_agent_the_server_has_forgotten_attests_again_when_it_can()
    {
        await using var domain = await SpireDomain.StartAsync();
        var router = domain.Router();
        await IssueAsync(router);
        domain.Server.Agents.Clear();

        Assert.Contains("there is no join token", await RefusedAsync(router), StringComparison.Ordinal);

        domain.Server.JoinTokens["another"] = true;
        domain.Store.Put(JoinTokenAttestor.SecretName, "another"u8);
        Assert.NotNull((await IssueAsync(router)).Svid);
        Assert.EndsWith("/another", SpireAgent.Load(domain.Settings())!.Svid.Id.Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_somebody_else_attested_as_this_node_it_is_said()
    {
        await using var domain = await SpireDomain.StartAsync();
        var router = domain.Router();
        await IssueAsync(router);
        domain.Server.Agents[Agent] = "00";

        Assert.Contains("somebody else attested as this node", await RefusedAsync(router), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_registration_entry_the_message_names_the_parent_it_needs()
    {
        await using var domain = await SpireDomain.StartAsync(server => server.Entries.Clear());

        var message = await RefusedAsync(domain.Router());

        Assert.Contains($"create one whose parent is {Agent}", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_entries_the_configured_one_is_ours_and_none_is_taken_by_chance()
    {
        await using var domain = await SpireDomain.StartAsync(server => server.AddEntry("node/b", hint: "radio"));
        Assert.Contains("2 registration entries", await RefusedAsync(domain.Router()), StringComparison.Ordinal);

        SpiffeId.Parse("spiffe://site.example/node/b", out var id);
        Assert.Equal("/node/b", (await IssueAsync(domain.Router(s => s with { Id = id }))).Svid!.Id.Path);
        Assert.Equal("/node/b", (await IssueAsync(domain.Router(s => s with { Hint = "radio" }))).Svid!.Id.Path);
        SpiffeId.Parse("spiffe://site.example/node/c", out var absent);
        Assert.Contains(
            "of the 2 registration entries of this agent, none is for spiffe://site.example/node/c",
            await RefusedAsync(domain.Router(s => s with { Id = absent })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entries_of_other_agents_are_not_seen()
    {
        await using var domain = await SpireDomain.StartAsync(
            server => server.AddEntry("node/other", agent: "spiffe://site.example/spire/agent/join_token/other"));

        Assert.Equal("/node/a", (await IssueAsync(domain.Router())).Svid!.Id.Path);
    }

    [Fact]
    public async Task Federated_bundles_come_along()
    {
        using var other = new SpireAuthority("other.example");
        await using var domain = await SpireDomain.StartAsync(server =>
        {
            server.Entries.Clear();
            server.AddEntry("node/a", federatesWith: ["other.example", "spiffe://other.example", "site.example"]);
            server.Federated["other.example"] = other.RootDer;
        });

        var snapshot = await IssueAsync(domain.Router());

        TrustDomain.Parse("other.example", out var foreign);
        Assert.Equal(other.RootDer, Assert.Single(snapshot.Bundles.Find(foreign)!.X509Authorities).Der.ToArray());
        Assert.Single(domain.Server.Calls, "GetFederatedBundle");
    }

    [Fact]
    public async Task A_federated_bundle_the_server_does_not_have_costs_that_trust_and_not_our_identity()
    {
        await using var domain = await SpireDomain.StartAsync(server =>
        {
            server.Entries.Clear();
            server.AddEntry("node/a", federatesWith: "gone.example");
        });
        var router = domain.Router();

        Assert.NotNull((await IssueAsync(router)).Svid);
        Assert.Contains("nobody of gone.example is trusted", Assert.Single(router.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configured_bundle_that_is_none_is_not_blamed_on_the_server()
    {
        await using var domain = await SpireDomain.StartAsync();

        var exception = await Assert.ThrowsAsync<IOException>(() => IssueAsync(domain.Router(s => s with
        {
            Bootstrap = () => TrustBundleReader.Read("no bundle"u8.ToArray(), domain.Domain),
        })));

        Assert.StartsWith("the configured bundle of site.example cannot be used", exception.Message, StringComparison.Ordinal);
        Assert.Empty(domain.Server.Calls);
    }

    [Theory]
    [InlineData("spiffe://site.example/node/evil"), InlineData("spiffe://site.example/spire/agent/x"), InlineData("spiffe://site.example/spire/server/x")]
    public async Task A_server_that_is_not_the_server_learns_no_token(string impostor)
    {
        await using var domain = await SpireDomain.StartAsync(server => server.ServerId = impostor);

        var exception = await Assert.ThrowsAsync<GrpcException>(() => IssueAsync(domain.Router()));

        Assert.Equal(TlsFailure.PeerRefused, Assert.IsType<TlsHandshakeException>(exception.InnerException).Failure);
        Assert.Contains("is not let in here", exception.Message, StringComparison.Ordinal);
        Assert.Empty(domain.Server.Calls);
    }

    [Fact]
    public async Task A_server_of_another_authority_learns_no_token()
    {
        using var other = new SpireAuthority("site.example");
        await using var domain = await SpireDomain.StartAsync();

        var exception = await Assert.ThrowsAsync<GrpcException>(() => IssueAsync(domain.Router(s => s with
        {
            Bootstrap = () => TrustBundleReader.Read(other.RootDer, domain.Domain),
        })));

        Assert.Equal(TlsFailure.PeerRefused, Assert.IsType<TlsHandshakeException>(exception.InnerException).Failure);
        Assert.Empty(domain.Server.Calls);
    }

    [Fact]
    public async Task The_newest_bundle_counts_and_not_the_file_of_the_first_day()
    {
        using var stale = new SpireAuthority("site.example");
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain.Router());

        // The file has become stale; the server's bundle was kept.
        var router = domain.Router(s => s with { Bootstrap = () => TrustBundleReader.Read(stale.RootDer, domain.Domain) });

        Assert.NotNull((await IssueAsync(router)).Svid);
    }

    [Fact]
    public async Task An_SVID_that_no_other_router_would_believe_is_not_taken()
    {
        await using var domain = await SpireDomain.StartAsync(server => server.Authority.Lifetime = TimeSpan.FromHours(2));

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => IssueAsync(domain.Router()));

        // It is the server's own certificate that lives too long first.
        Assert.Contains("U-1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_SVID_signed_by_somebody_outside_the_bundle_is_not_taken()
    {
        using var other = new SpireAuthority("site.example");
        await using var domain = await SpireDomain.StartAsync(server => server.WorkloadAuthority = other);

        var exception = await Assert.ThrowsAsync<IOException>(() => IssueAsync(domain.Router()));

        Assert.Contains("that nobody would believe", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_that_says_where()
    {
        await using var domain = await SpireDomain.StartAsync();
        await domain.Server.StopAsync();

        var exception = await Assert.ThrowsAsync<GrpcException>(() => IssueAsync(domain.Router()));

        Assert.StartsWith($"SPIRE Server 127.0.0.1:{domain.Port}: it does not answer", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_hangs_is_not_waited_for_for_ever()
    {
        await using var domain = await SpireDomain.StartAsync(server => server.Before = _ => Task.Delay(TimeSpan.FromMinutes(1)));

        var exception = await Assert.ThrowsAsync<GrpcException>(
            () => IssueAsync(domain.Router(s => s with { CallTimeout = TimeSpan.FromMilliseconds(300) })));

        Assert.Equal(GrpcCode.DeadlineExceeded, exception.Code);
    }

    [Fact]
    public async Task A_JWT_SVID_is_for_our_entry_and_these_audiences()
    {
        await using var domain = await SpireDomain.StartAsync();

        var token = await domain.Router().NewJwtSvidAsync(["broker", "api"], CancellationToken.None);

        Assert.Equal("token of entry-1 for broker+api", token);
    }

    [Fact]
    public async Task An_island_authority_is_given_to_an_entry_that_is_marked_for_it_and_to_no_other()
    {
        await using var domain = await SpireDomain.StartAsync(server =>
        {
            server.Entries.Clear();
            server.AddEntry("node/a", isDownstream: true);
        });
        var router = domain.Router();
        var identity = (await IssueAsync(router)).Svid!;

        var authority = await router.NewDownstreamAuthorityAsync(identity, TimeSpan.FromHours(1), CancellationToken.None);

        Assert.True(authority.Certificate.IsAuthority);
        Assert.False(authority.IsRoot);
        domain.Server.Entries[0].Downstream = false;
        var refused = await Assert.ThrowsAsync<IdentityRefusedException>(
            () => router.NewDownstreamAuthorityAsync(identity, TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Contains("must be marked downstream", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_believe_the_agent_is_a_refusal_about_certificate_and_clock()
    {
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain.Router());
        await domain.Server.StopAsync();
        using var own = domain.Server.Authority.Issue(domain.Server.ServerId);
        var server = LocalSvid.Create([own.RawData], PrivateKey.ReadPkcs8(own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKey()));
        using var listener = new TcpListener(IPAddress.Loopback, domain.Port);
        listener.Start();

        // A peer that lets nobody in says so by an alert, after our side of the handshake is over.
        var refusing = Task.Run(async () => await MutualTlsStream.AcceptAsync(
            (await listener.AcceptTcpClientAsync()).GetStream(),
            new TlsSettings
            {
                Identity = () => server,
                Bundles = () => new TrustBundleSet(TrustBundleReader.Read(domain.Server.Authority.RootDer, domain.Domain)),
                Verifier = new SvidVerifier(new SvidPolicy()),
                Now = TimeProvider.System.GetUtcNow,
                Allowed = [],
                Protocols = ["h2"],
            },
            TimeProvider.System, CancellationToken.None));
        var message = await RefusedAsync(domain.Router());

        await Assert.ThrowsAsync<TlsHandshakeException>(() => refusing);
        Assert.Contains("is the clock right", message, StringComparison.Ordinal);
    }
}
