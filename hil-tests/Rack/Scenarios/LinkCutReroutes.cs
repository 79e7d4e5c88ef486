using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a lost link is seen within 3 s, and traffic that has another way takes it within 10 s. In a ring of three,
/// A reaches B directly; the link is cut in mid-traffic; afterwards the path goes through C, and back when the link
/// returns.
/// </summary>
internal sealed class LinkCutReroutes : IScenario
{
    private const double SeenLimitSeconds = 3;
    private const double ReroutedLimitSeconds = 10;

    private static readonly BenchPlan Ring = new(Topology.Ring(3));

    public string Name => "link-cut-reroutes";

    public string Promise => "a cut link in a ring is seen within 3 s and routed around within 10 s";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Ring, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        await Wait.UntilAsync(
            "the path from A to B is direct", Steps.MeshLimit,
            async stop => await NextHopAsync(bench, stop) == "B", a.Console.Tail, cancellation);
        context.Figure("flows_s", await Traffic.FlowsAsync(bench, "A", "B", Steps.MeshLimit, cancellation));

        var mark = a.Console.Lines.Mark;
        var cutAt = RackClock.Now;
        await bench.Link("A", "B").CutAsync(cancellation);
        var lost = await Steps.LogEventAsync(
            a, Steps.NeighbourLost, "", mark, TimeSpan.FromSeconds(20), cancellation);
        context.Figure("seen_s", lost.At - cutAt);

        await Wait.UntilAsync(
            "a ping from A reaches B the long way", TimeSpan.FromSeconds(60),
            async stop => (await Traffic.PingAsync(bench, "A", "B", count: 1, stop)).Received == 1,
            a.Console.Tail, cancellation);
        var rerouted = RackClock.Now - cutAt;
        context.Figure("rerouted_s", rerouted);
        await Wait.UntilAsync(
            "the agent of A shows C as the next hop to B", TimeSpan.FromSeconds(30),
            async stop => await NextHopAsync(bench, stop) == "C", a.Console.Tail, cancellation);
        context.Figure("shown_s", RackClock.Now - cutAt);

        var restoredAt = RackClock.Now;
        await bench.Link("A", "B").RestoreAsync(cancellation);
        await Wait.UntilAsync(
            "the direct path is taken again", TimeSpan.FromSeconds(90),
            async stop => await NextHopAsync(bench, stop) == "B", a.Console.Tail, cancellation);
        context.Figure("direct_again_s", RackClock.Now - restoredAt);

        Expect.Within(SeenLimitSeconds, (lost.At - cutAt).TotalSeconds, "seeing the lost link");
        Expect.Within(ReroutedLimitSeconds, rerouted.TotalSeconds, "routing around it");
    }

    private static async Task<string?> NextHopAsync(IBench bench, CancellationToken cancellation) =>
        await Steps.BestPathAsync(
            bench, bench.Router("A"), "B", cancellation) is { } path ? bench.NameOf(path.NextHop) : null;
}
