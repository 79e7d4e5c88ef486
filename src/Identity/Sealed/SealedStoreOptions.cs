namespace X0tta6bl4.Identity.Sealed;

/// <summary>Where the store is, and what may hold its sealing key. All of it is paths; none of it is secret.</summary>
public sealed record SealedStoreOptions
{
    /// <summary>The store unless told otherwise.</summary>
    public const string DefaultDirectory = "/var/lib/x0tta6bl4/secrets";

    /// <summary>The kernel's resource-managed TPM: what a process leaves behind there goes when it ends.</summary>
    public const string DefaultTpm = "/dev/tpmrm0";

    /// <summary>Absolute path of the store's directory.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// The TPM's character device, or the unix socket of an emulated one. Null: <see cref="DefaultTpm"/> when it is there. Named
    /// here it must be there.
    /// </summary>
    public string? Tpm { get; init; }

    /// <summary>A file with at least 128 bits that only root can read and that never change (fuses, OTP); null for none.</summary>
    public string? DeviceSecretFile { get; init; }

    /// <summary>A file with a passphrase, one line; null for none.</summary>
    public string? PassphraseFile { get; init; }

    /// <summary>The board's serial number, the weakest source.</summary>
    public string SerialNumberFile { get; init; } = "/proc/device-tree/serial-number";
}
