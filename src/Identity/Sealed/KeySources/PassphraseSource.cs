using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>The sealing key from a passphrase in a file; the line end is not part of it.</summary>
internal sealed class PassphraseSource(string path) : ISealingKeySource
{
    private const int LineEndBytesMax = 2;

    public SealingKeySourceKind Kind => SealingKeySourceKind.Passphrase;

    public byte[] NewRecipe(ReadOnlySpan<byte> storeId) => Stretch.NewRecipe();

    public byte[] Recover(ReadOnlySpan<byte> recipe, ReadOnlySpan<byte> storeId)
    {
        var file = SecretFile.Read(path, "passphrase", 0, SealedLimits.PassphraseBytesMax + LineEndBytesMax, isPrivate: true);
        byte[]? passphrase = null;
        try
        {
            passphrase = file.AsSpan().TrimEnd("\r\n"u8).ToArray();
            return passphrase.Length is >= SealedLimits.PassphraseBytesMin and <= SealedLimits.PassphraseBytesMax
                ? Stretch.Run(recipe, passphrase, [.. "x0tta6bl4 sealed store, passphrase"u8, .. storeId])
                : throw new SealedStoreException(
                    $"{path}: the passphrase has {passphrase.Length} bytes, it must have {SealedLimits.PassphraseBytesMin} to {SealedLimits.PassphraseBytesMax}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }
}
