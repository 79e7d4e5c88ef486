using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: routers that attested at their site's authority, and talk to a broker over mutual TLS, replace their identities every
/// minute by themselves, the broker's is replaced as often, for ten minutes under load, and not one report is lost, late, or taken
/// for the end of a router. None of them has an OpenSSL it could have used.
/// </summary>
internal sealed class IdentityRotation : IScenario
{
    private static readonly TimeSpan Watched = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>Two minutes, renewed at half of it, give or take a tenth of the whole.</summary>
    private static readonly BenchPlan Plan = AuthoritySteps.Plan(2, "2m");

    /// <summary>Renewals of a router in the time watched, even if chance made each of them as late as it can.</summary>
    private const int RotationsMin = 8;

    public string Name => "identity-rotation";

    public string Promise => "attested routers replace their identities every minute for ten minutes: no report lost, no router thought dead";

    public TimeSpan Limit => TimeSpan.FromMinutes(16);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        foreach (var router in bench.Routers)
        {
            await IdentitySteps.HasNoLibsslAsync(router, cancellation);
        }

        await AuthoritySteps.FoundAsync(bench, cancellation);
        await AuthoritySteps.EnrolAsync(bench, bench.Routers, cancellation);
        var reports = await ReportsWatch.StartAsync(bench.Broker!, bench.Routers, cancellation);
        var before = await RotationsAsync(bench, cancellation);
        for (var start = RackClock.Now; RackClock.Now - start < Watched;)
        {
            await bench.Broker!.ReloadAsync(await AuthoritySteps.IssueForBrokerAsync(bench.Router("A"), cancellation), cancellation);
            await Task.Delay(Every, cancellation);
        }

        foreach (var (router, count) in await RotationsAsync(bench, cancellation))
        {
            context.Figure($"{router}_rotations", count - before[router]);
            Expect.That(
                count - before[router] >= RotationsMin, $"{router} renewed {count - before[router]} times in {Watched.TotalMinutes} minutes");
        }

        await reports.JudgeAsync(context, reconnectsMin: RotationsMin / 2, cancellation);
    }

    private static async Task<Dictionary<string, double>> RotationsAsync(IBench bench, CancellationToken cancellation)
    {
        var rotations = new Dictionary<string, double>();
        foreach (var router in bench.Routers)
        {
            rotations[router.Name] = (await PrometheusText.ScrapeAsync(router, cancellation)).Value("x0tta6bl4_identity_rotations_total") ?? 0;
        }

        return rotations;
    }
}
