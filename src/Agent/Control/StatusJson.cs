using System.Text.Json;
using X0tta6bl4.Agent.Cli;
using X0tta6bl4.Mesh;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Control;

/// <summary>Writers shared by <c>/v1/status</c>, the other routes and the MQTT reports.</summary>
internal static class StatusJson
{
    /// <summary>The worst symptom decides: healthy, degraded or critical.</summary>
    public static string Health(IReadOnlyList<Symptom> symptoms) =>
        symptoms.Count == 0 || symptoms[0].Severity == Severity.Info ? "healthy"
        : symptoms[0].Severity == Severity.Degraded ? "degraded"
        : "critical";

    public static void WriteSymptoms(Utf8JsonWriter json, IReadOnlyList<Symptom> symptoms)
    {
        json.WriteStartArray("symptoms");
        foreach (var symptom in symptoms)
        {
            json.WriteStartObject();
            json.WriteString("code", symptom.Code);
            json.WriteString("subject", symptom.Subject);
            json.WriteString("severity", JsonNamingPolicy.SnakeCaseLower.ConvertName(symptom.Severity.ToString()));
            json.WriteString("text", symptom.Text);
            json.WriteString("fix", symptom.Fix);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteMeshSummary(Utf8JsonWriter json, MeshSnapshot snapshot, string meshInterface, TimeProvider time)
    {
        json.WriteStartObject("mesh");
        json.WriteString("mesh_ifname", meshInterface);
        json.WriteString("state", JsonNamingPolicy.SnakeCaseLower.ConvertName(snapshot.State.ToString()));
        json.WriteString("algo_name", snapshot.Info?.AlgorithmName);
        if (snapshot.Info?.PrimaryAddress is { } address)
        {
            MeshJson.WriteMac(json, "orig_address", address);
        }

        json.WriteNumber("originators", snapshot.Reachable);
        json.WriteNumber("weak_paths", snapshot.WeakPaths);
        json.WriteNumber("neighbours", snapshot.AliveNeighbours);
        json.WriteNumber("gateways", snapshot.Gateways.Length);
        json.WriteNumber("snapshots", snapshot.Sequence);
        json.WriteNumber("snapshot_age_s", Age(snapshot.Timestamp, time));
        json.WriteNumber("originators_age_s", Age(snapshot.OriginatorsTimestamp, time));
        json.WriteNumber("next_originators_in_s", Math.Round(snapshot.NextOriginatorsIn.TotalSeconds, 1));
        json.WriteStartArray("hard_interfaces");
        foreach (var hardInterface in snapshot.HardInterfaces)
        {
            MeshJson.Write(json, hardInterface, kernel: null, meshInterface);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteLoops(Utf8JsonWriter json, LoopPulses pulses)
    {
        json.WriteStartArray("loops");
        foreach (var pulse in pulses.All)
        {
            json.WriteStartObject();
            json.WriteString("name", pulse.Name);
            json.WriteNumber("age_s", Math.Round(pulse.Age.TotalSeconds, 1));
            json.WriteNumber("deadline_s", pulse.Deadline.TotalSeconds);
            json.WriteNumber("beats", pulse.Beats);
            json.WriteBoolean("hung", pulse.IsHung);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteAgent(Utf8JsonWriter json, double uptimeSeconds)
    {
        json.WriteStartObject("agent");
        json.WriteString("agent_version", VersionVerb.Version);
        json.WriteString("arch", VersionVerb.Architecture);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("uptime_s", Math.Round(uptimeSeconds, 1));
        json.WriteNumber("rss_kib", Environment.WorkingSet / 1024);
        json.WriteEndObject();
    }

    public static double Age(long timestamp, TimeProvider time) =>
        timestamp == 0 ? -1 : Math.Round(time.GetElapsedTime(timestamp).TotalSeconds, 1);
}
