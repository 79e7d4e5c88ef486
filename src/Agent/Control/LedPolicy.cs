using X0tta6bl4.Board.Leds;
using X0tta6bl4.Mesh;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Control;

/// <summary>Which state the LEDs show: one function of the newest snapshot and the symptoms, so that it never lags.</summary>
internal static class LedPolicy
{
    /// <summary>How long after its start the agent may be without a mesh before that is a fault: modules and radios come late.</summary>
    public static readonly TimeSpan BootGrace = TimeSpan.FromSeconds(30);

    /// <param name="mesh">The newest snapshot.</param>
    /// <param name="symptoms">What is wrong now.</param>
    /// <param name="hadNeighbours">True once any neighbour was heard.</param>
    /// <param name="uptime">Time since the agent started.</param>
    public static LedState Decide(
        MeshSnapshot mesh, IReadOnlyList<Symptom> symptoms, bool hadNeighbours, TimeSpan uptime)
    {
        // What is wrong with the mesh itself is told by its state, in finer steps than a symptom has.
        if (symptoms.Any(s => s.Severity == Severity.Critical && !s.Code.StartsWith("mesh.", StringComparison.Ordinal)))
        {
            return LedState.Fault;
        }

        return mesh.State switch
        {
            MeshState.Starting => LedState.Booting,
            MeshState.NoInterface or MeshState.NoModule when uptime < BootGrace => LedState.Booting,
            MeshState.NoInterface or MeshState.NoModule or MeshState.NoPermission or MeshState.ReadFailed => LedState.Fault,
            _ when mesh.AliveNeighbours == 0 => hadNeighbours ? LedState.Isolated : LedState.Joining,
            _ when mesh.WeakPaths > 0 || symptoms.Any(s => s.Severity == Severity.Degraded) => LedState.Degraded,
            _ => LedState.Healthy,
        };
    }
}
