using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// BouncyCastle's cryptography for TLS, reduced to what TLS 1.3 here may use, and with one more check: a certificate is looked
/// over (<see cref="DerShape"/>) before a recursive parser sees it, and its bytes are kept as they came.
/// </summary>
internal sealed class SvidTlsCrypto(SecureRandom random) : BcTlsCrypto(random)
{
    public override TlsCertificate CreateCertificate(short type, byte[] encoding)
    {
        if (type != CertificateType.X509)
        {
            throw new TlsFatalAlert(AlertDescription.unsupported_certificate);
        }

        if (encoding.Length > SvidPolicy.ChainBytesMax || DerShape.Problem(encoding) is not null)
        {
            throw new TlsFatalAlert(AlertDescription.bad_certificate, "bytes that are no certificate");
        }

        return new RawCertificate(this, encoding);
    }

    public override bool HasNamedGroup(int namedGroup) => namedGroup is NamedGroup.x25519 or NamedGroup.secp256r1;

    public override bool HasEncryptionAlgorithm(int encryptionAlgorithm) => encryptionAlgorithm
        is EncryptionAlgorithm.CHACHA20_POLY1305 or EncryptionAlgorithm.AES_128_GCM or EncryptionAlgorithm.AES_256_GCM;
}

/// <summary>A certificate as the peer sent it: re-encoding one may change the bytes its signature is over.</summary>
internal sealed class RawCertificate(BcTlsCrypto crypto, byte[] encoding) : BcTlsCertificate(crypto, encoding)
{
    public ReadOnlyMemory<byte> Sent { get; } = encoding;

    public override byte[] GetEncoded() => Sent.ToArray();
}
