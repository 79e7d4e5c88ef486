using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: whoever looks up at the router sees how it is. The GPIO lines are watched from outside the guest: steady
/// when in the mesh; slow status, dark mesh and slow fault when all neighbours are gone; steady again when they are
/// back.
/// </summary>
internal sealed class LedsFollowHealth : IScenario
{
    public string Name => "leds-follow-health";

    public string Promise => "LEDs seen from outside show joining, healthy, isolated and healthy again";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        var start = RackClock.Now;
        var a = bench.Router("A");
        await HealthyAsync(a, cancellation);
        context.Figure("healthy_s", RackClock.Now - start);
        var blinks = a.Leds.Changes.Since(0).Count(c => c.Item.Line == (int)LedLine.Status);
        Expect.That(blinks >= 3, $"the status LED changed only {blinks} times: nobody could see it boot");

        var cutAt = RackClock.Now;
        var mark = a.Leds.Changes.Mark;
        await bench.Link("A", "B").CutAsync(cancellation);
        var dark = await a.Leds.Changes.WaitAsync(
            mark, c => c is { Line: (int)LedLine.Mesh, IsOn: false }, TimeSpan.FromSeconds(15), cancellation)
            ?? throw new RackException($"the mesh LED of A did not go out within 15 s of the cut\n{a.Console.Tail()}");
        context.Figure("mesh_led_off_s", dark.At - cutAt);
        await Steps.LedsShowAsync(
            a, LedSight.Slow, LedSight.Off, LedSight.Slow, TimeSpan.FromSeconds(20), cancellation);
        context.Figure("isolated_s", RackClock.Now - cutAt);

        var backAt = RackClock.Now;
        await bench.Link("A", "B").RestoreAsync(cancellation);
        await HealthyAsync(a, cancellation);
        context.Figure("healthy_again_s", RackClock.Now - backAt);
        context.Figure("led_changes", a.Leds.Count(0));
    }

    private static Task<TimeSpan> HealthyAsync(IRouter router, CancellationToken cancellation) =>
        Steps.LedsShowAsync(router, LedSight.On, LedSight.On, LedSight.Off, TimeSpan.FromSeconds(60), cancellation);
}
