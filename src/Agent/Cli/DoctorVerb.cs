using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Api;
using X0tta6bl4.Api.Client;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Cli;

/// <summary>One thing the doctor looked at.</summary>
/// <param name="Name">Short name, stable.</param>
/// <param name="Severity">Null when it is fine.</param>
/// <param name="Text">What was found.</param>
/// <param name="Fix">What to do, empty when fine.</param>
internal sealed record Finding(string Name, Severity? Severity, string Text, string Fix);

/// <summary>
/// <c>doctor</c>: looks at everything the agent needs, and asks the agent for the rest. Works when nothing else does: with
/// no agent, with a broken configuration, on a machine without a mesh.
/// </summary>
internal static class DoctorVerb
{
    public static async Task<int> RunAsync(CommandLine line, TextWriter output)
    {
        var problems = new TomlProblems();
        var options = AgentConfig.Read(line.Config, problems);
        var findings = new List<Finding> { Config(line.Config, problems) };
        findings.AddRange(Machine.Look("/", options));
        findings.AddRange(await AgentAsync(line.Socket ?? options?.Api.Socket ?? ControlSocket.DefaultPath));
        Show(findings, line.Json, output);
        return findings.Max(f => f.Severity) switch
        {
            null or Severity.Info => ExitCode.Fine,
            Severity.Degraded => ExitCode.Degraded,
            _ => ExitCode.Failed,
        };
    }

    private static Finding Config(string file, TomlProblems problems) => problems.Any
        ? new Finding("configuration", Severity.Critical, $"{problems.Items[0]}" +
            (problems.Count > 1 ? $" and {problems.Count - 1} more" : ""), $"run: x0tta6bl4 config check {file}")
        : new Finding("configuration", null, $"{file} is fine", "");

    /// <summary>The agent's own symptoms, each one finding.</summary>
    private static async Task<IEnumerable<Finding>> AgentAsync(string socket)
    {
        try
        {
            var reply = await new ControlClient(socket).GetAsync("/v1/status", CancellationToken.None);
            using var status = JsonDocument.Parse(reply.Body);
            var root = status.RootElement;
            List<Finding> findings =
            [
                new("agent", null, $"runs as {root.Text("node")}, up {root.GetProperty("agent").Text("uptime_s")} s, {root.Text("health")}", ""),
            ];
            findings.AddRange(root.GetProperty("symptoms").EnumerateArray().Select(s => new Finding(
                s.Text("code"),
                Enum.TryParse<Severity>(s.Text("severity"), ignoreCase: true, out var severity) ? severity : Severity.Degraded,
                s.Text("text"),
                s.Text("fix"))));
            return findings;
        }
        catch (ControlException exception)
        {
            return [new Finding("agent", Severity.Critical, exception.Message, "start it: x0tta6bl4 run, or its service")];
        }
    }

    private static void Show(IReadOnlyList<Finding> findings, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonOutput.Write(writer => Write(writer, findings)));
            return;
        }

        foreach (var finding in findings)
        {
            var mark = finding.Severity is { } severity ? severity.ToString().ToLowerInvariant() : "ok";
            output.WriteLine($"{mark,-9} {finding.Name,-24} {finding.Text}");
            if (finding.Fix.Length > 0)
            {
                output.WriteLine($"{"",-9} {"",-24} {finding.Fix}");
            }
        }
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<Finding> findings)
    {
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("name", finding.Name);
            json.WriteBoolean("ok", finding.Severity is null);
            json.WriteString("severity", finding.Severity?.ToString().ToLowerInvariant());
            json.WriteString("text", finding.Text);
            json.WriteString("fix", finding.Fix);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
