using X0tta6bl4.Identity.Sealed;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>Secrets in memory, as they outlast a restart. May refuse to store, as full flash does.</summary>
internal sealed class MemorySecretStore : ISecretStore
{
    private readonly Dictionary<string, byte[]> _secrets = [];

    public bool IsFull { get; set; }

    /// <summary>How often something was stored.</summary>
    public int Writes { get; private set; }

    public byte[]? Get(string name) => _secrets.TryGetValue(name, out var secret) ? [.. secret] : null;

    public void Put(string name, ReadOnlySpan<byte> content)
    {
        if (IsFull)
        {
            throw new IOException("no space left on device");
        }

        Writes++;
        _secrets[name] = content.ToArray();
    }

    public void Remove(string name) => _secrets.Remove(name);
}
