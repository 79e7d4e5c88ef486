using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.EdEC;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// A private key that signs certificates, requests and proofs: P-256 or Ed25519 when made here, P-384 also when read. ECDSA
/// takes its number from key and message (RFC 6979), so that a bad random generator at the wrong moment gives no key away.
/// </summary>
internal sealed class SigningKey
{
    private SigningKey(AsymmetricKeyParameter key, KeyKind kind)
    {
        Private = key;
        Kind = kind;
        PublicInfo = InfoOf(PrivateKey.PublicOf(key));
        PublicHash = Sha256.Hash(PublicInfo.GetDerEncoded());
    }

    public KeyKind Kind { get; }

    /// <summary>For BouncyCastle. Never logged.</summary>
    public AsymmetricKeyParameter Private { get; }

    public SubjectPublicKeyInfo PublicInfo { get; }

    /// <summary>SHA-256 of <see cref="PublicInfo"/>: what an authority remembers of a key.</summary>
    public byte[] PublicHash { get; }

    public AlgorithmIdentifier SignatureAlgorithm => AlgorithmOf(Kind);

    /// <summary>How a key of this kind signs here.</summary>
    public static AlgorithmIdentifier AlgorithmOf(KeyKind kind) => new(kind switch
    {
        KeyKind.P256 => X9ObjectIdentifiers.ECDsaWithSha256,
        KeyKind.P384 => X9ObjectIdentifiers.ECDsaWithSha384,
        KeyKind.Ed25519 => EdECObjectIdentifiers.id_Ed25519,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no key that signs here"),
    });

    public static SigningKey Generate(KeyKind kind) => kind switch
    {
        KeyKind.P256 => new SigningKey(GenerateP256(), kind),
        KeyKind.Ed25519 => new SigningKey(new Ed25519PrivateKeyParameters(RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize)), kind),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "keys are made of the kinds P256 and Ed25519"),
    };

    /// <summary>
    /// A new key to go with one of this kind: Ed25519 with Ed25519, so that a site whose root is that uses nothing else, and P-256
    /// with all others.
    /// </summary>
    public static SigningKey Beside(KeyKind kind) => Generate(kind == KeyKind.Ed25519 ? KeyKind.Ed25519 : KeyKind.P256);

    /// <exception cref="CertificateFormatException">The bytes are no key of ours.</exception>
    public static SigningKey Read(ReadOnlyMemory<byte> pkcs8)
    {
        var key = PrivateKey.ReadPkcs8(pkcs8);
        return new SigningKey(key, key switch
        {
            Ed25519PrivateKeyParameters => KeyKind.Ed25519,
            ECPrivateKeyParameters { Parameters.Curve.FieldSize: 256 } => KeyKind.P256,
            _ => KeyKind.P384,
        });
    }

    /// <summary>PKCS #8 (RFC 5958), in the clear: for the sealed store, or a file its owner asked for. Clear it after use.</summary>
    public byte[] ToPkcs8()
    {
        if (Private is Ed25519PrivateKeyParameters ed)
        {
            return new PrivateKeyInfo(new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519), new DerOctetString(ed.GetEncoded()))
                .GetDerEncoded();
        }

        var ec = (ECPrivateKeyParameters)Private;
        var curve = CurveOf(Kind);
        return new PrivateKeyInfo(
            new AlgorithmIdentifier(X9ObjectIdentifiers.IdECPublicKey, curve),
            new ECPrivateKeyStructure(ec.Parameters.N.BitLength, ec.D, new DerBitString(PublicInfo.PublicKey.GetOctets()), null))
            .GetDerEncoded();
    }

    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        ISigner signer = Kind switch
        {
            KeyKind.Ed25519 => new Ed25519Signer(),
            KeyKind.P384 => new DsaDigestSigner(new ECDsaSigner(new HMacDsaKCalculator(new Sha384Digest())), new Sha384Digest()),
            _ => new DsaDigestSigner(new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest())), new Sha256Digest()),
        };
        signer.Init(forSigning: true, Private);
        signer.BlockUpdate(message);
        return signer.GenerateSignature();
    }

    /// <summary>The one encoding of a public key that is hashed and certified here: named curve, uncompressed point.</summary>
    public static SubjectPublicKeyInfo InfoOf(AsymmetricKeyParameter key) => key switch
    {
        Ed25519PublicKeyParameters ed => new SubjectPublicKeyInfo(new AlgorithmIdentifier(EdECObjectIdentifiers.id_Ed25519), ed.GetEncoded()),
        ECPublicKeyParameters ec => new SubjectPublicKeyInfo(
            new AlgorithmIdentifier(
                X9ObjectIdentifiers.IdECPublicKey, CurveOf(ec.Parameters.Curve.FieldSize == 256 ? KeyKind.P256 : KeyKind.P384)),
            ec.Q.GetEncoded(compressed: false)),
        _ => throw new ArgumentException($"no key that is certified here: {key.GetType().Name}", nameof(key)),
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} key";

    private static DerObjectIdentifier CurveOf(KeyKind kind) =>
        kind == KeyKind.P256 ? SecObjectIdentifiers.SecP256r1 : SecObjectIdentifiers.SecP384r1;

    private static ECPrivateKeyParameters GenerateP256()
    {
        var curve = SecObjectIdentifiers.SecP256r1;
        var domain = new ECNamedDomainParameters(curve, CustomNamedCurves.GetByOid(curve));
        Span<byte> bytes = stackalloc byte[32];
        try
        {
            while (true)
            {
                // Uniform below the order: what is outside is thrown away (FIPS 186-5, A.2.2).
                RandomNumberGenerator.Fill(bytes);
                var d = new BigInteger(1, bytes);
                if (d.SignValue > 0 && d.CompareTo(domain.N) < 0)
                {
                    return new ECPrivateKeyParameters(d, domain);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
