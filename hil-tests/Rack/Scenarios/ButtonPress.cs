using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a press of the button is an event in the log and at the broker, once per press, and nothing else happens to the
/// router.
/// </summary>
internal sealed class ButtonPress : IScenario
{
    private const int Presses = 3;

    // Reports a minute apart: one that shows a press was sent because of it.
    private static readonly BenchPlan Plan = Steps.Pair with
    {
        HasBroker = true,
        Options = router => Steps.Pair.OptionsOf(router) with { EditConfig = AgentConfigFile.WithDefaultReportInterval },
    };

    public string Name => "button-press";

    public string Promise => "each press of the button is one event, in the log and at the broker";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var a = bench.Router("A");
        await Steps.StatusAsync(a, "watchdog fed", s => s.WatchdogFed, Steps.MeshLimit, cancellation);
        var reports = bench.Broker!.Messages.Mark;
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
        await bench.Broker.WaitForAsync(
            "A", "board", m => m.Payload.Contains($"\"presses\":{Presses}", StringComparison.Ordinal), reports,
            TimeSpan.FromSeconds(10), cancellation);
        Expect.Equal(
            Presses, bench.Broker.Messages.Since(reports).Count(m => m.Item is { Router: "A", Kind: "event" } message
                && message.Payload.Contains("\"button\":", StringComparison.Ordinal)), "presses reported to the broker");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
    }
}
