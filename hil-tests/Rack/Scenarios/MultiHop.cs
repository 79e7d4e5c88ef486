using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: routers out of each other's reach talk through those in between, and the agent shows the way. In a line
/// A–B–C the next hop from A to C is B and back, and packets really get there.
/// </summary>
internal sealed class MultiHop : IScenario
{
    public string Name => "multi-hop";

    public string Promise => "A reaches C through B, and the agent names B as the next hop";

    public bool OnlyLooks => true;

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.LineOfThree, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var there = await CheckAsync(context, bench, "A", "C", cancellation);
        var back = await CheckAsync(context, bench, "C", "A", cancellation);
        context.Figure("tq_a_c", there);
        context.Figure("tq_c_a", back);

        context.Figure(
            "first_ping_s", await Traffic.FlowsAsync(bench, "A", "C", TimeSpan.FromSeconds(60), cancellation));
        var ping = await Traffic.PingAsync(bench, "A", "C", count: 10, cancellation);
        Expect.That(ping.Received >= 8, $"only {ping.Received} of {ping.Sent} pings from A came back from C");
        context.Figure("ping_received", ping.Received);
        context.Figure("ping_avg_ms", ping.AverageMs);
    }

    private static async Task<int> CheckAsync(
        ScenarioContext context, IBench bench, string from, string to, CancellationToken cancellation)
    {
        var path = await Steps.BestPathAsync(bench, bench.Router(from), to, cancellation)
            ?? throw new RackException($"{from} lost its path to {to}");
        Expect.Equal("B", bench.NameOf(path.NextHop), $"next hop from {from} to {to}");
        Expect.That(path.Tq is > 0 and < 255, $"TQ over two hops is {path.Tq}: the hop in between costs nothing");
        context.Figure($"next_hop_{from}_{to}", bench.NameOf(path.NextHop));
        return path.Tq ?? 0;
    }
}
