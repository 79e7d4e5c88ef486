using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.EdEC;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Signers;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// The signature algorithms we believe: ECDSA and RSA PKCS #1 v1.5 with SHA-256 or SHA-384 (RSA also SHA-512), and Ed25519.
/// No SHA-1, no PSS with parameters to choose, nothing looked up by name.
/// </summary>
internal static class CertificateSignature
{
    /// <summary>Null when <paramref name="child"/> was signed by this key; else why not.</summary>
    public static SvidRefusal? Check(Certificate child, PublicKey issuer)
    {
        if (!child.HasOneSignatureAlgorithm)
        {
            return SvidRefusal.Of(SvidRefusalReason.SignatureAlgorithm, $"{child.Label}: the signed and the unsigned signature algorithm differ");
        }

        return Check(child.Label, child.SignatureAlgorithm, child.Tbs.Span, child.Signature, issuer);
    }

    /// <summary>Null when the bytes were signed by this key; else why not.</summary>
    /// <param name="what">What was signed, for people.</param>
    /// <param name="algorithm">How.</param>
    /// <param name="signed">The bytes.</param>
    /// <param name="signature">Their signature.</param>
    /// <param name="issuer">The key.</param>
    public static SvidRefusal? Check(
        string what, AlgorithmIdentifier algorithm, ReadOnlySpan<byte> signed, byte[] signature, PublicKey issuer)
    {
        var oid = algorithm.Algorithm;
        if (Signer(oid, algorithm.Parameters, issuer.Kind) is not { } signer)
        {
            return SvidRefusal.Of(
                SvidRefusalReason.SignatureAlgorithm,
                $"{what}: the signature algorithm {Certificate.Clean(oid.Id)} is not accepted with an issuer's key of {issuer}");
        }

        signer.Init(forSigning: false, issuer.Parameters);
        signer.BlockUpdate(signed);
        return signer.VerifySignature(signature)
            ? null
            : SvidRefusal.Of(SvidRefusalReason.BadSignature, $"{what}: it was not signed by its issuer's key");
    }

    /// <summary>What verifies signatures of this algorithm with a key of this kind; null when that is not accepted.</summary>
    internal static ISigner? Signer(DerObjectIdentifier algorithm, Asn1Encodable? parameters, KeyKind key)
    {
        var hasNull = parameters is Asn1Null;
        if (parameters is not null && !(hasNull && key == KeyKind.Rsa))
        {
            return null;
        }

        return key switch
        {
            KeyKind.Ed25519 => algorithm.Equals(EdECObjectIdentifiers.id_Ed25519) ? new Ed25519Signer() : null,
            KeyKind.P256 or KeyKind.P384 => algorithm.Equals(X9ObjectIdentifiers.ECDsaWithSha256) ? Ecdsa(new Sha256Digest())
                : algorithm.Equals(X9ObjectIdentifiers.ECDsaWithSha384) ? Ecdsa(new Sha384Digest())
                : null,
            _ => algorithm.Equals(PkcsObjectIdentifiers.Sha256WithRsaEncryption)
                    ? new RsaDigestSigner(new Sha256Digest(), NistObjectIdentifiers.IdSha256)
                : algorithm.Equals(PkcsObjectIdentifiers.Sha384WithRsaEncryption)
                    ? new RsaDigestSigner(new Sha384Digest(), NistObjectIdentifiers.IdSha384)
                : algorithm.Equals(PkcsObjectIdentifiers.Sha512WithRsaEncryption)
                    ? new RsaDigestSigner(new Sha512Digest(), NistObjectIdentifiers.IdSha512)
                : null,
        };
    }

    private static DsaDigestSigner Ecdsa(IDigest digest) => new(new ECDsaSigner(), digest);
}
