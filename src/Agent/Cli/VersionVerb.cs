using System.Reflection;
using System.Runtime.InteropServices;

namespace X0tta6bl4.Agent.Cli;

/// <summary>What runs: works without an agent and without a configuration.</summary>
internal static class VersionVerb
{
    /// <summary>Version of the agent, semantic versioning.</summary>
    public static string Version { get; } = typeof(VersionVerb).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Version with the commit it was built from, where the build knew it.</summary>
    public static string FullVersion { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? Version;

    /// <summary>arm64 or x64.</summary>
    public static string Architecture { get; } = RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.X64 => "x64",
        var other => other.ToString(),
    };

    public static int Show(CommandLine line, TextWriter output)
    {
        output.WriteLine(line.Json
            ? JsonOutput.Write(json =>
            {
                json.WriteString("agent_version", Version);
                json.WriteString("build", FullVersion);
                json.WriteString("arch", Architecture);
                json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            })
            : $"x0tta6bl4 {FullVersion} {Architecture}");
        return ExitCode.Fine;
    }
}
