using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Math;

namespace X0tta6bl4.Identity.Authority;

/// <summary>One extension: its OID, whether who does not know it must refuse, and its DER.</summary>
internal readonly record struct CertificateExtension(DerObjectIdentifier Oid, bool IsCritical, byte[] Content)
{
    public DerSequence ToAsn1() => IsCritical
        ? new DerSequence(Oid, DerBoolean.True, new DerOctetString(Content))
        : new DerSequence(Oid, new DerOctetString(Content));
}

/// <summary>What a certificate says; who signs it is said apart.</summary>
internal sealed record CertificateContent(
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    Asn1Encodable Subject,
    SubjectPublicKeyInfo Key,
    IReadOnlyList<CertificateExtension> Extensions);

/// <summary>Writes X.509 certificates of version 3, element by element (RFC 5280, section 4.1).</summary>
internal static class CertificateWriter
{
    /// <summary>Bytes of a serial number. The first is 0x40 to 0x7F, so that it is positive and of one length: 126 random bits.</summary>
    private const int SerialBytes = 16;

    public static readonly DerSequence NoName = DerSequence.Empty;

    public static byte[] Write(CertificateContent content, Asn1Encodable issuer, SigningKey signer)
    {
        var tbs = new DerSequence(
            new DerTaggedObject(0, DerInteger.ValueOf(2)),
            new DerInteger(RandomSerial()),
            signer.SignatureAlgorithm,
            issuer,
            new DerSequence(new Time(content.NotBefore.UtcDateTime), new Time(content.NotAfter.UtcDateTime)),
            content.Subject,
            content.Key,
            new DerTaggedObject(3, new DerSequence(content.Extensions.Select(e => e.ToAsn1()).ToArray<Asn1Encodable>())));
        return Sign(tbs, signer);
    }

    /// <summary>The signed form that certificates and requests share: what is signed, how, and the signature.</summary>
    public static byte[] Sign(DerSequence content, SigningKey signer) => new DerSequence(
        content, signer.SignatureAlgorithm, new DerBitString(signer.Sign(content.GetDerEncoded()))).GetDerEncoded();

    /// <summary>A subject of one common name and one serial number, which makes it unlike any other.</summary>
    public static DerSequence Name(string commonName, string serialNumber) => new(
        Attribute(X509Name.CN, commonName), Attribute(X509Name.SerialNumber, serialNumber));

    /// <summary>subjectKeyIdentifier: the leftmost 160 bits of SHA-256 of the key (RFC 7093, method 1).</summary>
    public static byte[] KeyId(SubjectPublicKeyInfo key) => Sha256.Hash(key.PublicKey.GetOctets())[..20];

    private static DerSet Attribute(DerObjectIdentifier type, string value) =>
        new(new DerSequence(type, new DerUtf8String(value)));

    private static BigInteger RandomSerial()
    {
        var bytes = RandomNumberGenerator.GetBytes(SerialBytes);
        bytes[0] = (byte)(bytes[0] & 0x3F | 0x40);
        return new BigInteger(bytes);
    }
}
