using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: when the router with the site's authority is gone, the router that was allowed to stands in for it: the others keep
/// their identities for longer than the authority's last ones live, say that they do, and lose no report. When the authority is
/// back they return to it by themselves.
/// </summary>
internal sealed class IslandStandsIn : IScenario
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(2);
    private static readonly string Island = $"{AuthoritySteps.AddressOf("B")}:{AuthoritySteps.Port}";

    private static readonly BenchPlan Plan = AuthoritySteps.Plan(
        3, $"{Life.TotalMinutes}m",
        router => router == "B"
            ? $"""

                [island]
                listen = ["0.0.0.0:{AuthoritySteps.Port}"]
                svid_lifetime = "{Life.TotalMinutes}m"

                """
            : "",
        $"island_addresses = [\"{Island}\"]");

    public string Name => "island-stands-in";

    public string Promise => "the authority's router gone: an island authority renews the others, and gives way when it is back";

    public TimeSpan Limit => TimeSpan.FromMinutes(14);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var (a, b, c) = (bench.Router("A"), bench.Router("B"), bench.Router("C"));
        await AuthoritySteps.FoundAsync(bench, cancellation);
        // C before B: an island learns at its contact, hourly and at its start, whom the authority knows.
        await AuthoritySteps.EnrolAsync(bench, [a, c], cancellation);
        await a.RunAsync($"{AgentConfigFile.Binary} ca island --id {AuthoritySteps.Id("B")} --days 2", cancellation);
        var mark = b.Console.Lines.Mark;
        await AuthoritySteps.EnrolAsync(bench, [b], cancellation);
        await Steps.LogEventAsync(b, IdentitySteps.IslandInTouch, "", mark, TimeSpan.FromSeconds(30), cancellation);

        var reports = await ReportsWatch.StartAsync(bench.Broker!, [b, c], cancellation);
        await a.PowerCutAsync(cancellation);
        var goneAt = RackClock.Now;
        foreach (var router in (IRouter[])[b, c])
        {
            await Steps.StatusAsync(
                router, "an identity of the island", s => s.Symptoms.Any(p => p.Code == "identity.island"), Life + Life, cancellation);
        }

        // Longer than anything lives that the authority issued.
        var rest = goneAt + Life + Life - RackClock.Now;
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellation);
        foreach (var router in (IRouter[])[b, c])
        {
            Expect.Equal("degraded", (await AgentStatus.ReadAsync(router, cancellation)).Health, $"health of {router.Name}");
            Expect.Equal(
                1d, (await PrometheusText.ScrapeAsync(router, cancellation)).Value("x0tta6bl4_identity_island_issued") ?? 0,
                $"island gauge of {router.Name}");
        }

        await reports.JudgeAsync(context, reconnectsMin: 2, cancellation, expected: "identity.island");

        await AuthoritySteps.PowerOnAsync(a, cancellation);
        var backAt = RackClock.Now;
        foreach (var router in bench.Routers)
        {
            await Steps.StatusAsync(
                router, "back at the authority",
                s => s.MqttConnected && s.Symptoms.All(p => !p.Code.StartsWith("identity.", StringComparison.Ordinal)), Life + Life, cancellation);
        }

        context.Figure("back_at_authority_s", Math.Round((RackClock.Now - backAt).TotalSeconds, 1));
        // Greeted before the island had its authority, C asks again after five minutes.
        await Steps.StatusAsync(
            c, "its island would renew it", s => s.Symptoms.All(p => p.Code != "island.none-knows-us"), TimeSpan.FromMinutes(6), cancellation);
    }
}
