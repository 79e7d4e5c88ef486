using System.Globalization;
using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>Responses shown and asked for in handshakes: with each other, and with OpenSSL on either side.</summary>
public sealed class RevocationOverTlsTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private byte[] Good(Minted about) => world.Status.Response(about, world.Root, world.Delegate);

    private byte[] Revoked(Minted about) => world.Status.Response(about, world.Root, world.Delegate, 'R');

    private static SvidRefusal Refusal(object result) => Assert.IsType<TlsHandshakeException>(result).Refusal!;

    [Fact]
    public async Task Both_show_a_response_and_both_are_believed()
    {
        var stapled = StatusWorld.Check(RevocationMode.OcspStapled);

        var (near, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, stapled, Good(world.Client)), world.Settings(world.Server, stapled, Good(world.Server)));

        Assert.Equal("spiffe://example.org/server", Assert.IsType<MutualTlsStream>(near).Peer.Id.ToString());
        Assert.Equal("spiffe://example.org/client", Assert.IsType<MutualTlsStream>(far).Peer.Id.ToString());
    }

    [Fact]
    public async Task A_server_that_shows_none_is_refused()
    {
        var (near, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, StatusWorld.Check(RevocationMode.OcspStapled)), world.Settings(world.Server));

        Assert.Equal(SvidRefusalReason.StatusUnknown, Refusal(near).Reason);
        Assert.Contains("certificate_unknown", Assert.IsType<TlsHandshakeException>(far).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_shows_none_is_refused()
    {
        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client), world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)));

        Assert.Equal(SvidRefusalReason.StatusUnknown, Refusal(far).Reason);
    }

    [Fact]
    public async Task Who_shows_that_it_was_revoked_is_told_so()
    {
        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, null, Revoked(world.Client)),
            world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)));

        Assert.Equal((SvidRefusalReason.Revoked, TlsAlert.CertificateRevoked), (Refusal(far).Reason, Refusal(far).Alert));
    }

    [Fact]
    public async Task Somebody_elses_response_is_none()
    {
        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, null, Good(world.Server)),
            world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)));

        Assert.Contains("another certificate", Refusal(far).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_is_none_is_refused()
    {
        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, null, [1, 2, 3]),
            world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)));

        Assert.Contains("is none", Refusal(far).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_over_16_KiB_is_not_looked_at()
    {
        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, null, new byte[RevocationCheck.StapleBytesMax + 1]),
            world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)));

        Assert.Contains("at most 16384", Refusal(far).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_between_needs_a_list_or_a_response_too()
    {
        var deep = world.Leaf("deep", world.Middle);
        var staple = world.Status.Response(deep, world.Middle, world.Middle);
        var settings = world.Settings(deep, null, staple, world.Middle);
        var lists = ListWorld.Lists(world.Status.List(world.Root, l => l with
        {
            ThisUpdate = StatusWorld.Now.AddHours(-1),
            NextUpdate = StatusWorld.Now.AddHours(1),
        }));

        var (without, _) = await TlsWorld.ShakeAsync(world.Settings(world.Client, StatusWorld.Check(RevocationMode.OcspStapled)), settings);
        var (with, _) = await TlsWorld.ShakeAsync(world.Settings(world.Client, StatusWorld.Check(RevocationMode.OcspStapled, lists: lists)), settings);

        Assert.Equal(SvidRefusalReason.StatusUnknown, Refusal(without).Reason);
        Assert.IsType<MutualTlsStream>(with);
    }

    /// <summary>A clock that is behind by two minutes, as after each boot: the list is of the future, and the response was good.</summary>
    [Fact]
    public async Task A_list_that_names_the_peer_counts_also_when_our_clock_is_behind()
    {
        var list = RevocationList.Read(world.Status.List(world.Root, l => l with
        {
            Revoked = [StatusMint.SerialOf(world.Client)],
            ThisUpdate = StatusWorld.Now.AddMinutes(2),
            NextUpdate = StatusWorld.Now.AddDays(1),
        }));
        var check = StatusWorld.Check(RevocationMode.OcspStapled, lists: new RevocationLists([list]));

        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, null, Good(world.Client)), world.Settings(world.Server, check));

        Assert.Equal(SvidRefusalReason.Revoked, Refusal(far).Reason);
    }

    [Fact]
    public async Task The_proof_ends_with_the_response_that_was_shown()
    {
        var until = StatusWorld.Now.AddMinutes(3);
        var staple = OcspForge.Make(world.Client, world.Root, world.Root, StatusWorld.Now, f => f with { NextUpdate = until });

        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client, null, staple), world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)));

        Assert.Equal(until.ToUnixTimeSeconds(), Assert.IsType<MutualTlsStream>(far).ProvenUntil.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData('V', true), InlineData('R', false)]
    public async Task A_response_that_is_not_shown_is_fetched_before_a_byte_is_handed_out(char status, bool isFine) => await world.WithResponderAsync(
        async url =>
        {
            var check = StatusWorld.Check(RevocationMode.Ocsp, new RevocationPolicy { Responder = url });
            var (near, far) = await Loopback.PairAsync();
            var connecting = TlsWorld.ResultAsync(MutualTlsStream.ConnectAsync(near, world.Settings(world.Client), TimeProvider.System, CancellationToken.None));
            var accepting = TlsWorld.ResultAsync(MutualTlsStream.AcceptAsync(far, world.Settings(world.Server, check), TimeProvider.System, CancellationToken.None));
            await using var client = Assert.IsType<MutualTlsStream>(await connecting.WaitAsync(Patience));
            await client.WriteAsync("before the answer"u8.ToArray());

            var server = await accepting.WaitAsync(Patience);

            if (isFine)
            {
                await using var stream = Assert.IsType<MutualTlsStream>(server);
                Assert.True(await stream.ReadAsync(new byte[100]) > 0);
                return;
            }

            Assert.Equal(SvidRefusalReason.Revoked, Refusal(server).Reason);
            var told = await Assert.ThrowsAnyAsync<IOException>(() => client.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
            Assert.Contains("certificate_revoked", $"{told}", StringComparison.Ordinal);
        },
        StatusMint.Index(status, [StatusMint.SerialOf(world.Client)]));

    [Fact]
    public async Task A_stranger_makes_us_ask_nobody()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var check = StatusWorld.Check(RevocationMode.Ocsp, new RevocationPolicy
        {
            Responder = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"),
        });

        var (_, far) = await TlsWorld.ShakeAsync(
            world.Settings(world.Leaf("client", world.Impostor)), world.Settings(world.Server, check));
        var notLetIn = world.Settings(world.Server, check) with { Allowed = [TlsWorld.Pattern("spiffe://example.org/somebody-else")] };
        var (_, other) = await TlsWorld.ShakeAsync(world.Settings(world.Client), notLetIn);

        Assert.NotEqual(SvidRefusalReason.StatusUnknown, Refusal(far).Reason);
        Assert.Equal(SvidRefusalReason.NotAuthorized, Refusal(other).Reason);
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData('V', null), InlineData('R', SvidRefusalReason.Revoked), InlineData('-', SvidRefusalReason.StatusUnknown)]
    public async Task Openssl_shows_its_response_to_us(char status, SvidRefusalReason? expected)
    {
        var port = Loopback.FreePort();
        var file = world.Status.Write($"staple-{port}.der", status == 'V' ? Good(world.Server) : Revoked(world.Server));
        using var server = world.Mint.Peer(
            "s_server", world.Server, world.Root,
            [
                "-accept", $"127.0.0.1:{port}", "-rev", "-Verify", "4", "-tls1_3", "-attime", $"{StatusWorld.Now.ToUnixTimeSeconds()}",
                .. status == '-' ? (string[])[] : ["-status_file", file],
            ]);
        try
        {
            var result = await TlsWorld.ResultAsync(MutualTlsStream.ConnectAsync(
                await Loopback.ConnectAsync(port), world.Settings(world.Client, StatusWorld.Check(RevocationMode.OcspStapled)),
                TimeProvider.System, CancellationToken.None));
            if (expected is { } reason)
            {
                Assert.Equal(reason, Refusal(result).Reason);
                return;
            }

            await using var stream = Assert.IsType<MutualTlsStream>(result);
            await stream.WriteAsync("batman\n"u8.ToArray());
            await stream.ReadExactlyAsync(new byte["namtab\n".Length]).AsTask().WaitAsync(Patience);
        }
        finally
        {
            server.Kill();
        }
    }

    [Theory]
    [InlineData(true, "OCSP Response Status: successful"), InlineData(false, "no response sent")]
    public async Task Openssl_sees_the_response_we_show(bool isShown, string word)
    {
        var said = await AcceptAsync(world.Settings(world.Server, null, isShown ? Good(world.Server) : null), "-status");

        Assert.Contains(word, said.Theirs, StringComparison.Ordinal);
        Assert.IsType<MutualTlsStream>(said.Ours);
        Assert.Equal(isShown, said.Theirs.Contains("Cert Status: good", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Openssl_that_did_not_ask_is_shown_none() => Assert.DoesNotContain(
        "OCSP", (await AcceptAsync(world.Settings(world.Server, null, Good(world.Server)))).Theirs, StringComparison.Ordinal);

    /// <summary>It ignores the request, as RFC 8446 lets it, and is refused for the answer it does not give, not for anything else.</summary>
    [Fact]
    public async Task Openssl_can_be_asked_for_a_response_and_shows_none() => Assert.Equal(
        SvidRefusalReason.StatusUnknown,
        Refusal((await AcceptAsync(world.Settings(world.Server, StatusWorld.Check(RevocationMode.OcspStapled)))).Ours).Reason);

    private async Task<(object Ours, string Theirs)> AcceptAsync(TlsSettings settings, params string[] more)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = world.Mint.Tool.Start([
            "s_client", "-connect", $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}", "-tls1_3",
            "-cert", world.Client.CertificateFile, "-key", world.Client.KeyFile, "-CAfile", world.Root.CertificateFile, .. more]);
        try
        {
            var said = client.StandardError.ReadToEndAsync();
            var heard = client.StandardOutput.ReadToEndAsync();
            using var socket = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
            var ours = await TlsWorld.ResultAsync(MutualTlsStream.AcceptAsync(
                socket.GetStream(), settings, TimeProvider.System, CancellationToken.None));
            if (ours is MutualTlsStream stream)
            {
                await stream.WriteAsync("from us\n"u8.ToArray());
                await stream.DisposeAsync();
            }

            client.StandardInput.Close();
            return (ours, $"{await heard.WaitAsync(Patience)}{await said.WaitAsync(Patience)}");
        }
        finally
        {
            if (!client.HasExited)
            {
                client.Kill();
            }
        }
    }
}
