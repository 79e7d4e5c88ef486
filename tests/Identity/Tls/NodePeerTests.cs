using System.Globalization;
using System.Text.Json;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using Suite = Org.BouncyCastle.Tls.CipherSuite;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// Against Node's tls module as client and as server (<c>node-peer.js</c>). Changing keys in a connection is not here: the module
/// has no call for it; nor has it one for asking a client's certificate later on.
/// </summary>
public sealed class NodePeerTests(PresentWorld world) : IClassFixture<PresentWorld>
{
    private const string Script = "node-peer.js";

    public static TheoryData<string, int, string> Algorithms => new(
        from suite in new[]
        {
            ("TLS_CHACHA20_POLY1305_SHA256", Suite.TLS_CHACHA20_POLY1305_SHA256),
            ("TLS_AES_128_GCM_SHA256", Suite.TLS_AES_128_GCM_SHA256), ("TLS_AES_256_GCM_SHA384", Suite.TLS_AES_256_GCM_SHA384),
        }
        from grp in new[] { "X25519", "P-256" }
        select (suite.Item1, suite.Item2, grp));

    private ToolPeer Node(string role, int port, Minted? identity, params IEnumerable<(string Name, object Value)> more)
    {
        var options = new Dictionary<string, object>
        {
            ["ca"] = world.Root.CertificateFile,
            ["minVersion"] = "TLSv1.3",
            ["requestCert"] = true,
            ["rejectUnauthorized"] = true,
        };
        if (identity is not null)
        {
            (options["cert"], options["key"]) = (identity.CertificateFile, identity.KeyFile);
        }

        foreach (var (name, value) in more)
        {
            options[name] = value;
        }

        return ToolPeer.Start(
            "node", Path.Combine(AppContext.BaseDirectory, Script), role, port.ToString(CultureInfo.InvariantCulture),
            JsonSerializer.Serialize(options));
    }

    private ToolPeer Server(int port, params IEnumerable<(string Name, object Value)> more) => Node("serve", port, Leaf(), more);

    private Func<int, ToolPeer> Client(Minted? identity, params IEnumerable<(string Name, object Value)> more) =>
        port => Node("connect", port, identity, more);

    private Minted Leaf() => world.Leaf(world.Root, "node");

    [Theory, MemberData(nameof(Algorithms))]
    public async Task Node_serves_us(string suite, int number, string grp)
    {
        var port = Loopback.FreePort();
        using var server = Server(port, ("ciphers", suite), ("ecdhCurve", grp));

        var ours = Assert.IsType<MutualTlsStream>(await ToolPeer.ConnectAsync(port, world.Settings()));

        Assert.Equal((PresentWorld.IdOf("node"), number), (ours.Peer.Id.ToString(), ours.CipherSuite));
        await ToolPeer.EchoesAsync(ours, "over the mountain");
        await ToolPeer.EchoesAsync(ours, new string('x', 200_000));
        await ours.DisposeAsync();
        await server.HeardAsync("goodbye");
        await server.HeardAsync("closed false");
        Assert.Contains($"secure TLSv1.3 {suite} alpn=false authorized=true names=URI:{PresentWorld.IdOf("us")}", server.Said,
            StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Algorithms))]
    public async Task Node_is_our_client(string suite, int number, string grp)
    {
        var (result, peer) = await ToolPeer.AcceptAsync(Client(Leaf(), ("ciphers", suite), ("ecdhCurve", grp)), world.Settings());
        using var client = peer;
        var ours = Assert.IsType<MutualTlsStream>(result);

        Assert.Equal((PresentWorld.IdOf("node"), number), (ours.Peer.Id.ToString(), ours.CipherSuite));
        await ours.WriteAsync("from us\n"u8.ToArray());
        await client.HeardAsync("heard from us");
        await client.TypeAsync("from node");
        await ToolPeer.ReadsAsync(ours, "from node");
        client.EndInput();
        await ToolPeer.EndsCleanlyAsync(ours);
        await ours.DisposeAsync();
        await client.HeardAsync("closed false");
        Assert.Contains($"secure TLSv1.3 {suite}", client.Said, StringComparison.Ordinal);
        Assert.Contains($"group {(grp == "P-256" ? "prime256v1" : grp)}", client.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa2048"), InlineData("p384"), InlineData("ed25519")]
    public async Task Node_has_another_kind_of_key(string key)
    {
        var identity = world.Leaf(world.Root, "node", key);
        var port = Loopback.FreePort();
        using var server = Node("serve", port, identity);
        await using var one = Assert.IsType<MutualTlsStream>(await ToolPeer.ConnectAsync(port, world.Settings()));

        var (result, peer) = await ToolPeer.AcceptAsync(Client(identity), world.Settings());
        using var client = peer;
        await using var two = Assert.IsType<MutualTlsStream>(result);
    }

    [Fact]
    public async Task A_client_that_guesses_the_group_wrong_is_asked_again()
    {
        var (result, peer) = await ToolPeer.AcceptAsync(Client(Leaf(), ("ecdhCurve", "P-384:P-256")), world.Settings());
        using var client = peer;

        await using var ours = Assert.IsType<MutualTlsStream>(result);
        await client.HeardAsync("group prime256v1");
    }

    [Fact]
    public async Task Our_goodbye_is_heard_as_one()
    {
        var (result, peer) = await ToolPeer.AcceptAsync(Client(Leaf()), world.Settings());
        using var client = peer;
        await client.HeardAsync("secure");
        await Assert.IsType<MutualTlsStream>(result).DisposeAsync();

        await client.HeardAsync("goodbye");
        await client.HeardAsync("closed false");
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_told_that_one_is_required()
    {
        var (ours, peer) = await ToolPeer.AcceptAsync(Client(null), world.Settings());
        using var client = peer;

        Assert.Equal(SvidRefusalReason.NoCertificate, ToolPeer.Failed(ours, TlsFailure.PeerRefused).Refusal!.Reason);
        await client.HeardAsync("certificate required");
    }

    [Fact]
    public async Task A_server_that_does_not_ask_who_we_are_is_refused()
    {
        var port = Loopback.FreePort();
        using var server = Server(port, ("requestCert", false));

        ToolPeer.Failed(await ToolPeer.ConnectAsync(port, world.Settings()), TlsFailure.NothingInCommon);
    }

    [Theory]
    [InlineData("TLSv1.2"), InlineData("TLSv1.1")]
    public async Task Older_tls_is_refused_both_ways(string version)
    {
        (string, object)[] old = [("minVersion", version), ("maxVersion", version), ("ciphers", "ALL:@SECLEVEL=0")];
        var port = Loopback.FreePort();
        using var server = Server(port, old);
        Assert.Contains(
            Assert.IsType<TlsHandshakeException>(await ToolPeer.ConnectAsync(port, world.Settings())).Failure,
            new[] { TlsFailure.RefusedByPeer, TlsFailure.NothingInCommon });

        var (ours, peer) = await ToolPeer.AcceptAsync(Client(Leaf(), old), world.Settings());
        using var client = peer;
        ToolPeer.Failed(ours, TlsFailure.NothingInCommon);
        await client.HeardAsync("alert protocol version");
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused_and_refuses_one_of_ours()
    {
        var port = Loopback.FreePort();
        using (Node("serve", port, world.Leaf(world.Impostor, "node")))
        {
            var failed = ToolPeer.Failed(await ToolPeer.ConnectAsync(port, world.Settings()), TlsFailure.PeerRefused);
            Assert.Equal(SvidRefusalReason.UnknownAuthority, failed.Refusal!.Reason);
        }

        port = Loopback.FreePort();
        using var server = Server(port);
        // Node judges when the handshake is over, and cuts the connection: it has no alert to send then.
        await ToolPeer.IsTurnedAwayAsync(await ToolPeer.ConnectAsync(port, world.Settings(world.Stranger)));
        Assert.DoesNotContain("secure", server.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_another_authority_is_refused_and_refuses_one_of_ours()
    {
        var (ours, peer) = await ToolPeer.AcceptAsync(Client(world.Leaf(world.Impostor, "node")), world.Settings());
        using (peer)
        {
            Assert.Equal(SvidRefusalReason.UnknownAuthority, ToolPeer.Failed(ours, TlsFailure.PeerRefused).Refusal!.Reason);
            await peer.HeardAsync("alert unknown ca");
        }

        (ours, peer) = await ToolPeer.AcceptAsync(Client(Leaf()), world.Settings(world.Stranger));
        using var client = peer;
        await client.HeardAsync("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
        // Node judges after its handshake, and closes: either way nothing of the application passes.
        await ToolPeer.IsTurnedAwayAsync(ours);
    }

    [Theory]
    [InlineData("mqtt", true), InlineData("evil", false)]
    public async Task The_application_protocol_is_one_of_ours_or_none(string protocol, bool isFine)
    {
        var settings = world.Settings() with { Protocols = ["mqtt"], RequiresProtocol = true };
        (string, object)[] offer = [("ALPNProtocols", new[] { protocol })];
        var port = Loopback.FreePort();
        using var server = Server(port, offer);
        var connected = await ToolPeer.ConnectAsync(port, settings);
        var (accepted, peer) = await ToolPeer.AcceptAsync(Client(Leaf(), offer), settings);
        using var client = peer;

        if (isFine)
        {
            await using var one = Assert.IsType<MutualTlsStream>(connected);
            await using var two = Assert.IsType<MutualTlsStream>(accepted);
            Assert.Equal(("mqtt", "mqtt"), (one.Protocol, two.Protocol));
        }
        else
        {
            // Older versions of Node go on without a protocol; then it is we who refuse.
            Assert.Contains(
                Assert.IsType<TlsHandshakeException>(connected).Failure, new[] { TlsFailure.RefusedByPeer, TlsFailure.NothingInCommon });
            ToolPeer.Failed(accepted, TlsFailure.NothingInCommon);
            await client.HeardAsync("alert no application protocol");
        }
    }
}
