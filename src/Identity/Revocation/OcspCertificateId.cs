using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.Oiw;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Math;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>
/// How OCSP names a certificate: hashes of its issuer's name and key, and its serial number (RFC 6960, section 4.1.1). The hash
/// names the issuer and proves nothing, the signature does; so SHA-1 serves, which every responder knows (RFC 5019, section 2.1.1).
/// </summary>
internal static class OcspCertificateId
{
    /// <summary>The name to ask by.</summary>
    public static CertID Of(Certificate certificate, Certificate issuer) => new(
        new AlgorithmIdentifier(OiwObjectIdentifiers.IdSha1, DerNull.Instance),
        new DerOctetString(Hash(new Sha1Digest(), issuer.SubjectDer)),
        new DerOctetString(KeyHash(new Sha1Digest(), issuer)),
        new DerInteger(new BigInteger(certificate.Serial)));

    /// <summary>Whether a responder's name means this certificate. SHA-1 or SHA-256; any other means none.</summary>
    public static bool Means(CertID id, Certificate certificate, Certificate issuer)
    {
        if (!id.SerialNumber.Value.ToByteArray().AsSpan().SequenceEqual(certificate.Serial)
            || id.HashAlgorithm.Parameters is not (null or Asn1Null))
        {
            return false;
        }

        var isSha1 = id.HashAlgorithm.Algorithm.Equals(OiwObjectIdentifiers.IdSha1);
        if (!isSha1 && !id.HashAlgorithm.Algorithm.Equals(NistObjectIdentifiers.IdSha256))
        {
            return false;
        }

        return Hash(Digest(isSha1), issuer.SubjectDer).AsSpan().SequenceEqual(id.IssuerNameHash.GetOctets())
            && KeyHash(Digest(isSha1), issuer).AsSpan().SequenceEqual(id.IssuerKeyHash.GetOctets());
    }

    /// <summary>SHA-1 of a key as responders name themselves by it (RFC 6960, section 4.2.1, KeyHash).</summary>
    public static byte[] KeyHash(Certificate certificate) => KeyHash(new Sha1Digest(), certificate);

    private static byte[] KeyHash(IDigest digest, Certificate certificate) => Hash(digest, certificate.KeyInfo.PublicKey.GetBytes());

    private static IDigest Digest(bool isSha1) => isSha1 ? new Sha1Digest() : new Sha256Digest();

    private static byte[] Hash(IDigest digest, byte[] bytes)
    {
        digest.BlockUpdate(bytes);
        var hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash);
        return hash;
    }
}
