using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Handshake = X0tta6bl4.Identity.Tls.Handshake;
using TlsChain = Org.BouncyCastle.Tls.Certificate;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// A peer that shows whatever bytes it is given as its certificates, and is flawless in all else: a BouncyCastle engine without
/// any check of ours.
/// </summary>
/// <param name="chain">What it shows, its own first.</param>
/// <param name="anything">Some certificate that can be parsed, in whose place the bytes are sent.</param>
/// <param name="key">What it signs the handshake with: on P-256.</param>
internal sealed class ChainShower(IReadOnlyList<byte[]> chain, byte[] anything, AsymmetricKeyParameter key)
{
    private readonly BcTlsCrypto _crypto = new(new SecureRandom(new CryptoApiRandomGenerator()));

    /// <summary>
    /// Shakes hands, sends a word of the application as soon as it can, and listens until the other side ends it.
    /// </summary>
    /// <param name="transport">To our side.</param>
    /// <param name="isServer">The role of this one.</param>
    /// <returns>The alert it was sent, null for none, and the bytes of the application it was sent.</returns>
    public async Task<(int? Alert, int Bytes)> TalkAsync(Stream transport, bool isServer)
    {
        TlsProtocol engine;
        if (isServer)
        {
            var server = new TlsServerProtocol();
            server.Accept(new Server(this));
            engine = server;
        }
        else
        {
            var client = new TlsClientProtocol();
            client.Connect(new Client(this));
            engine = client;
        }

        var buffer = new byte[16 * 1024];
        var hasSpoken = false;
        try
        {
            while (true)
            {
                if (!engine.IsHandshaking && !hasSpoken && !engine.IsClosed)
                {
                    hasSpoken = true;
                    engine.WriteApplicationData("a word of the application"u8);
                }

                var output = new byte[engine.GetAvailableOutputBytes()];
                engine.ReadOutput(output, 0, output.Length);
                await transport.WriteAsync(output);
                var count = await transport.ReadAsync(buffer);
                if (count == 0)
                {
                    return (null, engine.GetAvailableInputBytes());
                }

                engine.OfferInput(buffer, 0, count);
            }
        }
        catch (TlsFatalAlertReceived received)
        {
            return (received.AlertDescription, engine.GetAvailableInputBytes());
        }
        catch (IOException)
        {
            return (null, engine.GetAvailableInputBytes());
        }
    }

    private BcDefaultTlsCredentialedSigner? Credentials(TlsContext context) => chain.Count == 0 ? null : new(
        new TlsCryptoParameters(context), _crypto, key,
        new TlsChain([], [.. chain.Select(bytes => new CertificateEntry(new Bytes(_crypto, anything, bytes), null))]),
        SignatureAndHashAlgorithm.GetInstance(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa));

    private sealed class Bytes(BcTlsCrypto crypto, byte[] anything, byte[] shown)
        : BcTlsCertificate(crypto, X509CertificateStructure.GetInstance(anything))
    {
        public override byte[] GetEncoded() => shown;
    }

    private sealed class Client(ChainShower shower) : AbstractTlsClient(shower._crypto), TlsAuthentication
    {
        public override TlsAuthentication GetAuthentication() => this;

        public override bool ShouldCheckSigAlgOfPeerCerts() => false;

        public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
        {
        }

        public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => shower.Credentials(m_context);

        protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

        protected override int[] GetSupportedCipherSuites() => Handshake.CipherSuites;
    }

    private sealed class Server(ChainShower shower) : AbstractTlsServer(shower._crypto)
    {
        public override TlsCredentials? GetCredentials() => shower.Credentials(m_context);

        public override bool ShouldCheckSigAlgOfPeerCerts() => false;

        public override CertificateRequest GetCertificateRequest() => new([], Handshake.Signatures, null, null);

        public override void NotifyClientCertificate(TlsChain clientCertificate)
        {
        }

        protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

        protected override int[] GetSupportedCipherSuites() => Handshake.CipherSuites;
    }
}
