using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.Sealed.KeySources;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// One secret at rest. Numbers are big-endian.
/// <code>
/// magic "x0se" | format 1 (1) | key source (1) | generation (4) | store (16) | nonce (24) | secret, encrypted | tag (16)
/// </code>
/// The tag is also over everything before the nonce and over the secret's name, which stands in the file's name alone: under
/// another name, in another store, generation or format it does not open.
/// </summary>
internal static class Envelope
{
    private const int HeadBytes = 4 + 1 + 1 + 4 + StoreIdBytes;
    private const byte Format = 1;

    public const int StoreIdBytes = 16;

    /// <summary>How much longer a file is than its secret.</summary>
    public const int OverheadBytes = HeadBytes + XChaChaBox.NonceBytes + XChaChaBox.TagBytes;

    /// <summary>Most bytes of a file.</summary>
    public const int BytesMax = SealedLimits.SecretBytesMax + OverheadBytes;

    private static ReadOnlySpan<byte> Magic => "x0se"u8;

    /// <summary>What a file says about itself, which nothing has proved yet.</summary>
    /// <param name="Source">What holds the sealing key.</param>
    /// <param name="Generation">Of the data key.</param>
    /// <param name="SecretBytes">Length of the secret.</param>
    public readonly record struct Label(SealingKeySourceKind Source, uint Generation, int SecretBytes);

    public static byte[] Seal(DataKey key, string name, ReadOnlySpan<byte> secret)
    {
        var file = new byte[OverheadBytes + secret.Length];
        Magic.CopyTo(file);
        file[4] = Format;
        file[5] = (byte)key.Source;
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(6), key.Generation);
        key.StoreId.CopyTo(file.AsSpan(10));
        var nonce = file.AsSpan(HeadBytes, XChaChaBox.NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        XChaChaBox.Seal(key.Bytes, nonce, Associated(file, name), secret, file.AsSpan(HeadBytes + XChaChaBox.NonceBytes));
        return file;
    }

    /// <summary>The label of a file.</summary>
    /// <exception cref="SealedStoreException">The bytes are no envelope of this format; the message names the file.</exception>
    public static Label Read(ReadOnlySpan<byte> file, string path)
    {
        if (file.Length < OverheadBytes)
        {
            throw new SealedStoreException($"{path}: damaged: it has {file.Length} bytes, an envelope has at least {OverheadBytes}");
        }

        if (!file.StartsWith(Magic))
        {
            throw new SealedStoreException($"{path}: damaged, or no envelope of this program");
        }

        return file[4] != Format
            ? throw new SealedStoreException($"{path}: damaged, or of a newer program: format {file[4]}, known is {Format}")
            : new Label((SealingKeySourceKind)file[5], BinaryPrimitives.ReadUInt32BigEndian(file[6..]), file.Length - OverheadBytes);
    }

    /// <summary>The secret. Clear it after use.</summary>
    /// <exception cref="SealedStoreException">It does not open; the message names the file.</exception>
    public static byte[] Open(DataKey key, string name, ReadOnlySpan<byte> file, string path)
    {
        var label = Read(file, path);
        if (label.Generation != key.Generation)
        {
            throw new SealedStoreException(
                $"{path}: damaged, or an old copy: it names key generation {label.Generation}, its directory is of {key.Generation}");
        }

        var secret = new byte[label.SecretBytes];
        var nonce = file.Slice(HeadBytes, XChaChaBox.NonceBytes);
        return XChaChaBox.Open(key.Bytes, nonce, Associated(file, name), file[(HeadBytes + XChaChaBox.NonceBytes)..], secret)
            ? secret
            : throw new SealedStoreException($"{path}: damaged, or not sealed under this name in this store; put the secret again");
    }

    private static byte[] Associated(ReadOnlySpan<byte> file, string name) => [.. file[..HeadBytes], .. Encoding.ASCII.GetBytes(name)];
}
