using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Api;
using X0tta6bl4.Mesh;

namespace X0tta6bl4.Agent.Control;

/// <summary>The routes of the control socket that answer from what the agent knows already.</summary>
internal sealed class ControlRoutes(
    AgentState state, NodeOptions node, string meshInterface, string configPath, TimeProvider time)
{
    public IReadOnlyList<ApiRoute> All() =>
    [
        Read("/v1/status", WriteStatus),
        Read("/v1/mesh", WriteMesh),
        Read("/v1/originators", WriteOriginators),
        Read("/v1/neighbours", WriteNeighbours),
        Read("/v1/gateways", WriteGateways),
        Read("/v1/leds", WriteLeds),
        Read("/v1/watchdog", WriteWatchdog),
        Read("/v1/identity", json => WriteIdentity(json, isWhole: true)),
    ];

    private static ApiRoute Read(string path, Action<Utf8JsonWriter> writeFields) =>
        ApiRoute.Get(path, _ => ApiResponse.Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            writeFields(json);
            json.WriteEndObject();
        }));

    private void WriteStatus(Utf8JsonWriter json)
    {
        var symptoms = state.Health.Current.Value;
        json.WriteString("node", node.Name);
        json.WriteString("site", node.Site);
        json.WriteString("config", configPath);
        json.WriteString("health", StatusJson.Health(symptoms));
        StatusJson.WriteAgent(json, state.Uptime.TotalSeconds);
        StatusJson.WriteSymptoms(json, symptoms);
        StatusJson.WriteMeshSummary(json, state.Mesh.Value, meshInterface, time);
        if (state.Board is { } board)
        {
            BoardJson.WriteBoard(json, board.Latest.Value);
        }

        WriteIdentity(json, isWhole: false);
        WriteMqtt(json);
        StatusJson.WriteLoops(json, state.Pulses);
        WriteChanges(json);
        WriteNext(json);
    }

    private void WriteLeds(Utf8JsonWriter json)
    {
        if (state.Board is { } board)
        {
            json.WriteString("led_state", BoardJson.Word(board.Latest.Value.State));
            BoardJson.WriteLeds(json, board.Latest.Value);
        }
    }

    private void WriteWatchdog(Utf8JsonWriter json)
    {
        if (state.Board is { } board)
        {
            BoardJson.WriteWatchdog(json, board.Latest.Value);
        }

        StatusJson.WriteLoops(json, state.Pulses);
    }

    private void WriteIdentity(Utf8JsonWriter json, bool isWhole)
    {
        if (state.Identity is { } identity)
        {
            IdentityJson.Write(json, identity, isWhole);
        }
        else if (isWhole)
        {
            json.WriteString("state", "no source of an identity is configured (identity.source)");
        }
    }

    private void WriteMqtt(Utf8JsonWriter json)
    {
        if (state.Mqtt?.Value is not { } mqtt)
        {
            return;
        }

        json.WriteStartObject("mqtt");
        json.WriteString("broker", mqtt.Broker);
        json.WriteBoolean("connected", mqtt.Connected);
        json.WriteNumber("published", mqtt.PublishedTotal);
        json.WriteNumber("queued", mqtt.QueueMessages);
        json.WriteNumber("dropped", mqtt.DroppedTotal);
        json.WriteNumber("reconnects", mqtt.Reconnects);
        json.WriteString("last_error", mqtt.LastError);
        json.WriteEndObject();
    }

    /// <summary>What happens next if nothing happens before: a stranger should see it without reading code.</summary>
    private void WriteNext(Utf8JsonWriter json)
    {
        var snapshot = state.Mesh.Value;
        var sinceSnapshot = snapshot.Timestamp == 0 ? 0 : time.GetElapsedTime(snapshot.Timestamp).TotalSeconds;
        json.WriteStartArray("next");
        WriteStep(json, snapshot.NextOriginatorsIn.TotalSeconds - sinceSnapshot, "read the originator table, at the latest");
        WriteStep(json, MeshLoop.CheckInterval.TotalSeconds, "check that the hard interfaces are in the mesh, at the latest");
        if (state.Board?.Latest.Value.Watchdog is { } watchdog)
        {
            // The feeder has a thread of its own and feeds three times within the time-out.
            WriteStep(json, watchdog.Info.Timeout.TotalSeconds / 3, watchdog.HungLoops.Length == 0
                ? "feed the watchdog, at the latest"
                : $"NOT feed the watchdog: {watchdog.HungLoops}; the board resets");
        }

        json.WriteEndArray();
    }

    private static void WriteStep(Utf8JsonWriter json, double seconds, string what)
    {
        json.WriteStartObject();
        json.WriteNumber("in_s", Math.Round(Math.Max(seconds, 0), 1));
        json.WriteString("what", what);
        json.WriteEndObject();
    }

    private void WriteChanges(Utf8JsonWriter json)
    {
        var snapshot = state.Mesh.Value;
        json.WriteStartArray("changes");
        foreach (var change in state.Changes.Newest())
        {
            var name = change.InterfaceName.Length > 0 || change.InterfaceIndex == 0
                ? change.InterfaceName
                : snapshot.InterfaceName(change.InterfaceIndex);
            MeshJson.Write(json, change, name, time.GetElapsedTime(change.Timestamp).TotalSeconds);
        }

        json.WriteEndArray();
    }

    private void WriteMesh(Utf8JsonWriter json)
    {
        var snapshot = state.Mesh.Value;
        json.WriteString("state", JsonNamingPolicy.SnakeCaseLower.ConvertName(snapshot.State.ToString()));
        json.WritePropertyName("mesh");
        if (snapshot.Info is { } info)
        {
            MeshJson.Write(json, in info);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private void WriteOriginators(Utf8JsonWriter json)
    {
        var snapshot = state.Mesh.Value;
        json.WriteNumber("age_s", StatusJson.Age(snapshot.OriginatorsTimestamp, time));
        json.WriteStartArray("originators");
        foreach (ref readonly var row in snapshot.Originators.AsSpan())
        {
            MeshJson.Write(json, in row, snapshot.InterfaceName(row.HardIfIndex));
        }

        json.WriteEndArray();
    }

    private void WriteNeighbours(Utf8JsonWriter json)
    {
        var snapshot = state.Mesh.Value;
        json.WriteNumber("age_s", StatusJson.Age(snapshot.NeighboursTimestamp, time));
        json.WriteStartArray("neighbours");
        foreach (ref readonly var neighbour in snapshot.Neighbours.AsSpan())
        {
            MeshJson.Write(json, in neighbour, snapshot.InterfaceName(neighbour.Row.HardIfIndex));
        }

        json.WriteEndArray();
    }

    private void WriteGateways(Utf8JsonWriter json)
    {
        var snapshot = state.Mesh.Value;
        json.WriteNumber("age_s", StatusJson.Age(snapshot.OriginatorsTimestamp, time));
        json.WriteStartArray("gateways");
        foreach (ref readonly var gateway in snapshot.Gateways.AsSpan())
        {
            MeshJson.Write(json, in gateway, gateway.HardIfIndex is { } index ? snapshot.InterfaceName(index) : "");
        }

        json.WriteEndArray();
    }
}
