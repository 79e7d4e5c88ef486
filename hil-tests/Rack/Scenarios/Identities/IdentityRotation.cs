using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: identities that live two minutes are replaced every minute, those of the routers and that of the broker, for ten
/// minutes under load, and not one report is lost, late, or taken for the end of a router.
/// </summary>
internal sealed class IdentityRotation : IScenario
{
    private const int Rounds = 10;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>Reports come once a second; an emulated router takes about a second for a handshake.</summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(8);

    private static readonly BenchPlan Plan = IdentitySteps.Pair(Life);

    public string Name => "identity-rotation";

    public string Promise => "identities replaced every minute for ten minutes: no report lost, no router thought dead";

    public TimeSpan Limit => TimeSpan.FromMinutes(15);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var broker = bench.Broker!;
        foreach (var router in bench.Routers)
        {
            await IdentitySteps.HasNoLibsslAsync(router, cancellation);
            await Steps.StatusAsync(router, "the broker is connected", s => s.MqttConnected, Steps.MeshLimit, cancellation);
        }

        var start = broker.Messages.Mark;
        var startedAt = RackClock.Now;
        var taken = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var next = RackClock.Now + Every;
            await broker.ReloadAsync(bench.Authority!.Issue(AgentConfigFile.BrokerPath, Life), cancellation);
            foreach (var router in bench.Routers)
            {
                taken.Add(await RotateAsync(bench, router, cancellation));
            }

            await Task.Delay(next > RackClock.Now ? next - RackClock.Now : TimeSpan.Zero, cancellation);
        }

        context.Figure("rotations", taken.Count);
        context.Figure("taken_over_s_max", taken.Max());
        foreach (var router in bench.Routers)
        {
            await JudgeAsync(context, broker, router, start, startedAt, cancellation);
        }
    }

    /// <summary>Gives the seconds until the agent used the new identity.</summary>
    private static async Task<double> RotateAsync(IBench bench, IRouter router, CancellationToken cancellation)
    {
        var mark = router.Console.Lines.Mark;
        await IdentitySteps.RotateAsync(
            router, bench.Authority!.Issue(AgentConfigFile.RouterPath(router.Name), Life), cancellation);
        var pushedAt = RackClock.Now;
        var used = await Steps.LogEventAsync(router, IdentitySteps.Rotated, "files", mark, TimeSpan.FromSeconds(20), cancellation);
        var seconds = Math.Max(0, (used.At - pushedAt).TotalSeconds);
        Expect.That(seconds < 1, $"{router.Name} used the new identity only after {seconds:0.0} s");
        return seconds;
    }

    private static async Task JudgeAsync(
        ScenarioContext context, ReportBroker broker, IRouter router, long start, TimeSpan startedAt, CancellationToken cancellation)
    {
        var mqtt = await IdentitySteps.MqttAsync(router, cancellation);
        var messages = broker.Messages.Since(start).Where(m => m.Item.Router == router.Name).ToList();
        var gap = messages.Select(m => m.At).Prepend(startedAt).Zip(messages.Select(m => m.At)).Max(p => (p.Second - p.First).TotalSeconds);
        var reconnects = mqtt.GetProperty("reconnects").GetInt64();
        var acknowledged = mqtt.GetProperty("published").GetInt64();
        var delivered = broker.Messages.Since(0).Count(m => m.Item.Router == router.Name && m.Item.Kind != "status");
        context.Figure($"{router.Name}_reports", messages.Count);
        context.Figure($"{router.Name}_gap_s_max", Math.Round(gap, 1));
        context.Figure($"{router.Name}_reconnects", reconnects);
        Expect.Equal(0L, mqtt.GetProperty("dropped").GetInt64(), $"reports of {router.Name} dropped");
        Expect.That(delivered >= acknowledged, $"{router.Name}: {acknowledged} reports acknowledged, {delivered} handed on");
        Expect.That(gap < GapMax.TotalSeconds, $"{router.Name}: no report for {gap:0.0} s");
        Expect.That(reconnects >= Rounds / 2, $"{router.Name}: only {reconnects} new connections; was the identity used?");
        Expect.That(
            messages.All(m => m.Item.Kind != "status" || m.Item.Payload.Contains("online", StringComparison.Ordinal)),
            $"{router.Name} was thought dead");
        Expect.That(
            (await AgentStatus.ReadAsync(router, cancellation)).Symptoms.All(s => !s.Code.StartsWith("identity.", StringComparison.Ordinal)),
            $"{router.Name} has a symptom of its identity");
    }
}
