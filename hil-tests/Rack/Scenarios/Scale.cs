using System.Globalization;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a mesh of more than a hundred routers is nothing special. The agent sees every one of them, agrees with
/// batctl, stays within its memory, and keeps the watchdog fed while the tables churn.
/// </summary>
internal sealed class Scale : IScenario
{
    private const long RssKibMax = 20 * 1024;

    public string Name => "scale";

    public string Promise => $"a mesh of {ScaleMesh.Nodes} nodes: all seen, memory and watchdog fine";

    public TimeSpan Limit => TimeSpan.FromMinutes(12);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(ScaleMesh.Plan, cancellation);
        var a = bench.Router("A");
        await Steps.AgentAnswersAsync(a, Steps.MeshLimit, cancellation);
        context.Figure("nodes", ScaleMesh.Nodes);
        context.Figure("build_s", await ScaleMesh.BuildAsync(a, cancellation));

        var status = await Steps.StatusAsync(
            a, $"sees {ScaleMesh.Nodes} originators through {ScaleMesh.Branches} neighbours",
            s => s.Originators >= ScaleMesh.Nodes && s.Neighbours == ScaleMesh.Branches, TimeSpan.FromMinutes(4),
            cancellation);
        context.Figure("all_seen_s", context.Elapsed);
        context.Figure("neighbours", status.Neighbours);

        // Tables move all the time here: what one of both sees and the other does not must be gone a moment later.
        await Wait.UntilAsync(
            "the agent and batctl list the same originators", TimeSpan.FromSeconds(60),
            async stop => Set(await MeshTables.AgentOriginatorsAsync(a, stop)) == Set(
                await MeshTables.BatctlOriginatorsAsync(a, stop)),
            a.Console.Tail, cancellation);

        var paths = await MeshTables.AgentOriginatorsAsync(a, cancellation);
        context.Figure("rows", paths.Count);
        status = await AgentStatus.ReadAsync(a, cancellation);
        context.Figure("rss_kib", status.RssKib);
        context.Figure("cpu_percent", await CpuPercentAsync(a, cancellation));
        Expect.That(status.WatchdogFed, "the watchdog is not fed");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
        Expect.That(status.RssKib <= RssKibMax, $"the agent takes {status.RssKib} KiB, promised are {RssKibMax}");
    }

    /// <summary>The agent's share of the processor over half a minute of a mesh that keeps refreshing its tables.</summary>
    private static async Task<double> CpuPercentAsync(IRouter router, CancellationToken cancellation)
    {
        // Ticks of a hundredth of a second, by seconds: percent.
        var said = await router.ExecAsync(
            """
            look() {
              echo "$(cut -d' ' -f1 /proc/uptime) $(sed 's/.*) //' /proc/$(pidof x0tta6bl4)/stat | awk '{print $12 + $13}')"
            }
            before=$(look); sleep 30; after=$(look)
            echo "$before $after" | awk '{print ($4 - $2) / ($3 - $1)}'
            """,
            TimeSpan.FromSeconds(60), cancellation);
        return double.Parse(said.Text("CPU time of the agent"), CultureInfo.InvariantCulture);
    }

    private static string Set(IReadOnlyList<MeshPath> paths) =>
        string.Join(' ', paths.Select(p => p.Originator).Distinct().Order(StringComparer.Ordinal));
}
