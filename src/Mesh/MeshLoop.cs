using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Prometheus;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Route;
using X0tta6bl4.Netlink.Uevent;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Mesh;

/// <summary>
/// The loop that watches the mesh: one thread, one round after another, nothing on the side.
/// </summary>
/// <remarks>
/// A round: wait (for an event of the kernel, or until something is due) → take the events → put hard interfaces back
/// → read the tables that are due → compare → publish the snapshot and the changes → beat.
/// What is due when is <see cref="RoundSchedule"/>'s; any event of the kernel and any change of a neighbour reads the
/// originators at once.
/// </remarks>
public sealed partial class MeshLoop
{
    /// <summary>Changes waiting to be read by the rest of the agent; beyond that the oldest is dropped and counted.</summary>
    public const int ChangesMax = 1024;

    /// <summary>Rounds in a row that may fail before the loop gives up and the supervisor opens everything anew.</summary>
    public const int FailedRoundsMax = 5;

    /// <summary>
    /// Longest time between two checks that the hard interfaces are in the mesh. The kernel tells of every change; this is for
    /// the event that was lost.
    /// </summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(4);

    /// <summary>Shortest wait between two rounds caused by timers, so that rounding never makes the loop spin.</summary>
    private static readonly TimeSpan WaitMin = TimeSpan.FromMilliseconds(20);

    private readonly MeshOptions _options;
    private readonly Latest<MeshSnapshot> _state;
    private readonly CollectorRuns _collectors;
    private readonly HealthRegister _health;
    private readonly LoopPulse _pulse;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MeshMetrics _metrics;
    private readonly Channel<MeshChange> _feed;

    /// <param name="options">What to keep and watch.</param>
    /// <param name="state">Where the snapshots go. Published by the loop's own thread: readers cost it nothing.</param>
    /// <param name="metrics">Where the loop's metrics are made. One loop at a time.</param>
    /// <param name="collectors">Times the dumps.</param>
    /// <param name="health">Where problems are raised.</param>
    /// <param name="pulse">Beaten once a round.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public MeshLoop(
        MeshOptions options,
        Latest<MeshSnapshot> state,
        IMetricFactory metrics,
        CollectorRuns collectors,
        HealthRegister health,
        LoopPulse pulse,
        TimeProvider time,
        ILogger logger)
    {
        _options = options;
        _state = state;
        _collectors = collectors;
        _health = health;
        _pulse = pulse;
        _time = time;
        _logger = logger;
        _metrics = new MeshMetrics(metrics);
        _feed = Channel.CreateBounded<MeshChange>(
            new BoundedChannelOptions(ChangesMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleWriter = true },
            _ => _metrics.ChangeDropped());
    }

    /// <summary>Every change, in order.</summary>
    public ChannelReader<MeshChange> Changes => _feed.Reader;

    /// <summary>Runs on a thread of its own, named "mesh", until cancelled.</summary>
    /// <exception cref="NetlinkException">The sockets cannot be opened, or too many rounds failed in a row.</exception>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Run(cancellationToken);
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        })
        {
            Name = "mesh",
            IsBackground = true,
        };
        thread.Start();
        return done.Task;
    }

    private void Run(CancellationToken cancellationToken)
    {
        // Of a loop before this one, with other options perhaps: what still holds is raised again in the first round.
        _health.ClearAll("mesh.");
        using var route = RouteClient.Open();
        using var routeEvents = RouteEventSocket.Open(RouteGroups.Links);
        using var batmanEvents = BatmanEventSocket.Open();
        using var uevents = UeventSocket.Open();
        using var wait = new NetlinkWait(routeEvents, batmanEvents, uevents);
        using var wake = cancellationToken.Register(wait.Wake);
        var events = new KernelEvents(routeEvents, batmanEvents, uevents, _metrics, _logger);
        var keeper = new HardInterfaceKeeper(_options, route, _health, _metrics, _time, _logger);
        using var reader = new MeshReader(_options, _collectors, _metrics, _time, _logger);
        var rounds = new Rounds(this, events, keeper, reader);
        while (!cancellationToken.IsCancellationRequested)
        {
            var due = rounds.DueIn;
            var isReadable = wait.Wait(due > WaitMin ? due : WaitMin);
            if (!cancellationToken.IsCancellationRequested)
            {
                rounds.Turn(isReadable);
                _pulse.Beat();
            }
        }
    }
}
