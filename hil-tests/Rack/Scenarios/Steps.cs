using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>Steps that many scenarios share.</summary>
internal static class Steps
{
    // Event ids of the agent's log (docs/logs.md).
    public const int NeighbourAppeared = 3007;
    public const int NeighbourLost = 3008;
    public const int HardInterfaceAttached = 3103;
    public const int ButtonPressed = 2300;

    /// <summary>
    /// Longest time for a mesh of a few routers to be complete, from their boot. A sane one needs 10 s.
    /// </summary>
    public static readonly TimeSpan MeshLimit = TimeSpan.FromSeconds(60);

    /// <summary>Three routers in a line that report to a broker: what most promises need.</summary>
    public static readonly BenchPlan LineOfThree = new(Links.Topology.Line(3)) { HasBroker = true };

    /// <summary>Two routers and one link.</summary>
    public static readonly BenchPlan Pair = new(Links.Topology.Line(2));

    /// <summary>Waits until the agent of every router has a path in use to every other router.</summary>
    public static async Task<TimeSpan> MeshIsCompleteAsync(IBench bench, CancellationToken cancellation)
    {
        var start = RackClock.Now;
        foreach (var router in bench.Routers)
        {
            foreach (var other in bench.Routers.Where(r => r != router))
            {
                await SeesAsync(bench, router, other.Name, MeshLimit, cancellation);
            }
        }

        return RackClock.Now - start;
    }

    /// <summary>Waits until a router's agent has a path in use to another.</summary>
    public static Task<TimeSpan> SeesAsync(
        IBench bench, IRouter router, string other, TimeSpan limit, CancellationToken cancellation) =>
        Wait.UntilAsync(
            $"the agent of {router.Name} has a path to {other}", limit,
            async stop => await BestPathAsync(bench, router, other, stop) is not null,
            router.Console.Tail, cancellation);

    /// <summary>The path in use from one router to another as the agent knows it; null when it knows none.</summary>
    public static async Task<MeshPath?> BestPathAsync(
        IBench bench, IRouter router, string other, CancellationToken cancellation)
    {
        var address = bench.OriginatorOf(other);
        var paths = await MeshTables.AgentOriginatorsAsync(router, cancellation);
        return paths.FirstOrDefault(p => p.IsBest && p.Originator == address);
    }

    /// <summary>Waits for a property of the agent's status.</summary>
    public static async Task<AgentStatus> StatusAsync(
        IRouter router, string what, Func<AgentStatus, bool> match, TimeSpan limit, CancellationToken cancellation)
    {
        AgentStatus? status = null;
        await Wait.UntilAsync(
            $"{router.Name}: {what}", limit,
            async stop =>
            {
                status = await AgentStatus.ReadAsync(router, stop);
                return match(status);
            },
            () => $"status: {Describe(status)}\n{router.Console.Tail()}", cancellation);
        return status!;
    }

    /// <summary>Waits for what the LEDs show to the eye.</summary>
    public static Task<TimeSpan> LedsShowAsync(
        IRouter router, LedSight status, LedSight mesh, LedSight fault, TimeSpan limit, CancellationToken cancellation)
    {
        router.Need(RouterAbilities.SeeLeds);
        return Wait.UntilAsync(
            $"LEDs of {router.Name} show status {status}, mesh {mesh}, fault {fault}", limit,
            _ => Task.FromResult((See(router, LedLine.Status), See(router, LedLine.Mesh), See(router, LedLine.Fault))
                == (status, mesh, fault)),
            () => $"they show status {See(router, LedLine.Status)}, mesh {See(router, LedLine.Mesh)}, "
                + $"fault {See(router, LedLine.Fault)}\n{router.Console.Tail()}",
            cancellation);
    }

    /// <summary>A line of the agent's log with this event name, at or after a mark of the console.</summary>
    public static async Task<JournalEntry<string>> LogEventAsync(
        IRouter router, int eventId, string containing, long mark, TimeSpan limit, CancellationToken cancellation) =>
        await router.Console.Lines.WaitAsync(
            mark,
            line => IsEvent(line, eventId) && line.Contains(containing, StringComparison.Ordinal),
            limit, cancellation)
        ?? throw new RackException(
            $"the agent of {router.Name} did not log event {eventId} ({containing}) within {limit.TotalSeconds:0.#} s\n"
            + router.Console.Tail());

    /// <summary>True when the agent logged an event since a mark of the console.</summary>
    public static bool Logged(IRouter router, int eventId, long mark) =>
        router.Console.Lines.Since(mark).Any(l => IsEvent(l.Item, eventId));

    /// <summary>True for a line of the agent's log with this event id.</summary>
    public static bool IsEvent(string line, int eventId) =>
        line.Contains($"\"event\":{eventId},", StringComparison.Ordinal);

    /// <summary>Waits until the agent answers, after a start or restart.</summary>
    public static Task<TimeSpan> AgentAnswersAsync(IRouter router, TimeSpan limit, CancellationToken cancellation) =>
        Wait.UntilAsync(
            $"the agent of {router.Name} answers", limit,
            async stop => (await AgentStatus.ReadAsync(router, stop)).Pid > 0, router.Console.Tail, cancellation);

    private static LedSight See(IRouter router, LedLine led) => router.Leds.See(led, TimeSpan.FromSeconds(3));

    private static string Describe(AgentStatus? status) => status is null
        ? "no answer"
        : $"{status.Health}, mesh {status.MeshState}, {status.Originators} originators, "
            + $"{status.Neighbours} neighbours, "
            + $"LEDs {status.LedState}, watchdog fed {status.WatchdogFed}, last reset {status.LastReset}, symptoms "
            + string.Join("; ", status.Symptoms.Select(s => $"{s.Code} {s.Subject}"));
}
