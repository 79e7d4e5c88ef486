using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed.Tpm;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>
/// A random sealing key, sealed by a TPM 2.0 under its storage key: it opens on this board only, and no more after the owner
/// hierarchy is cleared. Not bound to PCRs: an update of the firmware must not lock every router out (docs/secrets.md). Bytes of
/// the recipe, each with its length (2) before it:
/// <code>Name of the storage key | public area | private area, encrypted by the TPM</code>
/// The Name pins the TPM: a sniffer who answers in its place with a storage key of his own is noticed.
/// </summary>
internal sealed class TpmSource(Func<ITpmTransport> open) : ISealingKeySource
{
    public SealingKeySourceKind Kind => SealingKeySourceKind.Tpm;

    public byte[] NewRecipe(ReadOnlySpan<byte> storeId)
    {
        using var transport = open();
        var tpm = new Tpm2(transport);
        var (handle, storageKey) = tpm.CreatePrimary();
        var key = RandomNumberGenerator.GetBytes(XChaChaBox.KeyBytes);
        try
        {
            using var session = tpm.StartSession(handle, storageKey);
            var (publicArea, privateArea) = SealedObject.Seal(session, handle, storageKey, key);
            return new TpmWriter().Sized(storageKey.Name).Sized(publicArea).Sized(privateArea).ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            tpm.Flush(handle);
        }
    }

    public byte[] Recover(ReadOnlySpan<byte> recipe, ReadOnlySpan<byte> storeId)
    {
        var reader = new TpmReader(recipe, "its recipe");
        var name = reader.Sized();
        var publicArea = reader.Sized();
        var privateArea = reader.Sized();
        reader.End();
        using var transport = open();
        var tpm = new Tpm2(transport);
        var (handle, storageKey) = tpm.CreatePrimary();
        try
        {
            return name.SequenceEqual(storageKey.Name)
                ? Recover(tpm, handle, storageKey, publicArea, privateArea)
                : throw new SealedStoreException(
                    $"{tpm.Path}: this is not the TPM its sealing key is in, or that one was cleared: put the flash back into its board, or "
                    + "put the secrets into a new store");
        }
        finally
        {
            tpm.Flush(handle);
        }
    }

    private static byte[] Recover(Tpm2 tpm, uint handle, StorageKey storageKey, ReadOnlySpan<byte> publicArea, ReadOnlySpan<byte> privateArea)
    {
        using var session = tpm.StartSession(handle, storageKey);
        var (sealedHandle, name) = SealedObject.Load(session, handle, storageKey, publicArea, privateArea);
        try
        {
            var key = SealedObject.Unseal(session, sealedHandle, name);
            if (key.Length == XChaChaBox.KeyBytes)
            {
                return key;
            }

            CryptographicOperations.ZeroMemory(key);
            throw new SealedStoreException($"{tpm.Path}: the TPM gave a key of {key.Length} bytes");
        }
        finally
        {
            tpm.Flush(sealedHandle);
        }
    }
}
