using X0tta6bl4.Agent.Cli;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Agent.Control;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Api;
using X0tta6bl4.Mesh;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Agent;

/// <summary>
/// The wiring: what the parts share, and how each is made from the configuration. Parts see each other only through the
/// published snapshots below, so any of them can be restarted without the others noticing more than an old snapshot.
/// </summary>
internal sealed class AgentParts : IDisposable
{
    /// <summary>
    /// Longest time between two rounds of the mesh loop: two netlink time-outs. A loop that takes longer hangs in the kernel
    /// or in itself, and only a reset helps.
    /// </summary>
    public static readonly TimeSpan MeshDeadline = TimeSpan.FromSeconds(12);

    private readonly AgentLog _log;
    private readonly TimeProvider _time;
    private readonly LoopPulses _pulses;
    private readonly LoopPulse _meshPulse;

    public AgentParts(AgentLog log, TimeProvider time)
    {
        _log = log;
        _time = time;
        Metrics = new AgentMetrics(new BuildInfo(VersionVerb.Version, VersionVerb.Architecture), time);
        Health = new HealthRegister(time);
        _pulses = new LoopPulses(time);
        _meshPulse = _pulses.Register("mesh", MeshDeadline);
        Metrics.ExportHealth(Health, _pulses);
        Metrics.ExportLog(log);
        State = new AgentState(Health, _pulses, time);
    }

    public AgentMetrics Metrics { get; }

    public HealthRegister Health { get; }

    public AgentState State { get; }

    /// <summary>Watches the mesh and keeps its interfaces in.</summary>
    public Part Mesh(AgentOptions options) => new("mesh", Critical: true, options.Mesh, async stop =>
    {
        var loop = new MeshLoop(
            options.Mesh, Metrics.Factory, Metrics.Collectors, Health, _meshPulse, _time, _log.CreateLogger("mesh"));
        await State.FollowAsync(loop, stop);
    })
    { Pulse = _meshPulse };

    /// <summary>The control socket.</summary>
    public Part Control(AgentOptions options, string configPath) =>
        new("control", Critical: false, (options.Api.Socket, options.Node, options.Mesh.Interface), async stop =>
        {
            using var tables = new KernelTables(State.Mesh, options.Mesh.Interface);
            var routes = new ControlRoutes(State, options.Node, options.Mesh.Interface, configPath, _time);
            var server = ApiServer.OnUnixSocket(
                options.Api.Socket, [.. routes.All(), .. tables.Routes()], Metrics, _log.CreateLogger("api"), _time);
            await server.RunAsync(stop);
        });

    /// <summary>/metrics, /healthz and /readyz; null when turned off.</summary>
    public Part? Observation(AgentOptions options) => options.Api.Listen.Count == 0
        ? null
        : new Part("http", Critical: false, options.Api.Listen, stop => ApiServer.OnTcp(
            options.Api.Listen, ObservationRoutes.Create(Metrics, State.Judge), Metrics, _log.CreateLogger("api"), _time)
            .RunAsync(stop));

    public void Dispose() => Metrics.Dispose();
}
