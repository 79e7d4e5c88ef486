namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>What holds the sealing key of a store. The numbers stand in files.</summary>
internal enum SealingKeySourceKind : byte
{
    /// <summary>A TPM 2.0.</summary>
    Tpm = 1,

    /// <summary>Fuses or another secret of the device.</summary>
    DeviceSecret = 2,

    /// <summary>A passphrase in a file.</summary>
    Passphrase = 3,

    /// <summary>The board's serial number: hardly a secret.</summary>
    SerialNumber = 4,
}

/// <summary>Has the sealing key, or computes it.</summary>
internal interface ISealingKeySource
{
    /// <summary>Which one it is.</summary>
    SealingKeySourceKind Kind { get; }

    /// <summary>Decides on a new sealing key.</summary>
    /// <returns>What <see cref="Recover"/> needs for it; no secret, it lies beside the secrets.</returns>
    /// <exception cref="SealedStoreException">The source is not as it should be.</exception>
    byte[] NewRecipe(ReadOnlySpan<byte> storeId);

    /// <summary>The 32 bytes of the sealing key. Clear them.</summary>
    /// <exception cref="SealedStoreException">The source is not as it should be, or not the one of the recipe.</exception>
    byte[] Recover(ReadOnlySpan<byte> recipe, ReadOnlySpan<byte> storeId);
}

internal static class SealingKeySourceKinds
{
    /// <summary>Its name in messages and in JSON.</summary>
    public static string Text(this SealingKeySourceKind kind) => kind switch
    {
        SealingKeySourceKind.Tpm => "tpm",
        SealingKeySourceKind.DeviceSecret => "device-secret",
        SealingKeySourceKind.Passphrase => "passphrase",
        SealingKeySourceKind.SerialNumber => "serial-number",
        _ => $"unknown-{(byte)kind}",
    };
}
