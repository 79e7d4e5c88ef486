using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Tls;
using Handshake = X0tta6bl4.Identity.Tls.Handshake;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>Peers with a real identity and an engine that breaks the rules: things no other implementation can be asked to do.</summary>
public sealed class ForeignEngineTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static Handshake Side(X0tta6bl4.Identity.X509.LocalSvid identity, TlsSettings settings) =>
        new(settings, identity, new SvidTlsCrypto(new SecureRandom(new CryptoApiRandomGenerator())));

    [Fact]
    public async Task A_protocol_that_was_not_offered_is_refused()
    {
        var (near, far) = await Loopback.PairAsync();
        var connecting = TlsWorld.ResultAsync(MutualTlsStream.ConnectAsync(
            near, world.Settings(world.Client) with { Protocols = ["raft"], RequiresProtocol = true }, TimeProvider.System,
            CancellationToken.None));
        var server = new TlsServerProtocol();
        server.Accept(new InventiveServer(Side(world.Server, world.Settings(world.Server))));
        await Assert.ThrowsAnyAsync<IOException>(() => PumpAsync(server, far).WaitAsync(Patience));

        var failure = Assert.IsType<TlsHandshakeException>(await connecting.WaitAsync(Patience));
        Assert.Contains("illegal_parameter", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KeyUpdateCount.Max, true), InlineData(KeyUpdateCount.Max + 1, false)]
    public async Task Key_updates_are_counted(int count, bool isFine)
    {
        var (near, far) = await Loopback.PairAsync();
        var accepting = MutualTlsStream.AcceptAsync(far, world.Settings(world.Server), TimeProvider.System, CancellationToken.None);
        var client = new FloodingClient();
        client.Connect(new SvidTlsClient(Side(world.Client, world.Settings(world.Client)), new ClientEngine()));
        await PumpAsync(client, near).WaitAsync(Patience);
        await using var server = await accepting.WaitAsync(Patience);

        client.Flood(count);
        client.WriteApplicationData("x"u8);
        await SendAsync(client, near);

        var read = server.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Patience);
        if (isFine)
        {
            await read;
        }
        else
        {
            await Assert.ThrowsAnyAsync<IOException>(() => read);
        }
    }

    /// <summary>Carries bytes until the handshake is over.</summary>
    private static async Task PumpAsync(TlsProtocol engine, Stream transport)
    {
        var buffer = new byte[16 * 1024];
        await SendAsync(engine, transport);
        while (engine.IsHandshaking)
        {
            var count = await transport.ReadAsync(buffer);
            if (count == 0)
            {
                throw new IOException("the other side hung up");
            }

            engine.OfferInput(buffer, 0, count);
            await SendAsync(engine, transport);
        }
    }

    private static async Task SendAsync(TlsProtocol engine, Stream transport)
    {
        var bytes = new byte[engine.GetAvailableOutputBytes()];
        engine.ReadOutput(bytes, 0, bytes.Length);
        await transport.WriteAsync(bytes);
    }

    /// <summary>Chooses a protocol nobody offered.</summary>
    private sealed class InventiveServer(Handshake handshake) : AbstractTlsServer(handshake.Crypto)
    {
        public override TlsCredentials GetCredentials() => handshake.Credentials(m_context, isStapleWanted: false);

        public override CertificateRequest GetCertificateRequest() => new([], Handshake.Signatures, null, null);

        public override void NotifyClientCertificate(Certificate clientCertificate)
        {
        }

        protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

        protected override int[] GetSupportedCipherSuites() => Handshake.CipherSuites;

        protected override IList<ProtocolName> GetProtocolNames() => [ProtocolName.AsUtf8Encoding("evil")];

        protected override ProtocolName SelectProtocolName() => ProtocolName.AsUtf8Encoding("evil");
    }

    /// <summary>Changes its keys as often as it likes.</summary>
    private sealed class FloodingClient : TlsClientProtocol
    {
        public void Flood(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Send13KeyUpdate(updateRequested: false);
            }
        }
    }
}
