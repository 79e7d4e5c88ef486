namespace X0tta6bl4.Agent.Cli;

/// <summary>The help texts. One table, so that a verb cannot exist without its line.</summary>
internal static class Help
{
    private static readonly (string Usage, string Summary)[] Others =
    [
        ("run", "run the agent in the foreground, for procd, systemd or init"),
        ("config check|sample [FILE]", "check a configuration file, or print the commented sample"),
        ("doctor", "check everything the agent needs, with or without a running agent"),
        ("version", "version, architecture, and what it was built from"),
        ("help [VERB]", "this text"),
    ];

    /// <summary>Every verb by its full name.</summary>
    public static IEnumerable<string> AllVerbs =>
        [.. Verbs.Asking.Select(v => v.Name), .. OfflineVerbs.All.Select(v => v.Name), .. Others.Select(o => o.Usage.Split(' ')[0])];

    public static int Show(CommandLine line, TextWriter output)
    {
        output.WriteLine("usage: x0tta6bl4 [VERB] [--json] [--config FILE] [--socket PATH]");
        output.WriteLine();
        output.WriteLine("ask the running agent (status is the default):");
        foreach (var verb in Verbs.Asking)
        {
            Write(output, $"{verb.Name} {verb.Arguments}".TrimEnd(), verb.Summary
                + (verb.Aliases.Length > 0 ? $" ({string.Join(", ", verb.Aliases)})" : ""));
        }

        output.WriteLine();
        output.WriteLine("on files, with or without an agent:");
        foreach (var verb in OfflineVerbs.All)
        {
            foreach (var (usage, summary) in verb.Usages)
            {
                Write(output, $"{verb.Name} {usage}", summary);
            }
        }

        output.WriteLine();
        output.WriteLine("others:");
        foreach (var (usage, summary) in Others)
        {
            Write(output, usage, summary);
        }

        output.WriteLine();
        output.WriteLine("  --json            the answer as one JSON document, \"version\": 1");
        output.WriteLine($"  --config FILE     default {CommandLine.DefaultConfig}");
        output.WriteLine("  --socket PATH     the agent's control socket, default from the configuration");
        output.WriteLine("  --log-format F    json or text, for run");
        output.WriteLine();
        output.WriteLine("exit codes: 0 fine, 1 failed, 2 usage or bad configuration, 3 degraded (status, doctor)");
        return AllVerbs.Contains(line.Verb) || line.Verb == "help" ? ExitCode.Fine : ExitCode.Usage;
    }

    private static void Write(TextWriter output, string usage, string summary) =>
        output.WriteLine($"  {usage,-28}{summary}");
}
