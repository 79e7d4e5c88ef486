using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: when nobody renews a router's identity, it says so before it is too late, is never called healthy or ready with an
/// expired one, and is back by itself the moment there is a new one.
/// </summary>
internal sealed class AuthorityGoneThenBack : IScenario
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(100);
    private static readonly BenchPlan Plan = IdentitySteps.Pair(Life);

    public string Name => "authority-gone-then-back";

    public string Promise => "alarm before the end, never healthy after it, and back without a restart";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var (a, broker, authority) = (bench.Router("A"), bench.Broker!, bench.Authority!);
        var first = await Steps.StatusAsync(a, "the broker is connected", s => s.MqttConnected, Steps.MeshLimit, cancellation);
        Expect.Equal(200, (await a.GetAsync("/readyz", cancellation)).Status, "/readyz with an identity");

        var mark = a.Console.Lines.Mark;
        await Steps.StatusAsync(
            a, "the alarm before the end", s => s.Health == "degraded" && s.Symptoms.Any(p => p.Code == "identity.expiring"),
            Life, cancellation);
        context.Figure("alarm_left_s", (await IdentitySteps.IdentityAsync(a, cancellation)).GetProperty("expires_in_s").GetDouble());
        await Steps.StatusAsync(
            a, "critical once it has expired", s => s.Health == "critical" && s.Symptoms.Any(p => p.Code == "identity.expired"),
            Life, cancellation);
        await Steps.LogEventAsync(a, IdentitySteps.Expired, "node/A", mark, TimeSpan.FromSeconds(5), cancellation);
        Expect.Equal(503, (await a.GetAsync("/readyz", cancellation)).Status, "/readyz without a valid identity");
        await Steps.StatusAsync(a, "the broker is left", s => !s.MqttConnected, TimeSpan.FromSeconds(20), cancellation);

        // Long enough for the pauses between its attempts to have grown.
        await Task.Delay(TimeSpan.FromSeconds(40), cancellation);
        var messages = broker.Messages.Mark;
        await IdentitySteps.RotateAsync(a, authority.Issue(AgentConfigFile.RouterPath("A")), cancellation);
        var backAt = RackClock.Now;
        var report = await broker.WaitForAsync("A", "mesh", _ => true, messages, TimeSpan.FromSeconds(15), cancellation);
        context.Figure("first_report_after_s", Math.Round((report.At - backAt).TotalSeconds, 1));
        var last = await Steps.StatusAsync(
            a, "healthy again", s => s.MqttConnected && s.Symptoms.All(p => !p.Code.StartsWith("identity.", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(10), cancellation);
        Expect.Equal(first.Pid, last.Pid, "process id of the agent");
        Expect.Equal(200, (await a.GetAsync("/readyz", cancellation)).Status, "/readyz with an identity again");
    }
}
