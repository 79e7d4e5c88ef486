using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: an interface that belongs in the mesh is put back within 5 s, whoever took it out: a script that released
/// it, or a card that was pulled and plugged in again (gluon#952, openwrt#15086: today it silently stays out). Each
/// time is counted.
/// </summary>
internal sealed class InterfaceReplugged : IScenario
{
    private const double BackLimitSeconds = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public string Name => "interface-replugged";

    public string Promise =>
        "an interface released by a script, or unplugged and plugged in, is in the mesh again within 5 s";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        var before = await AgentStatus.ReadAsync(a, cancellation);

        // The kernel's own lines on the clock of one guest would need trust in it; the agent's log arrives at once.
        var mark = a.Console.Lines.Mark;
        var releasedAt = RackClock.Now;
        await a.RunAsync("ip link set mesh0 nomaster", cancellation);
        var attached = await Steps.LogEventAsync(a, Steps.HardInterfaceAttached, "mesh0", mark, Limit, cancellation);
        var released = attached.At - releasedAt;
        context.Figure("released_back_s", released);

        var unplugAt = RackClock.Now;
        await a.UnplugAsync("mesh0", cancellation);
        context.Figure("unplug_s", RackClock.Now - unplugAt);
        await Steps.StatusAsync(
            a, "the agent says mesh0 is absent",
            s => s.Symptoms.Any(p => p is { Code: "mesh.hard-interface-absent", Subject: "mesh0" }),
            Limit, cancellation);

        mark = a.Console.Lines.Mark;
        var pluggedAt = RackClock.Now;
        await a.PlugAsync("mesh0", cancellation);
        attached = await Steps.LogEventAsync(a, Steps.HardInterfaceAttached, "mesh0", mark, Limit, cancellation);
        var replugged = attached.At - pluggedAt;
        context.Figure("replugged_back_s", replugged);

        // Longer than the promise, and not the agent's doing: neighbours ignore a router whose sequence numbers start
        // anew for up to 30 s (BATADV_RESET_PROTECTION_MS).
        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        context.Figure("path_again_s", RackClock.Now - pluggedAt);
        var after = await AgentStatus.ReadAsync(a, cancellation);
        Expect.Equal(
            before.Attachments["mesh0"] + 2, after.Attachments["mesh0"],
            "times mesh0 was put into the mesh, as counted by the agent");
        Expect.Equal(before.Pid, after.Pid, "process id of the agent");
        Expect.Within(BackLimitSeconds, released.TotalSeconds, "putting a released interface back");
        Expect.Within(BackLimitSeconds, replugged.TotalSeconds, "putting a replugged interface back");
    }
}
