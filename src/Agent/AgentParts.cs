using X0tta6bl4.Agent.Cli;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Agent.Control;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Api;
using X0tta6bl4.Board;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Mesh;
using X0tta6bl4.Peering.Mqtt;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Metrics;
using X0tta6bl4.Telemetry.Service;

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

    /// <summary>In RAM: what must outlive the process but not the boot.</summary>
    private const string RunDirectory = "/run/x0tta6bl4";

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
        State = new AgentState(Health, _pulses, Metrics.Factory, time);
        Trust = new TrustParts(State, Metrics, Health, log, time);
        Metrics.OnScrape("snapshot", new MeshGauges(Metrics.Factory, State.Mesh).Refresh);
    }

    public AgentMetrics Metrics { get; }

    public HealthRegister Health { get; }

    public AgentState State { get; }

    /// <summary>Who this router is, and the authorities it serves as.</summary>
    public TrustParts Trust { get; }

    /// <summary>The process holds keys: no core file may show them. A kernel that refuses is a symptom.</summary>
    public void ForbidCoreDumps()
    {
        try
        {
            CoreDumps.Forbid();
        }
        catch (SealedStoreException exception)
        {
            Health.Raise("agent.core-dumps-allowed", "", Severity.Info, exception.Message, "set the limit of core files to 0");
        }
    }

    /// <summary>
    /// Opens the board, once a process: LEDs show "booting", and the watchdog is armed and fed from here on. A board that
    /// lacks something is symptoms, not a failure.
    /// </summary>
    public void OpenBoard(AgentOptions options)
    {
        MakeDirectory(options.State.Directory, "state.directory");
        MakeDirectory(RunDirectory, "its parent");
        var description = BoardDetector.Detect(SysRoot.Real, options.Board.Directory, options.Board.File, Health);
        if (!options.Board.Watchdog)
        {
            description = description with { Watchdog = null };
        }

        State.WatchdogWanted = description.Watchdog is not null;
        State.Board = RouterBoard.Open(description, new BoardContext
        {
            StateFolder = options.State.Directory,
            RunFolder = RunDirectory,
            Time = _time,
            Health = Health,
            Pulses = _pulses,
            Logger = _log.CreateLogger("board"),
            Metrics = Metrics.Factory,
        });
    }

    /// <summary>The board's loop: LEDs, buttons, sensors.</summary>
    public Part Board(AgentOptions options) =>
        new("board", Critical: true, options.Board, stop => State.Board!.RunAsync(stop)) { Pulse = Pulse("board") };

    /// <summary>
    /// Says what the LEDs show. Everything they show is a change of the mesh or of the symptoms, but for the end of
    /// <see cref="LedPolicy.BootGrace"/>: no tick wakes an idle router for it.
    /// </summary>
    public Part Display() => new("display", Critical: false, "no options", async stop =>
    {
        using var changes = State.Changes.Follow();
        while (!stop.IsCancellationRequested)
        {
            // Taken before the look, so that nothing that happens during it is missed.
            var symptoms = Health.Current.Changed;
            while (changes.TryRead(out _))
            {
            }

            State.Board!.Show(LedPolicy.Decide(
                State.Mesh.Value, Health.Current.Value, State.HadNeighbours, State.Uptime));
            var grace = LedPolicy.BootGrace - State.Uptime;
            Task happened = Task.WhenAny(changes.Ready, symptoms);
            await happened
                .WaitAsync(grace > TimeSpan.Zero ? grace : Timeout.InfiniteTimeSpan, _time, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    });

    /// <summary>Leaves to the kernel what of the binary is not needed now.</summary>
    public Part Memory() => new(
        "memory", Critical: false, LoadedCode.Every, stop => LoadedCode.UnmapAgainAndAgainAsync(_time, _log.CreateLogger("agent"), stop));

    /// <summary>Tells systemd that every critical loop turns; null unless its unit has WatchdogSec=.</summary>
    public Part? ServiceWatchdog(ServiceNotifier notifier) => notifier.WatchdogInterval is not { } interval
        ? null
        : new Part("service-watchdog", Critical: false, interval, async stop =>
        {
            using var tick = new PeriodicTimer(interval / 2, _time);
            while (await tick.WaitForNextTickAsync(stop))
            {
                if (State.Judge().Alive)
                {
                    notifier.Watchdog();
                }
            }
        });

    /// <summary>Reports to the broker; null when none is named.</summary>
    public Part? Mqtt(AgentOptions options)
    {
        if (options.Mqtt is not { } mqtt)
        {
            State.Mqtt = null;
            return null;
        }

        return new Part("mqtt", Critical: false, mqtt, async stop =>
        {
            BrokerDialer dialer = State.Identity is { } identity && mqtt.Reporter.IsEncrypted
                ? new TlsDialer(identity, mqtt.BrokerIds, new Random()).DialAsync
                : PlainTcp.DialAsync;
            var reporter = new MqttReporter(
                mqtt.Reporter, Metrics, Health, _log.CreateLogger("peering"), _time, new Random(), dialer);
            var reports = new Reports(State, options.Node, options.Mesh.Interface, _time);
            reports.AddSources(reporter);
            State.Mqtt = reporter.State;
            using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var run = reporter.RunAsync(stop);
            var follow = reports.FollowAsync(reporter, both.Token);
            var retry = RetryOnNewIdentityAsync(reporter, both.Token);
            await Task.WhenAny(run, follow, retry);
            await both.CancelAsync();
            await Task.WhenAll(follow, retry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await run;
        });
    }

    /// <summary>With a new identity, what the broker refused or could not be tried at all may be tried at once.</summary>
    private async Task RetryOnNewIdentityAsync(MqttReporter reporter, CancellationToken stop)
    {
        while (true)
        {
            var changed = State.Identity?.Current.Changed ?? Task.Delay(Timeout.InfiniteTimeSpan, stop);
            await changed.WaitAsync(stop);
            reporter.RetryNow();
        }
    }

    /// <summary>Watches the mesh and keeps its interfaces in.</summary>
    public Part Mesh(AgentOptions options) => new("mesh", Critical: true, options.Mesh, async stop =>
    {
        var loop = new MeshLoop(
            options.Mesh, State.Mesh, Metrics.Factory, Metrics.Collectors, Health, _meshPulse, _time, _log.CreateLogger("mesh"));
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

    private LoopPulse? Pulse(string name) => _pulses.All.FirstOrDefault(p => p.Name == name);

    private void MakeDirectory(string path, string key)
    {
        try
        {
            // The control socket lives below the run directory: nobody else may look in.
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Health.Raise("agent.directory-not-made", path, Severity.Degraded,
                $"{path} cannot be made: {exception.Message}", $"make it writable, or set {key} to another path");
        }
    }

    /// <summary>Leaves LEDs and watchdog as they were found, after every part has stopped.</summary>
    public void Dispose()
    {
        State.Board?.Dispose();
        Trust.Dispose();
        Metrics.Dispose();
    }
}
