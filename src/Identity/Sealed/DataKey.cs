using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed.KeySources;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>The key that seals the secrets of one generation of a store, in the clear. Cleared when disposed of.</summary>
internal sealed class DataKey(byte[] bytes, byte[] storeId, uint generation, SealingKeySourceKind source) : IDisposable
{
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Of the store; random, made with it, no secret.</summary>
    public ReadOnlySpan<byte> StoreId => storeId;

    /// <summary>1 for the first key of a store; each rotation adds 1.</summary>
    public uint Generation => generation;

    /// <summary>What holds the key this one is wrapped under.</summary>
    public SealingKeySourceKind Source => source;

    public void Dispose() => CryptographicOperations.ZeroMemory(bytes);
}
