using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.X509;
using Certificate = X0tta6bl4.Identity.X509.Certificate;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>A question about one certificate, with a nonce (RFC 6960, section 4.1; RFC 8954).</summary>
/// <param name="Der">The question.</param>
/// <param name="Nonce">What the answer must repeat, if it has a nonce at all.</param>
internal sealed record OcspRequest(byte[] Der, byte[] Nonce)
{
    /// <summary>Bytes of a nonce: the most RFC 8954 allows, and what it recommends.</summary>
    public const int NonceBytes = 32;

    public static OcspRequest Of(Certificate certificate, Certificate issuer)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        var extension = new X509Extension(
            DerBoolean.False, new DerOctetString(new DerOctetString(nonce).GetEncoded(Asn1Encodable.Der)));
        var extensions = new X509Extensions(new Dictionary<DerObjectIdentifier, X509Extension>
        {
            [OcspObjectIdentifiers.PkixOcspNonce] = extension,
        });
        var request = new Org.BouncyCastle.Asn1.Ocsp.OcspRequest(
            new TbsRequest(null, new DerSequence(new Request(OcspCertificateId.Of(certificate, issuer), null)), extensions), null);
        return new OcspRequest(request.GetEncoded(Asn1Encodable.Der), nonce);
    }
}
