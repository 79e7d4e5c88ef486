using Org.BouncyCastle.Asn1;
using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>
/// A certification request (PKCS #10, RFC 2986): a public key, and the proof that its owner holds the private one. SPIRE takes
/// nothing else from it, so that subject and attributes are empty.
/// </summary>
internal static class CertificateRequest
{
    private const int AttributesTag = 0;

    /// <summary>DER of a request for this key.</summary>
    public static byte[] Write(SigningKey key)
    {
        var info = new DerSequence(
            DerInteger.Zero, DerSequence.Empty, key.PublicInfo, new DerTaggedObject(isExplicit: false, AttributesTag, DerSet.Empty));
        return new DerSequence(info, key.SignatureAlgorithm, new DerBitString(key.Sign(info.GetDerEncoded()))).GetDerEncoded();
    }
}
