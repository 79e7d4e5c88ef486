using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a dead neighbour is reported within 3 s. The kernel says nothing and keeps it in its tables for 200 s; the
/// agent must find out from the neighbour's silence, with both algorithms, and must not cry wolf when a few frames are
/// lost.
/// </summary>
internal sealed class NeighbourLostSeen(string name, string algorithm) : IScenario
{
    private const double SeenLimitSeconds = 3;

    /// <summary>A poor but usable link: one frame in ten is lost.</summary>
    private const double PoorLoss = 0.1;

    private static readonly TimeSpan PoorTime = TimeSpan.FromSeconds(20);

    private readonly BenchPlan _plan = new(Topology.Line(2))
    {
        Options = _ => new RouterOptions { Algorithm = algorithm },
    };

    public static IEnumerable<IScenario> Variants =>
    [
        new NeighbourLostSeen("neighbour-lost-seen", "BATMAN_IV"),
        new NeighbourLostSeen("neighbour-lost-seen/batman-v", "BATMAN_V"),
    ];

    public string Name => name;

    public string Promise => $"a dead neighbour is reported within 3 s, a lossy one is not ({algorithm})";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(_plan, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        var link = bench.Link("A", "B");
        Expect.That(
            (await a.RunAsync("batctl meshif bat0 mj", cancellation)).Contains(algorithm, StringComparison.Ordinal),
            $"bat0 does not run {algorithm}");

        var poor = LinkProfile.Perfect with { Loss = PoorLoss };
        var mark = a.Console.Lines.Mark;
        await link.ShapeAsync(poor, poor, cancellation);
        var wolf = await a.Console.Lines.WaitAsync(
            mark, l => Steps.IsEvent(l, Steps.NeighbourLost), PoorTime, cancellation);
        context.Figure("false_alarms", wolf is null ? 0 : 1);
        await link.ShapeAsync(LinkProfile.Perfect, LinkProfile.Perfect, cancellation);
        Expect.That(wolf is null, $"B was reported lost with {PoorLoss:P0} loss");

        mark = a.Console.Lines.Mark;
        var cutAt = RackClock.Now;
        await link.CutAsync(cancellation);
        var lost = await Steps.LogEventAsync(
            a, Steps.NeighbourLost, bench.OriginatorOf("B"), mark, TimeSpan.FromSeconds(20), cancellation);
        context.Figure("seen_s", lost.At - cutAt);

        mark = a.Console.Lines.Mark;
        var restoredAt = RackClock.Now;
        await link.RestoreAsync(cancellation);
        var back = await Steps.LogEventAsync(
            a, Steps.NeighbourAppeared, bench.OriginatorOf("B"), mark, TimeSpan.FromSeconds(30), cancellation);
        context.Figure("back_s", back.At - restoredAt);
        Expect.Within(SeenLimitSeconds, (lost.At - cutAt).TotalSeconds, "seeing that the neighbour is lost");
    }
}
