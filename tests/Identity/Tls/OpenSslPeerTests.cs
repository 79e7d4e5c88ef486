using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>Against OpenSSL as client and as server: what counts is what another implementation says.</summary>
public sealed class OpenSslPeerTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Minted Leaf(string path) => world.Mint.Leaf(world.Authorities.Root, w => w.WithUris($"spiffe://{Mint.Domain}/{path}"));

    private async Task<object> ConnectAsync(IEnumerable<string> more, Minted? identity = null, TlsSettings? settings = null)
    {
        var port = Loopback.FreePort();
        using var server = world.Mint.Peer(
            "s_server", identity ?? Leaf("openssl"), world.Authorities.Root,
            ["-accept", $"127.0.0.1:{port}", "-rev", "-Verify", "4", .. more]);
        try
        {
            var transport = await Loopback.ConnectAsync(port);
            var result = await TlsWorld.ResultAsync(MutualTlsStream.ConnectAsync(
                transport, settings ?? world.Settings(world.Client), TimeProvider.System, CancellationToken.None));
            if (result is MutualTlsStream stream)
            {
                await stream.WriteAsync("batman\n"u8.ToArray());
                var answer = new byte["namtab\n".Length];
                await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Patience);
                Assert.Equal("namtab\n", Encoding.ASCII.GetString(answer));
                await stream.DisposeAsync();
            }

            return result;
        }
        finally
        {
            server.Kill();
        }
    }

    /// <summary>Runs s_client against us; what our side made of it, and what the tool said.</summary>
    private async Task<(object Ours, string Theirs)> AcceptAsync(Func<int, Process> start)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = start(((IPEndPoint)listener.LocalEndpoint).Port);
        var said = client.StandardError.ReadToEndAsync();
        var heard = client.StandardOutput.ReadToEndAsync();
        try
        {
            using var socket = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
            var ours = await TlsWorld.ResultAsync(MutualTlsStream.AcceptAsync(
                socket.GetStream(), world.Settings(world.Server), TimeProvider.System, CancellationToken.None));
            if (ours is MutualTlsStream stream)
            {
                await stream.WriteAsync("from us\n"u8.ToArray());
                await client.StandardInput.WriteLineAsync("from openssl");
                await client.StandardInput.FlushAsync();
                var line = new byte["from openssl\n".Length];
                await stream.ReadExactlyAsync(line).AsTask().WaitAsync(Patience);
                Assert.Equal("from openssl\n", Encoding.ASCII.GetString(line));
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

    private static string Connect(int port) => $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";

    [Theory]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256", "X25519")]
    [InlineData("TLS_AES_128_GCM_SHA256", "X25519")]
    [InlineData("TLS_AES_256_GCM_SHA384", "P-256")]
    public async Task Openssl_serves_us(string suite, string group)
    {
        var result = await ConnectAsync(["-tls1_3", "-ciphersuites", suite, "-groups", group]);

        Assert.Equal("spiffe://example.org/openssl", Assert.IsType<MutualTlsStream>(result).Peer.Id.ToString());
    }

    [Theory]
    [InlineData("rsa2048"), InlineData("p384"), InlineData("ed25519")]
    public async Task Openssl_serves_us_with_another_kind_of_key(string key)
    {
        var identity = world.Mint.Leaf(world.Authorities.Root, w => w with { Key = key });

        Assert.IsType<MutualTlsStream>(await ConnectAsync(["-tls1_3"], identity));
    }

    [Theory]
    [InlineData("-tls1_2"), InlineData("-tls1_1"), InlineData("-tls1")]
    public async Task A_server_of_older_tls_is_refused(string version)
    {
        var result = await ConnectAsync([version, "-cipher", "ALL:@SECLEVEL=0"]);

        Assert.Contains(
            Assert.IsType<TlsHandshakeException>(result).Failure, new[] { TlsFailure.RefusedByPeer, TlsFailure.NothingInCommon });
    }

    [Fact]
    public async Task A_server_that_does_not_ask_who_we_are_is_refused()
    {
        var port = Loopback.FreePort();
        var identity = Leaf("openssl");
        using var server = world.Mint.Peer(
            "s_server", identity, world.Authorities.Root, "-accept", $"127.0.0.1:{port}", "-rev", "-tls1_3");
        try
        {
            var transport = await Loopback.ConnectAsync(port);
            var failure = await Assert.ThrowsAsync<TlsHandshakeException>(() => MutualTlsStream.ConnectAsync(
                transport, world.Settings(world.Client), TimeProvider.System, CancellationToken.None));
            Assert.Equal(TlsFailure.NothingInCommon, failure.Failure);
        }
        finally
        {
            server.Kill();
        }
    }

    [Fact]
    public async Task A_server_of_another_authority_is_refused()
    {
        var identity = world.Mint.Leaf(world.Authorities.Impostor);

        var failure = Assert.IsType<TlsHandshakeException>(await ConnectAsync(["-tls1_3"], identity));

        Assert.Equal(SvidRefusalReason.UnknownAuthority, failure.Refusal!.Reason);
    }

    [Fact]
    public async Task Openssl_is_our_client()
    {
        var identity = Leaf("openssl");
        var (ours, theirs) = await AcceptAsync(port => world.Mint.Peer(
            "s_client", identity, world.Authorities.Root, "-connect", Connect(port), "-tls1_3"));

        Assert.Equal("spiffe://example.org/openssl", Assert.IsType<MutualTlsStream>(ours).Peer.Id.ToString());
        Assert.Contains("from us", theirs, StringComparison.Ordinal);
    }

    /// <summary>Letters at the beginning of a line are commands of s_client: k changes its keys, K asks for ours as well.</summary>
    [Theory]
    [InlineData("k"), InlineData("K")]
    public async Task A_client_changes_its_keys(string command)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = world.Mint.Talker(
            "s_client", Leaf("openssl"), world.Authorities.Root, "-connect", Connect(((IPEndPoint)listener.LocalEndpoint).Port), "-tls1_3");
        try
        {
            var heard = client.StandardOutput.ReadToEndAsync();
            using var socket = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
            var ours = await MutualTlsStream.AcceptAsync(
                socket.GetStream(), world.Settings(world.Server), TimeProvider.System, CancellationToken.None);
            var read = new byte[2];
            foreach (var line in new[] { "1", "2", "3" })
            {
                await client.StandardInput.WriteLineAsync(command);
                await client.StandardInput.FlushAsync();
                // A command is one only where it is all that is read at once.
                await Task.Delay(200);
                await client.StandardInput.WriteLineAsync(line);
                await client.StandardInput.FlushAsync();
                await ours.ReadExactlyAsync(read).AsTask().WaitAsync(Patience);
                Assert.Equal($"{line}\n", Encoding.ASCII.GetString(read));
                await ours.WriteAsync(Encoding.ASCII.GetBytes($"new keys {line}\n"));
            }

            await ours.DisposeAsync();
            var said = await heard.WaitAsync(Patience);
            Assert.Contains("KEYUPDATE", said + await client.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
            Assert.Contains("new keys 3", said, StringComparison.Ordinal);
        }
        finally
        {
            client.Kill();
        }
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_told_that_one_is_required()
    {
        var (ours, theirs) = await AcceptAsync(port => world.Mint.Stranger("s_client", "-connect", Connect(port), "-tls1_3"));

        Assert.Equal(SvidRefusalReason.NoCertificate, Assert.IsType<TlsHandshakeException>(ours).Refusal!.Reason);
        Assert.Contains("certificate required", theirs, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2"), InlineData("-tls1_1")]
    public async Task A_client_of_older_tls_is_refused(string version)
    {
        var (ours, theirs) = await AcceptAsync(port => world.Mint.Stranger(
            "s_client", "-connect", Connect(port), version, "-cipher", "ALL:@SECLEVEL=0"));

        Assert.Equal(TlsFailure.NothingInCommon, Assert.IsType<TlsHandshakeException>(ours).Failure);
        Assert.Contains("protocol version", theirs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_with_an_expired_certificate_is_told_so()
    {
        var identity = world.Mint.Leaf(world.Authorities.Root, w => w with
        {
            NotBefore = Mint.Now - TimeSpan.FromHours(2),
            NotAfter = Mint.Now - TimeSpan.FromHours(1),
        });
        var (ours, theirs) = await AcceptAsync(port => world.Mint.Peer(
            "s_client", identity, world.Authorities.Root, "-connect", Connect(port), "-tls1_3"));

        Assert.Equal(SvidRefusalReason.Expired, Assert.IsType<TlsHandshakeException>(ours).Refusal!.Reason);
        Assert.Contains("certificate expired", theirs, StringComparison.Ordinal);
    }
}
