using System.Globalization;
using System.Text;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using Suite = Org.BouncyCastle.Tls.CipherSuite;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// Against GnuTLS as client (gnutls-cli) and as server (gnutls-serv). The server's key updates are not here: gnutls-serv has no
/// command for them; nor is its asking for a certificate later on, which it does to clients that offered it alone. It listens on
/// every address, because it cannot be told otherwise.
/// </summary>
public sealed class GnuTlsPeerTests(PresentWorld world) : IClassFixture<PresentWorld>
{
    private const string Tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

    public static TheoryData<string, int, string> Algorithms => new(
        from suite in new[]
        {
            ("CHACHA20-POLY1305", Suite.TLS_CHACHA20_POLY1305_SHA256), ("AES-128-GCM", Suite.TLS_AES_128_GCM_SHA256),
            ("AES-256-GCM", Suite.TLS_AES_256_GCM_SHA384),
        }
        from grp in new[] { "X25519", "SECP256R1" }
        select (suite.Item1, suite.Item2, grp));

    private static string With(string suite, string grp) =>
        $"{Tls13}:-CIPHER-ALL:+{suite}:-GROUP-ALL:+GROUP-{grp}";

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> Identity(Minted? identity) => identity is null
        ? []
        : ["--x509certfile", identity.CertificateFile, "--x509keyfile", identity.KeyFile];

    private ToolPeer Server(int port, string priority, Minted? identity = null, params IEnumerable<string> more) => ToolPeer.Start(
        "gnutls-serv",
        ["--port", Number(port), "--priority", priority, "--x509cafile", world.Root.CertificateFile,
            .. Identity(identity ?? world.Leaf(world.Root, "gnutls")), .. more]);

    private Func<int, ToolPeer> Client(string priority, Minted? identity, params IEnumerable<string> more) => port => ToolPeer.Start(
        "gnutls-cli",
        ["--port", Number(port), "--priority", priority, "--x509cafile", world.Root.CertificateFile,
            .. Identity(identity), .. more, "127.0.0.1"]);

    private Minted Leaf() => world.Leaf(world.Root, "gnutls");

    [Theory, MemberData(nameof(Algorithms))]
    public async Task Gnutls_serves_us(string suite, int number, string grp)
    {
        var port = Loopback.FreePort();
        using var server = Server(port, With(suite, grp), null, "--echo", "--require-client-cert", "--verify-client-cert");

        var ours = Assert.IsType<MutualTlsStream>(await ToolPeer.ConnectAsync(port, world.Settings()));

        Assert.Equal((PresentWorld.IdOf("gnutls"), number), (ours.Peer.Id.ToString(), ours.CipherSuite));
        await ToolPeer.EchoesAsync(ours, "over the mountain");
        await ours.DisposeAsync();
        await server.HeardAsync($"Using curve: {grp}");
        Assert.Contains($"- Cipher: {suite}", server.Said, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Algorithms))]
    public async Task Gnutls_is_our_client(string suite, int number, string grp)
    {
        var (result, peer) = await ToolPeer.AcceptAsync(Client(With(suite, grp), Leaf()), world.Settings());
        using var client = peer;
        var ours = Assert.IsType<MutualTlsStream>(result);

        Assert.Equal((PresentWorld.IdOf("gnutls"), number), (ours.Peer.Id.ToString(), ours.CipherSuite));
        await ours.WriteAsync("from us\n"u8.ToArray());
        await client.HeardAsync("from us");
        await client.TypeAsync("from gnutls");
        await ToolPeer.ReadsAsync(ours, "from gnutls");
        client.EndInput();
        await ToolPeer.EndsCleanlyAsync(ours);
        await ours.DisposeAsync();
        Assert.Contains($"(ECDHE-{grp})", client.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa2048"), InlineData("p384"), InlineData("ed25519")]
    public async Task Gnutls_has_another_kind_of_key(string key)
    {
        var port = Loopback.FreePort();
        var identity = world.Leaf(world.Root, "gnutls", key);
        using var server = Server(port, Tls13, identity, "--echo", "--require-client-cert", "--verify-client-cert");
        await using var one = Assert.IsType<MutualTlsStream>(await ToolPeer.ConnectAsync(port, world.Settings()));
        await ToolPeer.EchoesAsync(one, "with another key");

        var (result, peer) = await ToolPeer.AcceptAsync(Client(Tls13, identity), world.Settings());
        using var client = peer;
        await using var two = Assert.IsType<MutualTlsStream>(result);
    }

    /// <summary>Its first key share is of a group we do not have: one more round (HelloRetryRequest).</summary>
    [Fact]
    public async Task A_client_that_guesses_the_group_wrong_is_asked_again()
    {
        var (result, peer) = await ToolPeer.AcceptAsync(
            Client($"{Tls13}:-GROUP-ALL:+GROUP-SECP384R1:+GROUP-SECP256R1", Leaf(), "--single-key-share"), world.Settings());
        using var client = peer;

        await using var ours = Assert.IsType<MutualTlsStream>(result);
        await client.HeardAsync("(ECDHE-SECP256R1)");
    }

    [Fact]
    public async Task Without_a_group_in_common_there_is_no_connection()
    {
        var (ours, peer) = await ToolPeer.AcceptAsync(Client($"{Tls13}:-GROUP-ALL:+GROUP-SECP384R1", Leaf()), world.Settings());
        using var client = peer;

        ToolPeer.Failed(ours, TlsFailure.NothingInCommon);
        await client.HeardAsync("Handshake failed");
    }

    [Fact]
    public async Task A_server_says_goodbye_and_so_do_we()
    {
        var port = Loopback.FreePort();
        using var server = Server(port, Tls13, null, "--http", "--require-client-cert");
        var ours = Assert.IsType<MutualTlsStream>(await ToolPeer.ConnectAsync(port, world.Settings()));
        await ours.WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        var page = new MemoryStream();
        var buffer = new byte[1000];
        for (int count; (count = await ours.ReadAsync(buffer).AsTask().WaitAsync(ToolPeer.Patience)) > 0;)
        {
            page.Write(buffer, 0, count);
        }

        Assert.StartsWith("HTTP/1.0 200", Encoding.ASCII.GetString(page.ToArray()), StringComparison.Ordinal);
        await ours.DisposeAsync();

        var (result, peer) = await ToolPeer.AcceptAsync(Client(Tls13, Leaf()), world.Settings());
        using var client = peer;
        await Assert.IsType<MutualTlsStream>(result).DisposeAsync();
        await client.HeardAsync("Peer has closed the GnuTLS connection");
    }

    /// <summary>One changes its own key, the other asks us to change ours as well.</summary>
    [Theory]
    [InlineData("^rekey1^"), InlineData("^rekey^")]
    public async Task A_client_changes_its_keys(string command)
    {
        var (result, peer) = await ToolPeer.AcceptAsync(Client(Tls13, Leaf(), "--inline-commands"), world.Settings());
        using var client = peer;
        var ours = Assert.IsType<MutualTlsStream>(result);
        for (var i = 0; i < 3; i++)
        {
            await client.TypeAsync(command);
            await client.TypeAsync($"after {i}");
            await ToolPeer.ReadsAsync(ours, $"after {i}");
            await ours.WriteAsync(Encoding.ASCII.GetBytes($"with new keys {i}\n"));
            await client.HeardAsync($"with new keys {i}");
        }

        Assert.Contains("Rekey was completed", client.Said, StringComparison.Ordinal);
        client.EndInput();
        await ToolPeer.EndsCleanlyAsync(ours);
    }

    /// <summary>What we do not do is offered, not taken, and no reason to refuse: compressed certificates, proofs later on, heartbeats.</summary>
    [Theory]
    [InlineData("--compress-cert=zlib"), InlineData("--post-handshake-auth"), InlineData("--heartbeat")]
    public async Task An_offer_we_do_not_take_does_no_harm(string offer)
    {
        var (result, peer) = await ToolPeer.AcceptAsync(Client(Tls13, Leaf(), offer), world.Settings());
        using var client = peer;
        await using var ours = Assert.IsType<MutualTlsStream>(result);
        await ours.WriteAsync("from us\n"u8.ToArray());
        await client.HeardAsync("from us");
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_told_that_one_is_required()
    {
        var (ours, peer) = await ToolPeer.AcceptAsync(Client(Tls13, null), world.Settings());
        using var client = peer;

        Assert.Equal(SvidRefusalReason.NoCertificate, ToolPeer.Failed(ours, TlsFailure.PeerRefused).Refusal!.Reason);
        await client.HeardAsync("Certificate is required");
    }

    [Fact]
    public async Task A_server_that_does_not_ask_who_we_are_is_refused()
    {
        var port = Loopback.FreePort();
        using var server = Server(port, Tls13, null, "--echo", "--disable-client-cert");

        ToolPeer.Failed(await ToolPeer.ConnectAsync(port, world.Settings()), TlsFailure.NothingInCommon);
    }

    [Theory]
    [InlineData("1.2"), InlineData("1.1"), InlineData("1.0")]
    public async Task Older_tls_is_refused_both_ways(string version)
    {
        var old = $"LEGACY:-VERS-ALL:+VERS-TLS{version}";
        var port = Loopback.FreePort();
        using var server = Server(port, old, null, "--echo", "--require-client-cert");
        Assert.Contains(
            Assert.IsType<TlsHandshakeException>(await ToolPeer.ConnectAsync(port, world.Settings())).Failure,
            new[] { TlsFailure.RefusedByPeer, TlsFailure.NothingInCommon });

        var (ours, peer) = await ToolPeer.AcceptAsync(Client(old, Leaf()), world.Settings());
        using var client = peer;
        ToolPeer.Failed(ours, TlsFailure.NothingInCommon);
        await client.HeardAsync("protocol version");
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused_and_refuses_one_of_ours()
    {
        var port = Loopback.FreePort();
        using (Server(port, Tls13, world.Leaf(world.Impostor, "gnutls"), "--echo", "--require-client-cert"))
        {
            var failed = ToolPeer.Failed(await ToolPeer.ConnectAsync(port, world.Settings()), TlsFailure.PeerRefused);
            Assert.Equal(SvidRefusalReason.UnknownAuthority, failed.Refusal!.Reason);
        }

        port = Loopback.FreePort();
        using var server = Server(port, Tls13, null, "--echo", "--require-client-cert", "--verify-client-cert");
        Assert.Contains(
            "access_denied", await ToolPeer.IsTurnedAwayAsync(await ToolPeer.ConnectAsync(port, world.Settings(world.Stranger))),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_another_authority_is_refused_and_refuses_one_of_ours()
    {
        var (ours, peer) = await ToolPeer.AcceptAsync(Client(Tls13, world.Leaf(world.Impostor, "gnutls")), world.Settings());
        using (peer)
        {
            Assert.Equal(SvidRefusalReason.UnknownAuthority, ToolPeer.Failed(ours, TlsFailure.PeerRefused).Refusal!.Reason);
            await peer.HeardAsync("CA is unknown");
        }

        (ours, peer) = await ToolPeer.AcceptAsync(Client(Tls13, Leaf()), world.Settings(world.Stranger));
        using var client = peer;
        ToolPeer.Failed(ours, TlsFailure.RefusedByPeer);
        await client.HeardAsync("NOT trusted");
    }

    [Theory]
    [InlineData("mqtt", true), InlineData("evil", false)]
    public async Task The_application_protocol_is_one_of_ours_or_none(string protocol, bool isFine)
    {
        var settings = world.Settings() with { Protocols = ["mqtt"], RequiresProtocol = true };
        var port = Loopback.FreePort();
        using var server = Server(
            port, Tls13, null, "--echo", "--require-client-cert", "--alpn", protocol, "--alpn-fatal");
        var connected = await ToolPeer.ConnectAsync(port, settings);
        var (accepted, peer) = await ToolPeer.AcceptAsync(Client(Tls13, Leaf(), "--alpn", protocol), settings);
        using var client = peer;

        if (isFine)
        {
            await using var one = Assert.IsType<MutualTlsStream>(connected);
            await using var two = Assert.IsType<MutualTlsStream>(accepted);
            Assert.Equal(("mqtt", "mqtt"), (one.Protocol, two.Protocol));
        }
        else
        {
            ToolPeer.Failed(connected, TlsFailure.RefusedByPeer);
            ToolPeer.Failed(accepted, TlsFailure.NothingInCommon);
            await client.HeardAsync("No supported application protocol");
        }
    }
}
