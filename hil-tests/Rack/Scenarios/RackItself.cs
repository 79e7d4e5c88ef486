using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise of the rack, not of the agent: what scenarios rely on is real. Without any agent, a mesh made with batctl
/// forms over the relays and obeys a cut; a LED written in the guest is seen outside; an unfed watchdog resets the
/// board; the state disk survives a power cut. When a scenario fails and this one passes, look at the agent.
/// </summary>
internal sealed class RackItself : IScenario
{
    private const string MakeMesh =
        """
        batctl meshif bat0 interface create
        for card in /sys/class/net/mesh*; do
          ip link set ${card##*/} up
          batctl meshif bat0 interface add ${card##*/}
        done
        ip link set bat0 up
        """;

    private static readonly BenchPlan Bare = new(Topology.Line(3))
    {
        Options = _ => new RouterOptions { RunsAgent = false },
    };

    public string Name => "rack-itself";

    public string Promise => "links, LED trace, watchdog, power and disk of the rack are real (no agent involved)";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Bare, cancellation);
        await Task.WhenAll(bench.Routers.Select(r => r.RunAsync(MakeMesh, cancellation)));
        var start = RackClock.Now;
        await BatctlSeesAsync(bench, "A", "C", cancellation);
        context.Figure("mesh_s", RackClock.Now - start);

        await LinksAsync(context, bench, cancellation);
        await LedsAsync(bench.Router("A"), cancellation);
        await WatchdogAsync(context, bench.Router("B"), cancellation);
        await PowerAsync(bench.Router("C"), cancellation);
    }

    private static async Task LinksAsync(ScenarioContext context, IBench bench, CancellationToken cancellation)
    {
        var link = bench.Link("A", "B");
        await link.CutAsync(cancellation);
        var cutAt = RackClock.Now;
        await Wait.UntilAsync(
            "A hears nothing of B through a cut link", TimeSpan.FromSeconds(20),
            async stop =>
                (await MeshTables.BatctlNeighboursAsync(bench.Router("A"), stop)).All(n => n.LastSeenMs > 3000),
            bench.Router("A").Console.Tail, cancellation);
        context.Figure("silent_s", RackClock.Now - cutAt);
        await link.RestoreAsync(cancellation);
        if (link is RadioLink radio)
        {
            Expect.That(radio.AToB.Cut > 0 && radio.BToA.Cut > 0, "the relay counted no cut frames");
            context.Figure("frames_a_b", radio.AToB.Delivered);
        }
    }

    private static async Task LedsAsync(IRouter router, CancellationToken cancellation)
    {
        var mark = router.Leds.Changes.Mark;
        await router.RunAsync("echo 1 > /sys/class/leds/blue:mesh/brightness", cancellation);
        var seen = await router.Leds.Changes.WaitAsync(
            mark, c => c is { Line: (int)LedLine.Mesh, IsOn: true }, TimeSpan.FromSeconds(5), cancellation);
        Expect.That(seen is not null, "a LED written in the guest was not seen outside");
    }

    private static async Task WatchdogAsync(ScenarioContext context, IRouter router, CancellationToken cancellation)
    {
        var resets = router.Resets.Mark;
        var console = router.Console.Lines.Mark;
        var start = RackClock.Now;
        // Opened, never fed, held by a shell that sleeps. Its time-out is the driver's own, 30 s.
        await router.RunAsync("(exec 5>/dev/watchdog; echo x >&5; sleep 600) >/dev/null 2>&1 &", cancellation);
        var reset = await router.WaitForWatchdogResetAsync(resets, TimeSpan.FromSeconds(60), cancellation);
        context.Figure("watchdog_s", reset.At - start);
        await router.WaitUntilManagedAsync(console, BenchExtensions.BootLimit, cancellation);
        Expect.Equal(
            "32", (await router.RunAsync("cat /sys/class/watchdog/watchdog0/bootstatus", cancellation)).Trim(),
            "boot status after a watchdog reset (WDIOF_CARDRESET)");
        Expect.Equal(1, router.Resets.Since(resets).Count, "resets counted");
    }

    private static async Task PowerAsync(IRouter router, CancellationToken cancellation)
    {
        const string File = $"{AgentConfigFile.StateDirectory}/witness";
        await router.RunAsync($"echo kept > {File}; sync", cancellation);
        var mark = router.Console.Lines.Mark;
        await router.PowerCutAsync(cancellation);
        await router.PowerOnAsync(cancellation);
        await router.WaitUntilManagedAsync(mark, BenchExtensions.BootLimit, cancellation);
        Expect.Equal(
            "kept", (await router.RunAsync($"cat {File}", cancellation)).Trim(), "the state disk after a power cut");
    }

    private static Task<TimeSpan> BatctlSeesAsync(
        IBench bench, string from, string to, CancellationToken cancellation) =>
        Wait.UntilAsync(
            $"batctl of {from} has a path to {to}", Steps.MeshLimit,
            async stop => (await MeshTables.BatctlOriginatorsAsync(bench.Router(from), stop))
                .Any(p => p.IsBest && p.Originator == bench.OriginatorOf(to)),
            bench.Router(from).Console.Tail, cancellation);
}
