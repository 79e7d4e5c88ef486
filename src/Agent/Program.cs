using X0tta6bl4.Agent.Cli;

namespace X0tta6bl4.Agent;

/// <summary>Picks the verb. Everything else has a file of its own.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (CommandLine.Parse(args, out var problem) is not { } line)
        {
            Console.Error.WriteLine($"x0tta6bl4: {problem}; see x0tta6bl4 --help");
            return ExitCode.Usage;
        }

        return (line.Verb, line.Help) switch
        {
            ("help", _) or (_, true) => Help.Show(line, Console.Out),
            ("run", _) => await RunVerb.RunAsync(line),
            ("config", _) => ConfigVerb.Run(line, Console.Out, Console.Error),
            ("doctor", _) => await DoctorVerb.RunAsync(line, Console.Out),
            ("version", _) => VersionVerb.Show(line, Console.Out),
            _ when OfflineVerbs.Find(line.Verb) is { } verb => verb.Run(line, Console.Out, Console.Error),
            _ => await AskVerb.RunAsync(line, Console.Out, Console.Error),
        };
    }
}
