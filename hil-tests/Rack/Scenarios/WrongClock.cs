using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a router without a clock chip works. It boots in 1970; the mesh forms and reports arrive. Then the time is
/// learned, and the clock jumps by half a century: nothing is thought lost, nothing times out, nothing is reset.
/// </summary>
internal sealed class WrongClock : IScenario
{
    private static readonly BenchPlan PairIn1970 = new(Topology.Line(2))
    {
        HasBroker = true,
        Options = _ => new RouterOptions { BootsIn1970 = true },
    };

    public string Name => "wrong-clock";

    public string Promise => "booted in 1970 everything works, and the jump to today disturbs nothing";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(PairIn1970, cancellation);
        var a = bench.Router("A");
        Expect.Equal("1970", (await a.RunAsync("date +%Y", cancellation)).Trim(), "year in the guest");
        context.Figure("mesh_s", await Steps.MeshIsCompleteAsync(bench, cancellation));
        var before = await Steps.StatusAsync(
            a, "watchdog fed, broker connected",
            s => s is { WatchdogFed: true, MqttConnected: true }, Steps.MeshLimit, cancellation);

        var console = a.Console.Lines.Mark;
        var messages = bench.Broker!.Messages.Mark;
        await a.RunAsync("date -s '2026-06-01 12:00:00'", cancellation);
        // Ten seconds is the report interval on the rack; more than one must come after the jump.
        await bench.Broker.WaitForAsync("A", "mesh", _ => true, messages, TimeSpan.FromSeconds(30), cancellation);
        messages = bench.Broker.Messages.Mark;
        await bench.Broker.WaitForAsync("A", "mesh", _ => true, messages, TimeSpan.FromSeconds(30), cancellation);
        // And back again, as a bad time server does.
        await a.RunAsync("date -s '2001-01-01 00:00:00'", cancellation);
        messages = bench.Broker.Messages.Mark;
        await bench.Broker.WaitForAsync("A", "mesh", _ => true, messages, TimeSpan.FromSeconds(30), cancellation);

        var after = await AgentStatus.ReadAsync(a, cancellation);
        Expect.Equal(before.Pid, after.Pid, "process id of the agent");
        Expect.That(after is { WatchdogFed: true, MqttConnected: true, Neighbours: > 0 },
            "the agent is not well after the jump");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
        Expect.That(
            !Steps.Logged(a, Steps.NeighbourLost, console),
            "a neighbour was thought lost when the clock jumped");
        context.Figure("agent_uptime_s", after.UptimeSeconds);
        Expect.That(after.UptimeSeconds is > 0 and < 600, $"the agent thinks it has run for {after.UptimeSeconds} s");
    }
}
