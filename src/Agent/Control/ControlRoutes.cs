using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Api;

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
        WriteChanges(json);
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
        json.WriteNumber("age_s", StatusJson.Age(snapshot.Timestamp, time));
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
