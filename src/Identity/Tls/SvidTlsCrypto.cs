using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
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
/// <param name="random">Where keys come from.</param>
/// <param name="known">Certificates that need not be read again; null for none.</param>
internal sealed class SvidTlsCrypto(SecureRandom random, KnownCertificates? known = null) : BcTlsCrypto(random)
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

        try
        {
            return new RawCertificate(this, known?.Find(encoding) ?? X509.Certificate.Read(encoding));
        }
        catch (CertificateFormatException)
        {
            // The verifier refuses it, and says what is wrong with it.
            return new RawCertificate(this, encoding, BcTlsCertificate.ParseCertificate(encoding));
        }
    }

    /// <summary>One of our own.</summary>
    public RawCertificate CreateCertificate(X509.Certificate own) => new(this, own);

    public override bool HasNamedGroup(int namedGroup) => namedGroup is NamedGroup.x25519 or NamedGroup.secp256r1;

    public override bool HasEncryptionAlgorithm(int encryptionAlgorithm) => encryptionAlgorithm
        is EncryptionAlgorithm.CHACHA20_POLY1305 or EncryptionAlgorithm.AES_128_GCM or EncryptionAlgorithm.AES_256_GCM;
}

/// <summary>A certificate as the peer sent it: re-encoding one may change the bytes its signature is over.</summary>
internal sealed class RawCertificate : BcTlsCertificate
{
    private PublicKey? _key;

    public RawCertificate(BcTlsCrypto crypto, X509.Certificate read)
        : this(crypto, read.Der, read.Structure) => Read = read;

    public RawCertificate(BcTlsCrypto crypto, ReadOnlyMemory<byte> sent, X509CertificateStructure structure)
        : base(crypto, structure) => Sent = sent;

    public ReadOnlyMemory<byte> Sent { get; }

    /// <summary>As the verifier reads it; null when it will refuse to.</summary>
    public X509.Certificate? Read { get; }

    /// <summary>
    /// The verifier believes it: BouncyCastle is to take the key that was decoded, and checked, there, and may have the tables of
    /// an earlier handshake.
    /// </summary>
    public void Believe(PublicKey key) => _key = key;

    protected override AsymmetricKeyParameter GetPublicKey() => _key?.Parameters ?? base.GetPublicKey();

    public override byte[] GetEncoded() => Sent.ToArray();
}
