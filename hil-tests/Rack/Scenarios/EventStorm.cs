using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a flapping radio does not take the agent with it. An interface goes down and up a hundred times as fast as
/// the kernel can, while the agent is asked; it keeps answering, does not grow, is not reset, and the mesh is whole
/// afterwards.
/// </summary>
internal sealed class EventStorm : IScenario
{
    private const int Flaps = 100;
    private const long GrowthKibMax = 4096;

    public string Name => "event-storm";

    public string Promise => "an interface flapping 100 times: the agent answers throughout, the mesh recovers";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        var before = await AgentStatus.ReadAsync(a, cancellation);

        var start = RackClock.Now;
        var storm = a.ExecAsync(
            $"i=0; while [ $i -lt {Flaps} ]; do ip link set mesh0 down; ip link set mesh0 up; i=$((i+1)); done",
            TimeSpan.FromSeconds(120), cancellation);
        var answers = 0;
        while (!storm.IsCompleted)
        {
            await AgentStatus.ReadAsync(a, cancellation);
            answers++;
        }

        (await storm).Text("the storm");
        context.Figure("storm_s", RackClock.Now - start);
        context.Figure("flaps", Flaps);
        context.Figure("answers_during", answers);

        var endedAt = RackClock.Now;
        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        var after = await Steps.StatusAsync(
            a, "in the mesh, watchdog fed",
            s => s is { WatchdogFed: true, Neighbours: > 0 }, Steps.MeshLimit, cancellation);
        context.Figure("recovered_s", RackClock.Now - endedAt);
        context.Figure("rss_growth_kib", after.RssKib - before.RssKib);

        Expect.Equal(before.Pid, after.Pid, "process id of the agent");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
        Expect.That(
            after.RssKib - before.RssKib <= GrowthKibMax, $"the agent grew from {before.RssKib} to {after.RssKib} KiB");
    }
}
