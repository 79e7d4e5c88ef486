using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Cli;

/// <summary><c>run</c>: reads the configuration, then is the agent until told to stop.</summary>
internal static class RunVerb
{
    public static async Task<int> RunAsync(CommandLine line)
    {
        var problems = new TomlProblems();
        if (AgentConfig.Read(line.Config, problems) is not { } options)
        {
            Console.Error.Write(problems.ToString());
            Console.Error.WriteLine(
                $"x0tta6bl4: not started, because of the problems above; try: x0tta6bl4 config check {line.Config}");
            return ExitCode.Usage;
        }

        if (line.LogFormat is not null and not "json" and not "text")
        {
            Console.Error.WriteLine($"x0tta6bl4: --log-format must be json or text, found \"{line.LogFormat}\"");
            return ExitCode.Usage;
        }

        var log = options.Log with { Format = line.LogFormat ?? options.Log.Format };
        using var agent = new RouterAgent(options with { Log = log }, line.Config, TimeProvider.System);
        return await agent.RunAsync();
    }
}
