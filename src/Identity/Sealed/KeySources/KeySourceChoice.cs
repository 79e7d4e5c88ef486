using X0tta6bl4.Identity.Sealed.Tpm;

namespace X0tta6bl4.Identity.Sealed.KeySources;

/// <summary>
/// Which source a store uses. Decided once, when the store is made, by what is there: TPM, device secret, passphrase, and
/// nothing of it named, the serial number. After that the store says which, and no other will do: falling to a weaker one would
/// be what a thief wants.
/// </summary>
internal sealed class KeySourceChoice(SealedStoreOptions options)
{
    private string Tpm => options.Tpm ?? SealedStoreOptions.DefaultTpm;

    /// <summary>The best source there is, for a new store.</summary>
    /// <exception cref="SealedStoreException">There is none.</exception>
    public ISealingKeySource Best()
    {
        if (options.Tpm is not null || File.Exists(Tpm))
        {
            return Of(SealingKeySourceKind.Tpm);
        }

        if (options.DeviceSecretFile is not null)
        {
            return Of(SealingKeySourceKind.DeviceSecret);
        }

        if (options.PassphraseFile is not null)
        {
            return Of(SealingKeySourceKind.Passphrase);
        }

        return File.Exists(options.SerialNumberFile)
            ? Of(SealingKeySourceKind.SerialNumber)
            : throw new SealedStoreException(
                $"{options.Directory}: nothing here can hold its sealing key: no TPM at {Tpm}, no device secret and no passphrase "
                + $"file named (--device-secret, --passphrase-file), no serial number at {options.SerialNumberFile}");
    }

    /// <summary>The source a store was made with.</summary>
    /// <exception cref="SealedStoreException">It is not here, or this program does not know it.</exception>
    public ISealingKeySource Of(SealingKeySourceKind kind) => kind switch
    {
        SealingKeySourceKind.Tpm => File.Exists(Tpm)
            ? new TpmSource(() => TpmDevice.Open(Tpm))
            : throw new SealedStoreException(
                $"its sealing key is in a TPM and there is none at {Tpm}: load its driver or name its path (--tpm). If the TPM is gone for "
                + "good, so are the secrets: put them into a new store"),
        SealingKeySourceKind.DeviceSecret => new DeviceSecretSource(options.DeviceSecretFile ?? throw new SealedStoreException(
            "it was made with a device secret: name its file (--device-secret)")),
        SealingKeySourceKind.Passphrase => new PassphraseSource(options.PassphraseFile ?? throw new SealedStoreException(
            "it was made with a passphrase: name its file (--passphrase-file)")),
        SealingKeySourceKind.SerialNumber => new SerialNumberSource(options.SerialNumberFile),
        _ => throw new SealedStoreException($"damaged, or of a newer program: key source {(byte)kind}"),
    };
}
