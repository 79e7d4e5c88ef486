namespace X0tta6bl4.Agent.Cli;

/// <summary>What the user typed, after the flags every verb shares were taken out.</summary>
internal sealed record CommandLine
{
    public const string DefaultConfig = "/etc/x0tta6bl4/agent.toml";

    /// <summary>The verb; "status" when none was given.</summary>
    public string Verb { get; private init; } = "status";

    /// <summary>Words after the verb that are not flags.</summary>
    public IReadOnlyList<string> Arguments { get; private init; } = [];

    /// <summary>Print the answer as one JSON document.</summary>
    public bool Json { get; private init; }

    /// <summary>Print the verb's help instead of running it.</summary>
    public bool Help { get; private init; }

    /// <summary>The configuration file.</summary>
    public string Config { get; private init; } = DefaultConfig;

    /// <summary>The running agent's control socket; null takes the one from the configuration or the default.</summary>
    public string? Socket { get; private init; }

    /// <summary>Log format asked for on the command line; null takes the configured one.</summary>
    public string? LogFormat { get; private init; }

    /// <summary>Flags of one verb alone, in the order they were typed; a flag may stand there several times.</summary>
    public IReadOnlyList<(string Flag, string Value)> Values { get; private init; } = [];

    /// <summary>The last value of a verb's flag; null when it was not given.</summary>
    public string? Value(string flag) => Values.LastOrDefault(v => v.Flag == flag).Value;

    /// <summary>Reads the arguments.</summary>
    /// <returns>The command line, or null with <paramref name="problem"/> in words.</returns>
    public static CommandLine? Parse(IReadOnlyList<string> args, out string problem)
    {
        problem = "";
        var line = new CommandLine();
        var words = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var (flag, value) = SplitFlag(args[i]);
            switch (flag)
            {
                case "--json":
                    line = line with { Json = true };
                    break;
                case "--help" or "-h":
                    line = line with { Help = true };
                    break;
                case "--version" or "-V":
                    words.Insert(0, "version");
                    break;
                case "--config" or "-c" or "--socket" or "--log-format":
                    value ??= ++i < args.Count ? args[i] : null;
                    if (value is null)
                    {
                        problem = $"{flag} needs a value";
                        return null;
                    }

                    line = flag switch
                    {
                        "--socket" => line with { Socket = value },
                        "--log-format" => line with { LogFormat = value },
                        _ => line with { Config = value },
                    };
                    break;
                case not null when OfflineVerbs.KnowsFlag(flag):
                    value ??= ++i < args.Count ? args[i] : null;
                    if (value is null)
                    {
                        problem = $"{flag} needs a value";
                        return null;
                    }

                    line = line with { Values = [.. line.Values, (flag, value)] };
                    break;
                case not null:
                    problem = $"unknown flag '{flag}'";
                    return null;
                default:
                    words.Add(args[i]);
                    break;
            }
        }

        if (words.Count > 0)
        {
            line = line with { Verb = words[0], Arguments = words[1..] };
        }

        var own = OfflineVerbs.Find(line.Verb)?.Flags ?? [];
        if (line.Values.FirstOrDefault(v => !own.Contains(v.Flag)).Flag is { } foreign)
        {
            problem = $"'{foreign}' is no flag of '{line.Verb}'";
            return null;
        }

        return line;
    }

    /// <summary>"--a=b" is flag and value, "--a" a flag alone, anything else a word (flag null).</summary>
    private static (string? Flag, string? Value) SplitFlag(string argument)
    {
        if (argument.Length < 2 || argument[0] != '-')
        {
            return (null, null);
        }

        var equals = argument.IndexOf('=');
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }
}
