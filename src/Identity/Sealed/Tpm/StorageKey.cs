using System.Security.Cryptography;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Multiplier;
using ECPoint = Org.BouncyCastle.Math.EC.ECPoint;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>
/// The storage primary key of the owner hierarchy: ECC P-256, made by the TPM from its seed, the same one each time. Its public
/// half is what a session's salt is encrypted to, so it is checked in every field.
/// </summary>
internal sealed class StorageKey
{
    private const int CoordinateBytes = 32;
    private readonly ECPoint _point;

    private StorageKey(ECPoint point, byte[] x, byte[] name) => (_point, X, Name) = (point, x, name);

    private byte[] X { get; }

    /// <summary>Its Name: hash algorithm and hash of the public area (Part 1, section 16).</summary>
    public byte[] Name { get; }

    // TPMA_OBJECT, Part 2, section 8.3.
    private const uint FixedTpm = 1 << 1, FixedParent = 1 << 4, SensitiveDataOrigin = 1 << 5, UserWithAuth = 1 << 6;
    private const uint NoDictionaryAttack = 1 << 10, Restricted = 1 << 16, Decrypt = 1 << 17;

    /// <summary>
    /// Without noDA a stranger who makes the TPM lock up (a wrong password of his own objects is enough) would also lock this
    /// store; a sealed key without a password has nothing to guess.
    /// </summary>
    public const uint SealedAttributes = FixedTpm | FixedParent | UserWithAuth | NoDictionaryAttack;

    /// <summary>
    /// The public area up to the curve's point: TPMT_PUBLIC (Part 2, section 12.2.4) with TPMS_ECC_PARMS (12.2.3.6), as the TCG's
    /// storage root key template for P-256 has it.
    /// </summary>
    private static byte[] Template() => new TpmWriter()
        .U16(Tpm2.AlgEcc).U16(Tpm2.AlgSha256)
        .U32(FixedTpm | FixedParent | SensitiveDataOrigin | UserWithAuth | NoDictionaryAttack | Restricted | Decrypt)
        .Sized([])
        .U16(Tpm2.AlgAes).U16(Tpm2.AesBits).U16(Tpm2.AlgCfb)
        .U16(Tpm2.AlgNull)
        .U16(CurveP256)
        .U16(Tpm2.AlgNull)
        .ToArray();

    private const ushort CurveP256 = 0x0003;

    private static X9ECParameters P256 => CustomNamedCurves.GetByOid(SecObjectIdentifiers.SecP256r1);

    /// <summary>What the TPM is asked to make: no point yet.</summary>
    public static byte[] PublicTemplate() => new TpmWriter().Raw(Template()).Sized([]).Sized([]).ToArray();

    /// <exception cref="SealedStoreException">It is not what was asked for.</exception>
    public static StorageKey Read(ReadOnlySpan<byte> publicArea, string path)
    {
        var template = Template();
        if (!publicArea.StartsWith(template))
        {
            throw new SealedStoreException($"{path}: the TPM made another kind of storage key than it was asked for");
        }

        var reader = new TpmReader(publicArea[template.Length..], $"{path}: the TPM's storage key");
        var x = reader.Sized();
        var y = reader.Sized();
        reader.End();
        if (x.Length > CoordinateBytes || y.Length > CoordinateBytes)
        {
            throw new SealedStoreException($"{path}: the TPM's storage key is no point of P-256");
        }

        try
        {
            var point = P256.Curve.ValidatePoint(new BigInteger(1, x), new BigInteger(1, y));
            return new StorageKey(point, Padded(x), [.. TpmHash.U16(Tpm2.AlgSha256), .. TpmHash.Sha256(publicArea)]);
        }
        catch (ArgumentException)
        {
            throw new SealedStoreException($"{path}: the TPM's storage key is no point of P-256");
        }
    }

    /// <summary>
    /// A secret for the TPM alone: ECDH with a key made for it, then KDFe with the label of its use (Part 1, annex C.6.1).
    /// </summary>
    /// <param name="encrypted">The public point, TPMS_ECC_POINT, for the TPM.</param>
    /// <returns>The 32 bytes. Clear them.</returns>
    public byte[] Encapsulate(out byte[] encrypted)
    {
        var curve = P256;
        BigInteger d;
        do
        {
            var random = RandomNumberGenerator.GetBytes(CoordinateBytes);
            d = new BigInteger(1, random);
            CryptographicOperations.ZeroMemory(random);
        }
        while (d.SignValue == 0 || d.CompareTo(curve.N) >= 0);

        var own = new FixedPointCombMultiplier().Multiply(curve.G, d).Normalize();
        var ownX = own.AffineXCoord.GetEncoded();
        var z = _point.Multiply(d).Normalize().AffineXCoord.GetEncoded();
        encrypted = new TpmWriter().Sized(ownX).Sized(own.AffineYCoord.GetEncoded()).ToArray();
        var secret = TpmHash.KdfE(z, "SECRET"u8, ownX, X);
        CryptographicOperations.ZeroMemory(z);
        return secret;
    }

    private static byte[] Padded(ReadOnlySpan<byte> coordinate)
    {
        var padded = new byte[CoordinateBytes];
        coordinate.CopyTo(padded.AsSpan(CoordinateBytes - coordinate.Length));
        return padded;
    }
}
