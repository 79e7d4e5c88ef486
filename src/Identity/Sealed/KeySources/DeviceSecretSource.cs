using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>
/// The sealing key from a secret of the device with at least 128 bits of entropy (fuses, OTP): HKDF-SHA256 (RFC 5869) over it,
/// with a random salt, for this store alone. The recipe is the salt.
/// </summary>
internal sealed class DeviceSecretSource(string path) : ISealingKeySource
{
    private const int SaltBytes = 32;

    public SealingKeySourceKind Kind => SealingKeySourceKind.DeviceSecret;

    public byte[] NewRecipe(ReadOnlySpan<byte> storeId) => RandomNumberGenerator.GetBytes(SaltBytes);

    public byte[] Recover(ReadOnlySpan<byte> recipe, ReadOnlySpan<byte> storeId)
    {
        if (recipe.Length != SaltBytes)
        {
            throw new SealedStoreException("damaged: the salt has a wrong length");
        }

        var secret = SecretFile.Read(
            path, "device secret", SealedLimits.DeviceSecretBytesMin, SealedLimits.DeviceSecretBytesMax, isPrivate: true);
        try
        {
            // Fuses that nobody has burnt read as all zeros or all ones.
            return !secret.AsSpan().ContainsAnyExcept(secret[0])
                ? throw new SealedStoreException($"{path}: every byte of the device secret is the same: was it ever programmed?")
                : Hkdf(secret, recipe.ToArray(), [.. "x0tta6bl4 sealed store, device secret"u8, .. storeId]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>32 bytes of HKDF-SHA256.</summary>
    internal static byte[] Hkdf(byte[] secret, byte[] salt, byte[] info)
    {
        var hkdf = new HkdfBytesGenerator(new Sha256Digest());
        hkdf.Init(new HkdfParameters(secret, salt, info));
        var key = new byte[XChaChaBox.KeyBytes];
        hkdf.GenerateBytes(key);
        return key;
    }
}
