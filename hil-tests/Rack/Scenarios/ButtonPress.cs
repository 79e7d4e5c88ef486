using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a press of the button is an event, once per press, and nothing else happens to the router.
/// </summary>
internal sealed class ButtonPress : IScenario
{
    private const int Presses = 3;

    public string Name => "button-press";

    public string Promise => "each press of the button is one event of the agent";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        var a = bench.Router("A");
        await Steps.StatusAsync(a, "watchdog fed", s => s.WatchdogFed, Steps.MeshLimit, cancellation);
        var slowest = TimeSpan.Zero;
        for (var press = 0; press < Presses; press++)
        {
            var mark = a.Console.Lines.Mark;
            var pressedAt = RackClock.Now;
            await a.PressButtonAsync(cancellation);
            var seen = await Steps.LogEventAsync(
                a, Steps.ButtonPressed, "", mark, TimeSpan.FromSeconds(10), cancellation);
            slowest = seen.At - pressedAt > slowest ? seen.At - pressedAt : slowest;
        }

        context.Figure("presses", Presses);
        context.Figure("seen_s", slowest);
        await Steps.StatusAsync(
            a, $"{Presses} presses counted", s => s.ButtonPresses == Presses, TimeSpan.FromSeconds(10), cancellation);
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
    }
}
