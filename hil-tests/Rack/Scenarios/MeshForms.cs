using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: flash three routers, switch them on, and there is a mesh: the agents create bat0, put the radios in, and
/// each knows every other. batctl must agree with what they say, the watchdog must be fed, /metrics and the reports
/// must be there.
/// </summary>
internal sealed class MeshForms : IScenario
{
    public string Name => "mesh-forms";

    public string Promise => "three routers switched on become one mesh, by their agents alone";

    public bool OnlyLooks => true;

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var start = RackClock.Now;
        var bench = await context.BootAsync(Steps.LineOfThree, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        context.Figure("mesh_ready_s", RackClock.Now - start);

        foreach (var router in bench.Routers)
        {
            var status = await Steps.StatusAsync(
                router, "healthy, watchdog fed",
                s => s is { WatchdogFed: true, Health: "healthy" }, Steps.MeshLimit, cancellation);
            var byAgent = Set(await MeshTables.AgentOriginatorsAsync(router, cancellation));
            var byBatctl = Set(await MeshTables.BatctlOriginatorsAsync(router, cancellation));
            Expect.Equal(byBatctl, byAgent, $"originators of {router.Name}, by batctl and by the agent");

            var metrics = await PrometheusText.ScrapeAsync(router, cancellation);
            Expect.That(metrics.Value("x0tta6bl4_build_info") == 1, $"{router.Name}: /metrics has no build_info");
            Expect.Equal(200, (await router.GetAsync("/readyz", cancellation)).Status, $"/readyz of {router.Name}");
            context.Figure($"rss_kib_{router.Name}", status.RssKib);
            context.Figure($"samples_{router.Name}", metrics.Samples.Count);
            if (bench.Broker is { } broker)
            {
                await broker.WaitForAsync(router.Name, "mesh", _ => true, 0, TimeSpan.FromSeconds(30), cancellation);
            }
        }
    }

    private static string Set(IReadOnlyList<MeshPath> paths) =>
        string.Join(' ', paths.Select(p => p.Originator).Distinct().Order(StringComparer.Ordinal));
}
