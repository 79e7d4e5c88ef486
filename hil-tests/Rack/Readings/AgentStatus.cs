using System.Text.Json;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Readings;

/// <summary>A symptom the agent reports.</summary>
public sealed record AgentSymptom(string Code, string Subject, string Severity, string Text, string Fix);

/// <summary>
/// What <c>x0tta6bl4 status --json</c> says: the one place that knows the shape of the agent's answers.
/// </summary>
public sealed record AgentStatus
{
    public required string Health { get; init; }

    /// <summary>Process id in the guest.</summary>
    public required int Pid { get; init; }

    public required double UptimeSeconds { get; init; }

    public required long RssKib { get; init; }

    /// <summary>For example <c>running</c> or <c>no_module</c>.</summary>
    public required string MeshState { get; init; }

    public required int Originators { get; init; }

    public required int Neighbours { get; init; }

    /// <summary>Times each hard interface was put into the mesh, by name.</summary>
    public required IReadOnlyDictionary<string, long> Attachments { get; init; }

    public required string LedState { get; init; }

    public required bool WatchdogFed { get; init; }

    /// <summary>Why the board was last reset, for example <c>watchdog</c>.</summary>
    public required string LastReset { get; init; }

    public required string LastResetDetail { get; init; }

    public required double WatchdogTimeoutSeconds { get; init; }

    public required long ButtonPresses { get; init; }

    public required bool MqttConnected { get; init; }

    public required IReadOnlyList<AgentSymptom> Symptoms { get; init; }

    /// <summary>Asks a verb of the agent for JSON. Exit codes 0 (fine) and 3 (degraded) are answers.</summary>
    public static async Task<JsonElement> AskAsync(IRouter router, string verb, CancellationToken cancellation)
    {
        var result = await router.ExecAsync(
            $"{AgentConfigFile.Binary} {verb} --json", TimeSpan.FromSeconds(15), cancellation);
        return result.ExitCode is 0 or 3
            ? MeshTables.Parse(result.Output)
            : throw new RackException(
                $"{router.Name}: `{verb} --json` ended with {result.ExitCode}: {result.Output.Trim()}");
    }

    public static async Task<AgentStatus> ReadAsync(IRouter router, CancellationToken cancellation) =>
        Parse(await AskAsync(router, "status", cancellation));

    public static AgentStatus Parse(JsonElement json)
    {
        var agent = json.GetProperty("agent");
        var mesh = json.GetProperty("mesh");
        var watchdog = Optional(json, "watchdog");
        return new AgentStatus
        {
            Health = Text(json, "health"),
            Pid = (int)Number(agent, "pid"),
            UptimeSeconds = Number(agent, "uptime_s"),
            RssKib = (long)Number(agent, "rss_kib"),
            MeshState = Text(mesh, "state"),
            Originators = (int)Number(mesh, "originators"),
            Neighbours = (int)Number(mesh, "neighbours"),
            Attachments = mesh.GetProperty("hard_interfaces").EnumerateArray()
                .ToDictionary(i => Text(i, "hard_ifname"), i => (long)Number(i, "attachments")),
            LedState = Text(json, "led_state"),
            WatchdogFed = Optional(watchdog, "fed") is { ValueKind: JsonValueKind.True },
            LastReset = Text(watchdog, "last_reset"),
            LastResetDetail = Text(watchdog, "last_reset_detail"),
            WatchdogTimeoutSeconds = Number(watchdog, "timeout_s"),
            ButtonPresses = Optional(json, "buttons") is { ValueKind: JsonValueKind.Array } buttons
                ? buttons.EnumerateArray().Sum(b => (long)Number(b, "presses"))
                : 0,
            MqttConnected = Optional(Optional(json, "mqtt"), "connected") is { ValueKind: JsonValueKind.True },
            Symptoms = [.. json.GetProperty("symptoms").EnumerateArray().Select(s => new AgentSymptom(
                Text(s, "code"), Text(s, "subject"), Text(s, "severity"), Text(s, "text"), Text(s, "fix")))],
        };
    }

    private static JsonElement? Optional(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } node && node.TryGetProperty(name, out var value) ? value : null;

    private static string Text(JsonElement? json, string name) =>
        Optional(json, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static double Number(JsonElement? json, string name) =>
        Optional(json, name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : 0;
}
