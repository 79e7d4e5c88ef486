using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// Signatures of tokens (RFC 7518, sections 3.3 to 3.5; RFC 8037, section 3.1). Nothing is looked up by name. As everywhere, (r, n - s)
/// is an ECDSA signature where (r, s) is one: whoever remembers tokens remembers their jti, not their text.
/// </summary>
internal static class JwsSignature
{
    /// <summary>Checks a token's signature, and before it that the key may be used with the token's algorithm.</summary>
    /// <returns>Null when this key signed this token.</returns>
    public static JwtRefusal? Check(CompactToken token, JsonWebKey key, string keyId, JwtProfile profile)
    {
        var algorithm = token.Header.Algorithm;
        if (JwsAlgorithms.KeyOf(algorithm) != key.Kind || (key.Algorithm is { } own && own != algorithm))
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.AlgorithmNotOfKey,
                $"the token says {algorithm}, its key \"{X509.Certificate.Clean(keyId)}\" is {key}"
                + (key.Algorithm is { } only ? $" for {only} alone" : ""));
        }

        if (key.Use(out var problem) is not { } parameters)
        {
            return JwtRefusal.Of(profile, JwtRefusalReason.WeakKey, $"the key \"{X509.Certificate.Clean(keyId)}\": {problem}");
        }

        return IsValid(algorithm, parameters, token.SigningInput, token.Signature)
            ? null
            : JwtRefusal.Of(
                profile, JwtRefusalReason.BadSignature, $"the token was not signed by the key \"{X509.Certificate.Clean(keyId)}\"");
    }

    /// <summary>True when the key made the signature over these bytes. The key is of the algorithm's kind.</summary>
    public static bool IsValid(JwsAlgorithm algorithm, AsymmetricKeyParameter key, byte[] input, byte[] signature) => key switch
    {
        ECPublicKeyParameters ec => IsValidEcdsa(algorithm, ec, input, signature),
        RsaKeyParameters rsa => IsValidRsa(algorithm, rsa, input, signature),
        _ => IsValidEd25519(key, input, signature),
    };

    /// <summary>r and s, each as long as the field, one after the other (RFC 7518, 3.4): not the DER of certificates.</summary>
    private static bool IsValidEcdsa(JwsAlgorithm algorithm, ECPublicKeyParameters key, byte[] input, byte[] signature)
    {
        var half = JsonWebKey.FieldBytes(JwsAlgorithms.KeyOf(algorithm));
        if (signature.Length != 2 * half)
        {
            return false;
        }

        var r = new BigInteger(1, signature, 0, half);
        var s = new BigInteger(1, signature, half, half);
        // Zeros would verify under any key where this is forgotten (CVE-2022-21449).
        if (!IsScalar(r, key.Parameters.N) || !IsScalar(s, key.Parameters.N))
        {
            return false;
        }

        var signer = new ECDsaSigner();
        signer.Init(forSigning: false, key);
        return signer.VerifySignature(Hash(Digest(algorithm), input), r, s);
    }

    private static bool IsValidRsa(JwsAlgorithm algorithm, RsaKeyParameters key, byte[] input, byte[] signature)
    {
        // As long as the modulus, and less than it (RFC 8017, 8.1.2 and 8.2.2): one signature has one spelling.
        if (signature.Length != (key.Modulus.BitLength + 7) / 8 || new BigInteger(1, signature).CompareTo(key.Modulus) >= 0)
        {
            return false;
        }

        var digest = Digest(algorithm);
        ISigner signer = algorithm is JwsAlgorithm.PS256 or JwsAlgorithm.PS384 or JwsAlgorithm.PS512
            ? new PssSigner(new RsaEngine(), digest, digest.GetDigestSize())
            : new RsaDigestSigner(digest, DigestOid(algorithm));
        signer.Init(forSigning: false, key);
        signer.BlockUpdate(input, 0, input.Length);
        try
        {
            return signer.VerifySignature(signature);
        }
        catch (Exception exception) when (exception is CryptoException or ArgumentException)
        {
            // BouncyCastle's PSS throws for the numbers 0, 1 and n - 1 instead of saying no; and its block is a byte shorter than a
            // modulus of 8k + 1 bits, into which not every number fits.
            return false;
        }
    }

    private static bool IsValidEd25519(AsymmetricKeyParameter key, byte[] input, byte[] signature)
    {
        if (signature.Length != Ed25519PrivateKeyParameters.SignatureSize)
        {
            return false;
        }

        var signer = new Ed25519Signer();
        signer.Init(forSigning: false, key);
        signer.BlockUpdate(input, 0, input.Length);
        return signer.VerifySignature(signature);
    }

    private static bool IsScalar(BigInteger value, BigInteger order) => value.SignValue > 0 && value.CompareTo(order) < 0;

    private static byte[] Hash(IDigest digest, byte[] input)
    {
        var hash = new byte[digest.GetDigestSize()];
        digest.BlockUpdate(input, 0, input.Length);
        digest.DoFinal(hash, 0);
        return hash;
    }

    private static IDigest Digest(JwsAlgorithm algorithm) => algorithm switch
    {
        JwsAlgorithm.RS384 or JwsAlgorithm.PS384 or JwsAlgorithm.ES384 => new Sha384Digest(),
        JwsAlgorithm.RS512 or JwsAlgorithm.PS512 or JwsAlgorithm.ES512 => new Sha512Digest(),
        _ => new Sha256Digest(),
    };

    private static DerObjectIdentifier DigestOid(JwsAlgorithm algorithm) => algorithm switch
    {
        JwsAlgorithm.RS384 => NistObjectIdentifiers.IdSha384,
        JwsAlgorithm.RS512 => NistObjectIdentifiers.IdSha512,
        _ => NistObjectIdentifiers.IdSha256,
    };
}
