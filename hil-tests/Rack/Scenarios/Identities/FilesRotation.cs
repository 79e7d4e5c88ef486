using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: where somebody else replaces the files of an identity, the agent uses the new one within a second, and not one report
/// is lost by it.
/// </summary>
internal sealed class FilesRotation : IScenario
{
    private const int Rounds = 3;
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(40);

    private static readonly BenchPlan Plan = IdentitySteps.Pair(Life);

    public string Name => "files-rotation";

    public string Promise => "files of an identity replaced under a running agent are in use within a second: no report lost";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        foreach (var router in bench.Routers)
        {
            await Steps.StatusAsync(router, "the broker is connected", s => s.MqttConnected, Steps.MeshLimit, cancellation);
        }

        var reports = await ReportsWatch.StartAsync(bench.Broker!, bench.Routers, cancellation);
        var taken = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var next = RackClock.Now + Every;
            await bench.Broker!.ReloadAsync(bench.Authority!.Issue(AgentConfigFile.BrokerPath, Life), cancellation);
            foreach (var router in bench.Routers)
            {
                taken.Add(await RotateAsync(bench, router, cancellation));
            }

            await Task.Delay(next > RackClock.Now ? next - RackClock.Now : TimeSpan.Zero, cancellation);
        }

        context.Figure("rotations", taken.Count);
        context.Figure("taken_over_s_max", taken.Max());
        await reports.JudgeAsync(context, reconnectsMin: 1, cancellation);
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
}
