namespace X0tta6bl4.Identity.Sealed;

/// <summary>Every limit of the sealed store. Units are in the names or the types; docs/limits.md lists them.</summary>
public static class SealedLimits
{
    /// <summary>Most bytes of one secret.</summary>
    public const int SecretBytesMax = 64 * 1024;

    /// <summary>Most characters of a name.</summary>
    public const int NameCharsMax = 64;

    /// <summary>Most secrets of a store.</summary>
    public const int SecretsMax = 256;

    /// <summary>Most bytes of the file with the wrapped data key.</summary>
    public const int KeyFileBytesMax = 4 * 1024;

    /// <summary>Most entries of a directory of the store, strangers' files included.</summary>
    public const int DirectoryEntriesMax = 1024;

    /// <summary>Longest wait for another process that has the store open: a rotation of a full store on slow flash.</summary>
    public static readonly TimeSpan LockWaitMax = TimeSpan.FromSeconds(30);

    /// <summary>Fewest and most bytes of a device secret: 128 bits at least, a bank of fuses at most.</summary>
    public const int DeviceSecretBytesMin = 16, DeviceSecretBytesMax = 4 * 1024;

    /// <summary>Fewest and most bytes of a passphrase, without the line end.</summary>
    public const int PassphraseBytesMin = 12, PassphraseBytesMax = 1024;

    /// <summary>Fewest and most bytes of a serial number.</summary>
    public const int SerialNumberBytesMin = 8, SerialNumberBytesMax = 128;

    /// <summary>
    /// Memory of the passphrase hash in KiB: what a new store takes, and the bounds of what is read from a file. A third of the
    /// agent's heap, given back at once.
    /// </summary>
    public const int StretchMemoryKib = 9 * 1024, StretchMemoryKibMin = 1024, StretchMemoryKibMax = 16 * 1024;

    /// <summary>Passes of the passphrase hash: of a new store, and most that is read from a file.</summary>
    public const int StretchPasses = 4, StretchPassesMax = 16;

    /// <summary>Most bytes of a TPM's command or answer; the TPM's own limit is about as high.</summary>
    public const int TpmMessageBytesMax = 4 * 1024;

    /// <summary>Longest time a TPM may take for one command.</summary>
    public static readonly TimeSpan TpmCommandTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Times a command is sent when the TPM is busy; the pauses between them grow to about a second.</summary>
    public const int TpmAttemptsMax = 8;
}
