using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>
/// The sealing key from the board's serial number and a random salt that lies in the store. A serial number stands on the
/// label and follows a pattern: this keeps a flash image useless to somebody who has nothing but the image and does not guess,
/// no more. docs/secrets.md says so to users.
/// </summary>
internal sealed class SerialNumberSource(string path) : ISealingKeySource
{
    public SealingKeySourceKind Kind => SealingKeySourceKind.SerialNumber;

    public byte[] NewRecipe(ReadOnlySpan<byte> storeId) => Stretch.NewRecipe();

    public byte[] Recover(ReadOnlySpan<byte> recipe, ReadOnlySpan<byte> storeId)
    {
        var file = SecretFile.Read(path, "serial number", 0, SealedLimits.SerialNumberBytesMax, isPrivate: false);
        byte[]? serial = null;
        try
        {
            // A device tree's strings end with a zero byte.
            serial = file.AsSpan().TrimEnd("\0\r\n"u8).ToArray();
            return serial.Length < SealedLimits.SerialNumberBytesMin || !serial.AsSpan().ContainsAnyExcept(serial[0])
                ? throw new SealedStoreException(
                    $"{path}: that is no serial number of one board: it needs {SealedLimits.SerialNumberBytesMin} characters, not all the same")
                : Stretch.Run(recipe, serial, [.. "x0tta6bl4 sealed store, serial number"u8, .. storeId]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
            CryptographicOperations.ZeroMemory(serial);
        }
    }
}
