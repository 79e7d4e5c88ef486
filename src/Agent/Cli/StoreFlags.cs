using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Cli;

/// <summary>
/// Which sealed store a verb works on: the one that its flags name, else the one of the agent's configuration, so that a verb on a
/// router means the agent's own.
/// </summary>
internal static class StoreFlags
{
    /// <summary>The flags of every verb that opens a store.</summary>
    public static readonly string[] All = ["--store", "--tpm", "--device-secret", "--passphrase-file"];

    /// <exception cref="FormatException">The configuration is there and has problems.</exception>
    public static SealedStoreOptions Store(CommandLine line) => Configured(line)?.Secrets ?? new SealedStoreOptions
    {
        Directory = Path.GetFullPath(line.Value("--store") ?? SealedStoreOptions.DefaultDirectory),
        Tpm = line.Value("--tpm"),
        DeviceSecretFile = line.Value("--device-secret"),
        PassphraseFile = line.Value("--passphrase-file"),
    };

    /// <summary>The configuration, unless a flag says otherwise or there is none.</summary>
    /// <exception cref="FormatException">It has problems.</exception>
    public static AgentOptions? Configured(CommandLine line)
    {
        if (All.Any(flag => line.Value(flag) is not null) || !File.Exists(line.Config))
        {
            return null;
        }

        var problems = new TomlProblems();
        return AgentConfig.Read(line.Config, problems)
            ?? throw new FormatException($"which store is meant is unclear: {problems.Items[0]}; mend it, or name the store with --store");
    }
}
