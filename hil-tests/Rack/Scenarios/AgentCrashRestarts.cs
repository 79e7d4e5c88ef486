using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a crash of the agent is a hiccup. Killed without warning, it is started again by the init system and takes
/// the running mesh over: no reset, no interface torn down, no neighbour that notices.
/// </summary>
internal sealed class AgentCrashRestarts : IScenario
{
    public string Name => "agent-crash-restarts";

    public string Promise => "kill -9 of the agent: back within 15 s, no reset, the mesh does not notice";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        var before = await Steps.StatusAsync(a, "watchdog fed", s => s.WatchdogFed, Steps.MeshLimit, cancellation);
        var meshIndex = await a.RunAsync("cat /sys/class/net/bat0/ifindex", cancellation);
        var otherMark = bench.Router("B").Console.Lines.Mark;

        var killedAt = RackClock.Now;
        await a.RunAsync($"kill -9 {before.Pid}", cancellation);
        var after = await Steps.StatusAsync(
            a, "a new agent feeds the watchdog",
            s => s.Pid != before.Pid && s is { WatchdogFed: true, Neighbours: > 0 },
            TimeSpan.FromSeconds(40), cancellation);
        var back = RackClock.Now - killedAt;
        context.Figure("back_s", back);
        context.Figure("reset_reason", after.LastResetDetail);

        Expect.Equal(meshIndex, await a.RunAsync("cat /sys/class/net/bat0/ifindex", cancellation), "index of bat0");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
        Expect.That(
            !Steps.Logged(bench.Router("B"), Steps.NeighbourLost, otherMark),
            "B lost its neighbour A although only A's agent was gone");

        // Longer than the watchdog's time-out: the new agent must really feed it.
        var reset = await a.Resets.WaitAsync(
            0, _ => true, TimeSpan.FromSeconds(after.WatchdogTimeoutSeconds + 3), cancellation);
        Expect.That(reset is null, "the watchdog reset the board although the agent had come back");
        Expect.Within(15, back.TotalSeconds, "the restart");
    }
}
