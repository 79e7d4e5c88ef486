namespace X0tta6bl4.Identity.Sealed;

/// <summary>Keeps what must stay secret on flash: keys, tokens, passwords. Names are public, contents are not.</summary>
public interface ISecretStore
{
    /// <summary>The newest content; null when there is none of that name. The caller clears it after use.</summary>
    /// <exception cref="IOException">It is there and cannot be opened: the message says why, and never what.</exception>
    byte[]? Get(string name);

    /// <summary>Replaces the content as a whole: after a power cut there is the old one or the new one.</summary>
    /// <exception cref="IOException">It could not be stored; the old content stays.</exception>
    void Put(string name, ReadOnlySpan<byte> content);

    /// <summary>Takes it away; fine when there is none.</summary>
    /// <exception cref="IOException">It could not be removed.</exception>
    void Remove(string name);
}
