using System.Buffers.Binary;
using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed.KeySources;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// The data key at rest, wrapped under the sealing key. Numbers are big-endian.
/// <code>
/// magic "x0ky" | format 1 (1) | key source (1) | generation (4) | store (16) | recipe length (2) | recipe
///              | nonce (24) | data key, encrypted (32) | tag (16)
/// </code>
/// The recipe is what the source needs to have the sealing key again: a salt, a sealed object of the TPM. The tag is also over
/// everything before the nonce.
/// </summary>
internal static class KeyFile
{
    private const byte Format = 1;
    private const int RecipeAt = 4 + 1 + 1 + 4 + Envelope.StoreIdBytes + 2;
    private const int WrappedBytes = XChaChaBox.NonceBytes + XChaChaBox.KeyBytes + XChaChaBox.TagBytes;

    private static ReadOnlySpan<byte> Magic => "x0ky"u8;

    /// <summary>Makes a data key and its file.</summary>
    /// <param name="source">Holds the sealing key.</param>
    /// <param name="storeId">Of the store.</param>
    /// <param name="generation">Of the key.</param>
    /// <param name="file">The bytes to store; no secret.</param>
    /// <exception cref="SealedStoreException">The source cannot make a sealing key.</exception>
    public static DataKey Create(ISealingKeySource source, ReadOnlySpan<byte> storeId, uint generation, out byte[] file)
    {
        var recipe = source.NewRecipe(storeId);
        file = new byte[RecipeAt + recipe.Length + WrappedBytes];
        if (file.Length > SealedLimits.KeyFileBytesMax)
        {
            throw new SealedStoreException($"the recipe of the {source.Kind.Text()} has {recipe.Length} bytes, which is too long");
        }

        Magic.CopyTo(file);
        file[4] = Format;
        file[5] = (byte)source.Kind;
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(6), generation);
        storeId.CopyTo(file.AsSpan(10));
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(RecipeAt - 2), (ushort)recipe.Length);
        recipe.CopyTo(file, RecipeAt);
        var head = file.AsSpan(0, RecipeAt + recipe.Length);
        var nonce = file.AsSpan(head.Length, XChaChaBox.NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        var key = new DataKey(RandomNumberGenerator.GetBytes(XChaChaBox.KeyBytes), storeId.ToArray(), generation, source.Kind);
        byte[]? sealingKey = null;
        try
        {
            // From its recipe, as at every later start: what cannot be had again shows now, and not after the next power cut.
            sealingKey = source.Recover(recipe, storeId);
            XChaChaBox.Seal(sealingKey, nonce, head, key.Bytes, file.AsSpan(head.Length + XChaChaBox.NonceBytes));
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sealingKey);
        }
    }

    /// <summary>The data key of a file.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="path">For messages.</param>
    /// <param name="generation">That of the directory it lies in.</param>
    /// <param name="find">The source of a kind.</param>
    /// <exception cref="SealedStoreException">It does not open; the message names the file, the source, and what to do.</exception>
    public static DataKey Open(
        ReadOnlySpan<byte> file, string path, uint generation, Func<SealingKeySourceKind, ISealingKeySource> find)
    {
        if (file.Length < RecipeAt + WrappedBytes || !file.StartsWith(Magic))
        {
            throw new SealedStoreException($"{path}: damaged, or no key file of this program: {Lost}");
        }

        if (file[4] != Format)
        {
            throw new SealedStoreException($"{path}: damaged, or of a newer program: format {file[4]}, known is {Format}");
        }

        var named = BinaryPrimitives.ReadUInt32BigEndian(file[6..]);
        var headLength = RecipeAt + BinaryPrimitives.ReadUInt16BigEndian(file[(RecipeAt - 2)..]);
        if (named != generation || file.Length != headLength + WrappedBytes)
        {
            throw new SealedStoreException($"{path}: damaged, or from another place (generation {named}, {file.Length} bytes): {Lost}");
        }

        var kind = (SealingKeySourceKind)file[5];
        var storeId = file.Slice(10, Envelope.StoreIdBytes).ToArray();
        var key = new byte[XChaChaBox.KeyBytes];
        byte[]? sealingKey = null;
        try
        {
            sealingKey = find(kind).Recover(file[RecipeAt..headLength], storeId);
            var nonce = file.Slice(headLength, XChaChaBox.NonceBytes);
            return XChaChaBox.Open(sealingKey, nonce, file[..headLength], file[(headLength + XChaChaBox.NonceBytes)..], key)
                ? new DataKey(key, storeId, generation, kind)
                : throw new SealedStoreException($"the {kind.Text()} is not the one it was made with, or it is damaged: {Lost}");
        }
        catch (SealedStoreException exception)
        {
            throw new SealedStoreException($"{path}: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(sealingKey);
        }
    }

    private const string Lost = "without it the store cannot be opened; restore what changed, or put the secrets into a new store";
}
