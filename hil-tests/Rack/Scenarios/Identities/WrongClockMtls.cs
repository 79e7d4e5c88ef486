using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: a router that boots in 1970 proves who it is all the same, by the time its own fresh certificate proves; a clock that
/// jumps far ahead closes doors, and says so, and nothing needs a restart when it is right again; one that is set back opens none.
/// </summary>
internal sealed class WrongClockMtls : IScenario
{
    private static readonly BenchPlan Plan = IdentitySteps.Pair(bootsIn1970: true);

    public string Name => "wrong-clock-mtls";

    public string Promise => "mutual TLS works from 1970 on; a clock far ahead closes doors until it is right again";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var (a, broker) = (bench.Router("A"), bench.Broker!);
        Expect.Equal("1970", (await a.RunAsync("date +%Y", cancellation)).Trim(), "year in the guest");
        var first = await Steps.StatusAsync(
            a, "connected in 1970, and the clock is said to be behind",
            s => s.MqttConnected && s.Symptoms.Any(p => p.Code == "identity.clock-behind"), Steps.MeshLimit, cancellation);
        var identity = await IdentitySteps.IdentityAsync(a, cancellation);
        Expect.That(identity.GetProperty("judged_as_of").GetDateTime() > DateTime.UtcNow.AddHours(-1), "it judges by a time long past");

        await SetAsync(a, DateTimeOffset.UtcNow, cancellation);
        await Steps.StatusAsync(
            a, "the clock is right", s => s.MqttConnected && s.Symptoms.All(p => p.Code != "identity.clock-behind"),
            TimeSpan.FromMinutes(2), cancellation);

        var mark = a.Console.Lines.Mark;
        await SetAsync(a, DateTimeOffset.UtcNow.AddYears(70), cancellation);
        var aheadAt = RackClock.Now;
        await Steps.StatusAsync(
            a, "everything has expired", s => !s.MqttConnected && s.Symptoms.Any(p => p.Code == "identity.expired"),
            TimeSpan.FromMinutes(2), cancellation);
        context.Figure("doors_closed_s", Math.Round((RackClock.Now - aheadAt).TotalSeconds, 1));
        await Steps.LogEventAsync(a, IdentitySteps.ConnectionEnded, "expired", mark, TimeSpan.FromSeconds(5), cancellation);

        await SetAsync(a, DateTimeOffset.UtcNow, cancellation);
        var rightAt = RackClock.Now;
        await Steps.StatusAsync(
            a, "believed again", s => s.MqttConnected && s.Symptoms.All(p => p.Code != "identity.expired"),
            TimeSpan.FromMinutes(2), cancellation);
        context.Figure("doors_open_s", Math.Round((RackClock.Now - rightAt).TotalSeconds, 1));

        await SetAsync(a, new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero), cancellation);
        var messages = broker.Messages.Mark;
        await broker.WaitForAsync("A", "mesh", _ => true, messages, TimeSpan.FromSeconds(20), cancellation);
        identity = await IdentitySteps.IdentityAsync(a, cancellation);
        Expect.That(identity.GetProperty("clock_set_back").GetInt64() >= 2, "nobody noticed the clock being set back twice");
        Expect.Equal(first.Pid, (await AgentStatus.ReadAsync(a, cancellation)).Pid, "process id of the agent");
    }

    private static Task<string> SetAsync(IRouter router, DateTimeOffset time, CancellationToken cancellation) =>
        router.RunAsync($"date -u -s '{time:yyyy-MM-dd HH:mm:ss}'", cancellation);
}
