using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.EdEC;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Private keys from PKCS #8 (RFC 5958), of the kinds we use ourselves: P-256, P-384, Ed25519. Unencrypted: what is encrypted
/// at rest is opened before it comes here (W-13).
/// </summary>
internal static class PrivateKey
{
    /// <summary>Most bytes of a key file.</summary>
    public const int BytesMax = 16 * 1024;

    /// <exception cref="CertificateFormatException">The bytes are no key of ours; the message never holds any of them.</exception>
    public static AsymmetricKeyParameter ReadPkcs8(ReadOnlyMemory<byte> der)
    {
        if (der.Length > BytesMax || DerShape.Problem(der.Span) is not null)
        {
            throw new CertificateFormatException("it is no PKCS #8 key");
        }

        try
        {
            return Read(PrivateKeyInfo.GetInstance(Asn1Object.FromByteArray(der.ToArray())));
        }
        catch (Exception exception) when (exception is not CertificateFormatException and not OutOfMemoryException)
        {
            // No inner exception: a parser's message may quote what it could not parse.
            throw new CertificateFormatException("it is no PKCS #8 key");
        }
    }

    /// <summary>The public half.</summary>
    public static AsymmetricKeyParameter PublicOf(AsymmetricKeyParameter key) => key switch
    {
        Ed25519PrivateKeyParameters ed => ed.GeneratePublicKey(),
        ECPrivateKeyParameters ec => new ECPublicKeyParameters(ec.Parameters.G.Multiply(ec.D).Normalize(), ec.Parameters),
        _ => throw new ArgumentException($"no key of ours: {key.GetType().Name}", nameof(key)),
    };

    private static AsymmetricKeyParameter Read(PrivateKeyInfo info)
    {
        var algorithm = info.PrivateKeyAlgorithm;
        if (algorithm.Algorithm.Equals(EdECObjectIdentifiers.id_Ed25519))
        {
            return new Ed25519PrivateKeyParameters(Asn1OctetString.GetInstance(info.ParsePrivateKey()).GetOctets());
        }

        if (algorithm.Algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey) && algorithm.Parameters is DerObjectIdentifier curve
            && (curve.Equals(SecObjectIdentifiers.SecP256r1) || curve.Equals(SecObjectIdentifiers.SecP384r1)))
        {
            var domain = new ECNamedDomainParameters(curve, CustomNamedCurves.GetByOid(curve));
            return new ECPrivateKeyParameters(ECPrivateKeyStructure.GetInstance(info.ParsePrivateKey()).GetKey(), domain);
        }

        throw new CertificateFormatException("the key is not of a kind used here (P-256, P-384 or Ed25519)");
    }
}
