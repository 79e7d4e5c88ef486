namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>The way to a TPM: one command, one answer.</summary>
internal interface ITpmTransport : IDisposable
{
    /// <summary>Its path, for messages.</summary>
    string Path { get; }

    /// <summary>Sends a command and waits for the answer.</summary>
    /// <returns>Length of what came; not yet looked at.</returns>
    /// <exception cref="SealedStoreException">The TPM cannot be reached, or does not answer.</exception>
    int Exchange(ReadOnlySpan<byte> command, Span<byte> answer);
}
