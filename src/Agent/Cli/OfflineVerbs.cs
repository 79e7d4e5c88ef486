namespace X0tta6bl4.Agent.Cli;

/// <summary>A verb on files, which needs neither a running agent nor its configuration.</summary>
/// <param name="Name">What the user types.</param>
/// <param name="Usages">For the help: each form of the verb after its name, and what it does in one line.</param>
/// <param name="Flags">The flags that are this verb's own; each takes a value and may stand there several times.</param>
/// <param name="Run">Does it; gives the exit code. The writers are standard output and standard error.</param>
internal sealed record OfflineVerb(
    string Name,
    IReadOnlyList<(string Usage, string Summary)> Usages,
    IReadOnlyList<string> Flags,
    Func<CommandLine, TextWriter, TextWriter, int> Run);

/// <summary>Every verb on files, in the order of the help.</summary>
internal static class OfflineVerbs
{
    public static readonly OfflineVerb[] All =
    [
        SvidVerb.Verb,
        SecretVerb.Verb,
    ];

    /// <summary>The verb of that name; null when it is none of these.</summary>
    public static OfflineVerb? Find(string name) => Array.Find(All, v => v.Name == name);

    /// <summary>True for a flag of any of them.</summary>
    public static bool KnowsFlag(string flag) => All.Any(v => v.Flags.Contains(flag));
}
