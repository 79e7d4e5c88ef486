using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Rfc8032;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>The kinds of key a token's signature is believed of.</summary>
public enum JwkKind
{
    /// <summary>ECDSA on NIST P-256.</summary>
    P256,

    /// <summary>ECDSA on NIST P-384.</summary>
    P384,

    /// <summary>ECDSA on NIST P-521.</summary>
    P521,

    /// <summary>Ed25519 (RFC 8032). API tokens only.</summary>
    Ed25519,

    /// <summary>RSA. JWT-SVIDs only.</summary>
    Rsa,
}

/// <summary>
/// A public key as JOSE writes it (RFC 7517, RFC 7518 section 6, RFC 8037). Its shape is checked when it is read; the arithmetic
/// (a point on the curve, a modulus without small factors, for which BouncyCastle takes a quarter of a second) is done once, at
/// the first token that names the key, and kept. Thread-safe.
/// </summary>
public sealed class JsonWebKey
{
    private readonly byte[] _x;
    private readonly byte[] _y;
    private readonly Lazy<(AsymmetricKeyParameter? Key, string Problem)> _checked;

    /// <param name="kind">What it is.</param>
    /// <param name="x">x of a point, or the modulus.</param>
    /// <param name="y">y of a point, the public exponent, or nothing.</param>
    /// <param name="algorithm">The only algorithm it may be used with; null when it does not say.</param>
    internal JsonWebKey(JwkKind kind, byte[] x, byte[] y, JwsAlgorithm? algorithm)
    {
        Kind = kind;
        Algorithm = algorithm;
        _x = x;
        _y = y;
        _checked = new Lazy<(AsymmetricKeyParameter?, string)>(Check);
    }

    /// <summary>What it is.</summary>
    public JwkKind Kind { get; }

    /// <summary>The only algorithm it may be used with; null when it does not say.</summary>
    public JwsAlgorithm? Algorithm { get; }

    /// <summary>Size in bits.</summary>
    public int Bits => Kind switch
    {
        JwkKind.P256 or JwkKind.Ed25519 => 256,
        JwkKind.P384 => 384,
        JwkKind.P521 => 521,
        _ => new BigInteger(1, _x).BitLength,
    };

    /// <summary>JWK thumbprint (RFC 7638): SHA-256 over the required members in one spelling, in base64url.</summary>
    public string Thumbprint
    {
        get
        {
            var x = StrictBase64Url.Encode(_x);
            var y = StrictBase64Url.Encode(_y);
            var text = Encoding.ASCII.GetBytes(Kind switch
            {
                JwkKind.Rsa => $$"""{"e":"{{y}}","kty":"RSA","n":"{{x}}"}""",
                JwkKind.Ed25519 => $$"""{"crv":"Ed25519","kty":"OKP","x":"{{x}}"}""",
                _ => $$"""{"crv":"{{Curve(Kind)}}","kty":"EC","x":"{{x}}","y":"{{y}}"}""",
            });
            var digest = new Sha256Digest();
            var hash = new byte[digest.GetDigestSize()];
            digest.BlockUpdate(text, 0, text.Length);
            digest.DoFinal(hash, 0);
            return StrictBase64Url.Encode(hash);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Kind == JwkKind.Rsa ? $"RSA {Bits}" : Kind.ToString();

    /// <summary>Reads a key.</summary>
    /// <param name="jwk">The key, an object.</param>
    /// <returns>The key; null for a kind or a curve that does not exist here, which is to be ignored (B-9, RFC 7517, 5).</returns>
    /// <exception cref="JwkSetFormatException">It is of a known kind and broken.</exception>
    internal static JsonWebKey? Read(JsonElement jwk)
    {
        var curve = StrictJson.Text(jwk, "crv");
        JwkKind? kind = StrictJson.Text(jwk, "kty") switch
        {
            "RSA" => JwkKind.Rsa,
            "OKP" when curve == "Ed25519" => JwkKind.Ed25519,
            "EC" when curve == "P-256" => JwkKind.P256,
            "EC" when curve == "P-384" => JwkKind.P384,
            "EC" when curve == "P-521" => JwkKind.P521,
            _ => null,
        };
        return kind switch
        {
            null => null,
            JwkKind.Rsa => new JsonWebKey(JwkKind.Rsa, Integer(jwk, "n"), Integer(jwk, "e"), AlgorithmOf(jwk, JwkKind.Rsa)),
            JwkKind.Ed25519 => new JsonWebKey(JwkKind.Ed25519, Octets(jwk, "x", 32), [], AlgorithmOf(jwk, JwkKind.Ed25519)),
            { } ec => new JsonWebKey(ec, Octets(jwk, "x", FieldBytes(ec)), Octets(jwk, "y", FieldBytes(ec)), AlgorithmOf(jwk, ec)),
        };
    }

    /// <summary>Writes it as one member of a JWK set.</summary>
    internal void Write(Utf8JsonWriter writer, string keyId, string use)
    {
        writer.WriteStartObject();
        writer.WriteString("kty", Kind switch { JwkKind.Rsa => "RSA", JwkKind.Ed25519 => "OKP", _ => "EC" });
        if (Kind != JwkKind.Rsa)
        {
            writer.WriteString("crv", Curve(Kind));
        }

        writer.WriteString("kid", keyId);
        writer.WriteString("use", use);
        if (Algorithm is { } algorithm)
        {
            writer.WriteString("alg", algorithm.ToString());
        }

        writer.WriteString(Kind == JwkKind.Rsa ? "n" : "x", StrictBase64Url.Encode(_x));
        if (_y.Length > 0)
        {
            writer.WriteString(Kind == JwkKind.Rsa ? "e" : "y", StrictBase64Url.Encode(_y));
        }

        writer.WriteEndObject();
    }

    /// <summary>The key for BouncyCastle; null with <paramref name="problem"/> in words for one that is not accepted.</summary>
    internal AsymmetricKeyParameter? Use(out string problem)
    {
        (var key, problem) = _checked.Value;
        return key;
    }

    /// <summary>Bytes of a coordinate of the curve, and of each half of a signature on it.</summary>
    internal static int FieldBytes(JwkKind kind) => kind switch
    {
        JwkKind.P384 => 48,
        JwkKind.P521 => 66,
        _ => 32,
    };

    private (AsymmetricKeyParameter? Key, string Problem) Check()
    {
        try
        {
            return Kind switch
            {
                JwkKind.Rsa => CheckRsa(),
                JwkKind.Ed25519 when !Ed25519.ValidatePublicKeyFull(_x, 0) => (null, "it is no point of the curve's group"),
                JwkKind.Ed25519 => (new Ed25519PublicKeyParameters(_x, 0), ""),
                _ => (Point(), ""),
            };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // BouncyCastle's word for a point off the curve or a modulus with a small factor.
            return (null, $"it cannot be used ({exception.GetType().Name})");
        }
    }

    private (AsymmetricKeyParameter? Key, string Problem) CheckRsa()
    {
        if (Bits is < PublicKey.RsaBitsMin or > PublicKey.RsaBitsMax)
        {
            return (null, $"RSA keys of {Bits} bits are not accepted ({PublicKey.RsaBitsMin} to {PublicKey.RsaBitsMax} are)");
        }

        var exponent = new BigInteger(1, _y);
        return exponent.BitLength is >= 2 and <= PublicKey.RsaExponentBitsMax && exponent.TestBit(0)
            ? (PublicKey.RsaKey(new BigInteger(1, _x), exponent), "")
            : (null, "its exponent is even, too small or too large");
    }

    private ECPublicKeyParameters Point()
    {
        var oid = Kind switch
        {
            JwkKind.P256 => SecObjectIdentifiers.SecP256r1,
            JwkKind.P384 => SecObjectIdentifiers.SecP384r1,
            _ => SecObjectIdentifiers.SecP521r1,
        };
        var domain = new ECNamedDomainParameters(oid, CustomNamedCurves.GetByOid(oid));
        // Uncompressed (SEC 1, 2.3.3). Throws for a point that is not on the curve.
        return new ECPublicKeyParameters(domain.Curve.DecodePoint([4, .. _x, .. _y]), domain);
    }

    private static string Curve(JwkKind kind) => kind switch
    {
        JwkKind.P256 => "P-256",
        JwkKind.P384 => "P-384",
        JwkKind.P521 => "P-521",
        _ => "Ed25519",
    };

    private static JwsAlgorithm? AlgorithmOf(JsonElement jwk, JwkKind kind)
    {
        if (!jwk.TryGetProperty("alg", out _))
        {
            return null;
        }

        var name = StrictJson.Text(jwk, "alg");
        return JwsAlgorithms.Find(name) is { } algorithm && JwsAlgorithms.KeyOf(algorithm) == kind
            ? algorithm
            : throw new JwkSetFormatException($"the algorithm \"{Certificate.Clean(name ?? "")}\" of a key does not go with its kind {kind}");
    }

    private static byte[] Octets(JsonElement jwk, string name, int length) =>
        Decode(jwk, name) is { } bytes && bytes.Length == length
            ? bytes
            : throw new JwkSetFormatException($"\"{name}\" of a key is no base64url of {length} bytes");

    private static byte[] Integer(JsonElement jwk, string name) =>
        Decode(jwk, name) is [not 0, ..] bytes
            ? bytes
            : throw new JwkSetFormatException($"\"{name}\" of a key is no base64url of a whole number without leading zeros");

    private static byte[]? Decode(JsonElement jwk, string name) =>
        StrictJson.Text(jwk, name) is { } text ? StrictBase64Url.Decode(text) : null;
}
