using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: an agent that hangs does not leave a router unmanaged. The watchdog is fed by proof of health, so both a
/// process frozen as a whole and a single frozen loop, with everything else running happily, end in a hardware reset;
/// the board comes back into the mesh within 45 s of the hang, and the agent says afterwards why it was reset.
/// </summary>
/// <param name="name">Name of the variant.</param>
/// <param name="promise">Its promise.</param>
/// <param name="freeze">Shell script that freezes the agent.</param>
/// <param name="resetWord">The reason that must be reported afterwards.</param>
internal sealed class AgentHangResetsBoard(string name, string promise, string freeze, string resetWord) : IScenario
{
    private const double ManagedLimitSeconds = 45;

    public static IEnumerable<IScenario> Variants =>
    [
        new AgentHangResetsBoard(
            "agent-hang-resets-board",
            "the whole agent frozen: the watchdog resets the board, which comes back into the mesh",
            "kill -STOP $(pidof x0tta6bl4)",
            "watchdog-silent"),
        // Version 1 of the freezer takes single threads; no signal stops only one.
        new AgentHangResetsBoard(
            "agent-hang-resets-board/mesh-thread",
            "only the mesh loop frozen: the watchdog is no longer fed, the board resets",
            """
            pid=$(pidof x0tta6bl4)
            for task in /proc/$pid/task/*; do
              [ "$(cat $task/comm)" = mesh ] && tid=${task##*/}
            done
            [ -n "$tid" ] || { echo "no thread named mesh among: $(cat /proc/$pid/task/*/comm)"; exit 1; }
            mkdir -p /sys/fs/cgroup/freezer/hang
            echo $tid > /sys/fs/cgroup/freezer/hang/tasks
            echo FROZEN > /sys/fs/cgroup/freezer/hang/freezer.state
            """,
            "watchdog-hang"),
    ];

    public string Name => name;

    public string Promise => promise;

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        await Steps.StatusAsync(a, "watchdog fed", s => s.WatchdogFed, Steps.MeshLimit, cancellation);

        var resets = a.Resets.Mark;
        var console = a.Console.Lines.Mark;
        var hungAt = RackClock.Now;
        await a.RunAsync(freeze, cancellation);
        var reset = await a.WaitForWatchdogResetAsync(resets, TimeSpan.FromSeconds(60), cancellation);
        context.Figure("reset_s", reset.At - hungAt);

        await a.WaitUntilManagedAsync(console, BenchExtensions.BootLimit, cancellation);
        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        var managed = RackClock.Now - hungAt;
        context.Figure("managed_mesh_s", managed);

        var status = await AgentStatus.ReadAsync(a, cancellation);
        context.Figure("reset_reason", status.LastResetDetail);
        Expect.Equal(resetWord, status.LastReset, "reason of the reset as the agent reports it");
        Expect.That(status.WatchdogFed, "the watchdog is not fed again after the reset");

        // One hang, one reset: a board that keeps resetting is worse than one that hangs.
        context.Figure("resets", a.Resets.Since(resets).Count(r => r.Item.ByWatchdog));
        Expect.Equal(1, a.Resets.Since(resets).Count(r => r.Item.ByWatchdog), "resets by the watchdog");
        Expect.Equal(0, bench.Router("B").Resets.Since(0).Count, "resets of the other router");
        Expect.Within(ManagedLimitSeconds, managed.TotalSeconds, "from the hang to a managed mesh");
    }
}
