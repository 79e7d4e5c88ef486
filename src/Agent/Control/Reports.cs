using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Mesh;
using X0tta6bl4.Peering.Mqtt;

namespace X0tta6bl4.Agent.Control;

/// <summary>
/// What goes to the broker: the present state of mesh, board and health, retained, on change and at an interval; and each
/// change of the mesh as an event of its own. Payloads are described in docs/mqtt.md.
/// </summary>
internal sealed class Reports(AgentState state, NodeOptions node, string meshInterface, TimeProvider time)
{
    /// <summary>Least time between two reports on change: a storm of changes becomes one report.</summary>
    public static readonly TimeSpan OnChangeInterval = TimeSpan.FromSeconds(1);

    /// <summary>Lets the reporter render the state at its interval, and on every new connection.</summary>
    public void AddSources(MqttReporter reporter)
    {
        reporter.AddSource("mesh", "mesh", Mesh);
        reporter.AddSource("board", "board", Board);
        reporter.AddSource("health", "health", Health);
    }

    /// <summary>Offers what changed, until cancelled.</summary>
    public async Task FollowAsync(MqttReporter reporter, CancellationToken stop)
    {
        var lastHealth = state.Health.Current.Value;
        var lastLeds = state.Board?.Latest.Value.State;
        var events = state.Changes.Subscribe();
        try
        {
            while (true)
            {
                await Task.WhenAny(events.WaitToReadAsync(stop).AsTask(), state.Health.Current.Changed, BoardChanged())
                    .WaitAsync(stop);
                var offered = false;
                while (events.TryRead(out var change))
                {
                    reporter.Offer("event", "event", Event(change), retain: false);
                    offered = true;
                }

                if (offered)
                {
                    reporter.Offer("mesh", "mesh", Mesh(), retain: true);
                }

                if (!ReferenceEquals(lastHealth, state.Health.Current.Value))
                {
                    lastHealth = state.Health.Current.Value;
                    reporter.Offer("health", "health", Health(), retain: true);
                }

                if (state.Board is { } board && board.Latest.Value.State != lastLeds)
                {
                    lastLeds = board.Latest.Value.State;
                    reporter.Offer("board", "board", Board()!, retain: true);
                }

                await Task.Delay(OnChangeInterval, time, stop);
            }
        }
        finally
        {
            state.Changes.Unsubscribe(events);
        }
    }

    private Task BoardChanged() => state.Board?.Latest.Changed ?? Task.Delay(Timeout.Infinite);

    private byte[] Mesh() => Render(json =>
    {
        StatusJson.WriteMeshSummary(json, state.Mesh.Value, meshInterface, time);
        json.WriteStartArray("links");
        var snapshot = state.Mesh.Value;
        foreach (var neighbour in snapshot.Neighbours.AsSpan(0, Math.Min(snapshot.Neighbours.Length, LinksMax)))
        {
            MeshJson.Write(json, in neighbour, snapshot.InterfaceName(neighbour.Row.HardIfIndex));
        }

        json.WriteEndArray();
    });

    /// <summary>Most links in one report, so that it stays a few kilobytes; the count above says how many there are.</summary>
    private const int LinksMax = 64;

    private byte[]? Board() => state.Board is { } board
        ? Render(json =>
        {
            StatusJson.WriteAgent(json, state.Uptime.TotalSeconds);
            BoardJson.WriteBoard(json, board.Latest.Value);
        })
        : null;

    private byte[] Health() => Render(json =>
    {
        json.WriteString("health", StatusJson.Health(state.Health.Current.Value));
        StatusJson.WriteSymptoms(json, state.Health.Current.Value);
    });

    private byte[] Event(MeshChange change) => Render(json =>
    {
        json.WritePropertyName("change");
        MeshJson.Write(
            json, in change, state.Mesh.Value.InterfaceName(change.InterfaceIndex),
            time.GetElapsedTime(change.Timestamp).TotalSeconds);
    });

    private byte[] Render(Action<Utf8JsonWriter> writeFields)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            json.WriteString("node", node.Name);
            json.WriteString("ts", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"));
            writeFields(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
