using Prometheus;
using X0tta6bl4.Board;
using X0tta6bl4.Identity;
using X0tta6bl4.Mesh;
using X0tta6bl4.Peering.Mqtt;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Control;

/// <summary>What the parts have published: the one place every answer is read from.</summary>
internal sealed class AgentState(HealthRegister health, LoopPulses pulses, IMetricFactory metrics, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    public HealthRegister Health { get; } = health;

    public LoopPulses Pulses { get; } = pulses;

    public Latest<MeshSnapshot> Mesh { get; } = new(MeshSnapshot.Empty);

    public ChangeRing Changes { get; } = new(metrics);

    /// <summary>The board; null only until the agent has opened it.</summary>
    public RouterBoard? Board { get; set; }

    /// <summary>The configuration and the board file name a watchdog.</summary>
    public bool WatchdogWanted { get; set; }

    /// <summary>Who this router is; null when no source of an identity is configured.</summary>
    public NodeIdentity? Identity { get; set; }

    /// <summary>How reporting fares; null while it is off.</summary>
    public Latest<MqttSnapshot>? Mqtt { get; set; }

    /// <summary>True once any neighbour was heard.</summary>
    public bool HadNeighbours { get; private set; }

    public TimeSpan Uptime => time.GetElapsedTime(_started);

    /// <summary>
    /// Runs a mesh loop, which publishes into <see cref="Mesh"/> itself, and takes its changes over. Wakes only when there
    /// are changes: a snapshot a second is no reason to wake anybody.
    /// </summary>
    public async Task FollowAsync(MeshLoop loop, CancellationToken stop)
    {
        var run = loop.RunAsync(stop);
        while (!run.IsCompleted && !stop.IsCancellationRequested)
        {
            await Task.WhenAny(loop.Changes.WaitToReadAsync(stop).AsTask(), run);
            while (loop.Changes.TryRead(out var change))
            {
                HadNeighbours |= change.Kind == MeshChangeKind.NeighbourAppeared;
                Changes.Add(change);
            }
        }

        await run;
    }

    /// <summary>What /healthz and /readyz say.</summary>
    public HealthReport Judge() => HealthReport.Judge(
        Pulses, Health, new ReadinessFacts(Mesh.Value.State == MeshState.Up, WatchdogWanted, Board?.Latest.Value.Watchdog?.Fed ?? false));
}
