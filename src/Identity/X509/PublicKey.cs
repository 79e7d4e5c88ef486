using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.EdEC;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Utilities;

namespace X0tta6bl4.Identity.X509;

/// <summary>The kinds of key we believe a signature of. Everything else is refused before any arithmetic.</summary>
public enum KeyKind
{
    /// <summary>ECDSA on NIST P-256.</summary>
    P256,

    /// <summary>ECDSA on NIST P-384.</summary>
    P384,

    /// <summary>Ed25519 (RFC 8032).</summary>
    Ed25519,

    /// <summary>RSA, verified only: we never make one.</summary>
    Rsa,
}

/// <summary>
/// A public key from a stranger, checked against the allow list when it is read: curves by name only (explicit curve
/// parameters are how CVE-2020-0601 forged certificates), RSA of a size that is neither weak nor made to burn our CPU.
/// </summary>
public sealed class PublicKey
{
    /// <summary>Least RSA modulus, in bits.</summary>
    public const int RsaBitsMin = 2048;

    /// <summary>Greatest RSA modulus, in bits.</summary>
    public const int RsaBitsMax = 4096;

    /// <summary>Greatest RSA public exponent, in bits. 65537 has 17; a long one only makes verifying slow.</summary>
    public const int RsaExponentBitsMax = 32;

    private PublicKey(KeyKind kind, int bits, AsymmetricKeyParameter parameters)
    {
        Kind = kind;
        Bits = bits;
        Parameters = parameters;
    }

    /// <summary>What it is.</summary>
    public KeyKind Kind { get; }

    /// <summary>Size in bits.</summary>
    public int Bits { get; }

    /// <summary>The key for BouncyCastle.</summary>
    internal AsymmetricKeyParameter Parameters { get; }

    /// <inheritdoc/>
    public override string ToString() => Kind == KeyKind.Rsa ? $"RSA {Bits}" : Kind.ToString();

    /// <summary>
    /// Whether the key is one we would read, without the arithmetic of reading it, which no stranger shall have for the asking.
    /// </summary>
    /// <exception cref="WeakKeyException">The key is not on the allow list.</exception>
    internal static void CheckKind(SubjectPublicKeyInfo info)
    {
        var algorithm = info.Algorithm.Algorithm;
        if (algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
        {
            CurveOf(info);
        }
        else if (algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption))
        {
            RsaOf(info);
        }
        else if (algorithm.Equals(EdECObjectIdentifiers.id_Ed25519))
        {
            RefuseParameters(info);
        }
        else
        {
            throw new WeakKeyException($"keys of the algorithm {Certificate.Clean(algorithm.Id)} are not accepted");
        }
    }

    /// <exception cref="WeakKeyException">The key is not on the allow list.</exception>
    internal static PublicKey Read(SubjectPublicKeyInfo info)
    {
        CheckKind(info);
        var algorithm = info.Algorithm.Algorithm;
        if (algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
        {
            return ReadCurve(info);
        }

        if (algorithm.Equals(EdECObjectIdentifiers.id_Ed25519))
        {
            return new PublicKey(KeyKind.Ed25519, 256, new Ed25519PublicKeyParameters(info.PublicKey.GetOctets()));
        }

        var rsa = RsaOf(info);
        return new PublicKey(KeyKind.Rsa, rsa.Modulus.BitLength, RsaKey(rsa.Modulus, rsa.PublicExponent));
    }

    /// <summary>
    /// An RSA key without the search for primes that BouncyCastle makes of every modulus, which takes a quarter of a second of a
    /// server and several of a router. What it would find, a modulus its own holder made unsafe, is between that holder and the
    /// authority that vouches for the key; small factors are still refused.
    /// </summary>
    internal static RsaKeyParameters RsaKey(BigInteger modulus, BigInteger exponent)
    {
        RsaKeyParameters? key = null;
        Properties.WithThreadProperty(
            Properties.RsaMaxMRTests, "0", () => key = new RsaKeyParameters(isPrivate: false, modulus, exponent));
        return key!;
    }

    private static (KeyKind Kind, DerObjectIdentifier Curve) CurveOf(SubjectPublicKeyInfo info)
    {
        if (info.Algorithm.Parameters is not DerObjectIdentifier curve)
        {
            throw new WeakKeyException("the key's curve is not given by its name");
        }

        var kind = curve.Equals(SecObjectIdentifiers.SecP256r1) ? KeyKind.P256
            : curve.Equals(SecObjectIdentifiers.SecP384r1) ? KeyKind.P384
            : throw new WeakKeyException($"keys on the curve {Certificate.Clean(curve.Id)} are not accepted");
        return (kind, curve);
    }

    private static PublicKey ReadCurve(SubjectPublicKeyInfo info)
    {
        var (kind, curve) = CurveOf(info);
        var domain = new ECNamedDomainParameters(curve, CustomNamedCurves.GetByOid(curve));
        // Throws for a point that is not on the curve, or at infinity.
        var point = domain.Curve.DecodePoint(info.PublicKey.GetOctets());
        return new PublicKey(kind, domain.Curve.FieldSize, new ECPublicKeyParameters(point, domain));
    }

    private static RsaPublicKeyStructure RsaOf(SubjectPublicKeyInfo info)
    {
        var rsa = RsaPublicKeyStructure.GetInstance(info.ParsePublicKey());
        var bits = rsa.Modulus.BitLength;
        if (bits is < RsaBitsMin or > RsaBitsMax)
        {
            throw new WeakKeyException($"RSA keys of {bits} bits are not accepted ({RsaBitsMin} to {RsaBitsMax} are)");
        }

        var exponent = rsa.PublicExponent;
        return exponent.SignValue > 0 && exponent.BitLength is >= 2 and <= RsaExponentBitsMax && exponent.TestBit(0)
            ? rsa
            : throw new WeakKeyException("the RSA key's exponent is even, too small or too large");
    }

    private static void RefuseParameters(SubjectPublicKeyInfo info)
    {
        if (info.Algorithm.Parameters is not null)
        {
            throw new WeakKeyException("the Ed25519 key has parameters, which RFC 8410 forbids");
        }
    }
}

/// <summary>The key is well formed and not accepted.</summary>
internal sealed class WeakKeyException(string message) : Exception(message);
