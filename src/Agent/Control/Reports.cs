using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Mesh;
using X0tta6bl4.Peering.Mqtt;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Agent.Control;

/// <summary>
/// What goes to the broker: the present state of mesh, board and health, retained, on change and at an interval; and each
/// change of the mesh and press of a button as an event of its own. Payloads are described in docs/mqtt.md.
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
        var board = state.Board!;
        using var changes = state.Changes.Follow();
        using var presses = board.Presses.Subscribe();
        // Each is taken before the look, so that nothing that happens during it is missed, and kept until it completes.
        var healthChanged = state.Health.Current.Changed;
        var boardChanged = board.Changed;
        var lastState = state.Mesh.Value.State;
        while (true)
        {
            // A state that is neither the beginning nor the end of a working mesh is no change of it, but it is a symptom.
            var isChanged = OfferChanges(reporter, changes);
            if (isChanged || lastState != state.Mesh.Value.State)
            {
                lastState = state.Mesh.Value.State;
                reporter.Offer("mesh", "mesh", Mesh(), retain: true);
            }

            OfferPresses(reporter, presses);
            if (healthChanged.IsCompleted)
            {
                healthChanged = state.Health.Current.Changed;
                reporter.Offer("health", "health", Health(), retain: true);
            }

            if (boardChanged.IsCompleted)
            {
                boardChanged = board.Changed;
                reporter.Offer("board", "board", Board(), retain: true);
            }

            await Task.Delay(OnChangeInterval, time, stop);
            await Task.WhenAny(changes.Ready, presses.Ready, healthChanged, boardChanged).WaitAsync(stop);
        }
    }

    private bool OfferChanges(MqttReporter reporter, FeedReader<MeshChange> changes)
    {
        var any = false;
        while (changes.TryRead(out var change))
        {
            any = true;
            reporter.Offer("event", "event", Event(change), retain: false);
        }

        return any;
    }

    private void OfferPresses(MqttReporter reporter, FeedReader<ButtonEvent> presses)
    {
        while (presses.TryRead(out var press))
        {
            reporter.Offer("event", "event", Event(press), retain: false);
        }
    }

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

    private byte[] Board() => Render(json =>
    {
        StatusJson.WriteAgent(json, state.Uptime.TotalSeconds);
        BoardJson.WriteBoard(json, state.Board!.Latest.Value);
    });

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

    private byte[] Event(ButtonEvent press) => Render(json =>
    {
        json.WriteStartObject("button");
        json.WriteString("role", press.Role);
        json.WriteString("press", BoardJson.Word(press.Kind));
        json.WriteNumber("held_s", Math.Round(press.Held.TotalSeconds, 3));
        json.WriteEndObject();
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
