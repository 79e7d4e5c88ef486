using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: without SPIRE and without anybody else, a site makes its own authority on one router; the others attest over the mesh
/// with a join string each, good once. Their keys are Ed25519, as the authority's is; the broker's is P-256. A router that was off for
/// longer than its certificate lives comes back with the key it kept; one that was denied does not, and a used join string is worth
/// nothing.
/// </summary>
internal sealed class RoutersAttest : IScenario
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(2);
    private static readonly BenchPlan Plan = AuthoritySteps.Plan(2, $"{Life.TotalMinutes}m");

    public string Name => "routers-attest";

    public string Promise => "a site authority on one router: join strings, a router long without power, a stolen router";

    public TimeSpan Limit => TimeSpan.FromMinutes(14);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var (a, b) = (bench.Router("A"), bench.Router("B"));
        await AuthoritySteps.FoundAsync(bench, cancellation, "ed25519");
        var askedAt = RackClock.Now;
        var joins = await AuthoritySteps.EnrolAsync(bench, bench.Routers, cancellation);
        context.Figure("enrolled_and_connected_s", Math.Round((RackClock.Now - askedAt).TotalSeconds, 1));
        await LoseAndRestorePowerAsync(context, b, cancellation);
        await DenyAsync(context, a, b, joins["B"], cancellation);
    }

    /// <summary>Off for longer than its certificate lives: it comes back by the key it kept.</summary>
    private static async Task LoseAndRestorePowerAsync(ScenarioContext context, IRouter b, CancellationToken cancellation)
    {
        await b.PowerCutAsync(cancellation);
        await Task.Delay(Life + TimeSpan.FromSeconds(10), cancellation);
        await AuthoritySteps.PowerOnAsync(b, cancellation);
        var upAt = RackClock.Now;
        await Steps.StatusAsync(b, "connected again without a new join string", s => s.MqttConnected, TimeSpan.FromMinutes(3), cancellation);
        context.Figure("back_after_power_cut_s", Math.Round((RackClock.Now - upAt).TotalSeconds, 1));
    }

    /// <summary>A stolen router: no renewal any more, and the old join string does not help.</summary>
    private static async Task DenyAsync(ScenarioContext context, IRouter a, IRouter b, string join, CancellationToken cancellation)
    {
        await a.RunAsync($"{AgentConfigFile.Binary} ca deny --id {AuthoritySteps.Id("B")}", cancellation);
        var deniedAt = RackClock.Now;
        await AuthoritySteps.GiveAsync(b, join, cancellation);
        await Steps.StatusAsync(
            b, "denied, and its identity has expired", s => !s.MqttConnected && s.Symptoms.Any(p => p.Code == "identity.expired"),
            TimeSpan.FromMinutes(4), cancellation);
        context.Figure("denied_router_silent_after_s", Math.Round((RackClock.Now - deniedAt).TotalSeconds, 1));
        var problem = (await IdentitySteps.IdentityAsync(b, cancellation)).GetProperty("last_problem").GetString() ?? "";
        Expect.That(problem.Contains("denied", StringComparison.Ordinal), $"it says \"{problem}\"");
        var refused = (await PrometheusText.ScrapeAsync(a, cancellation)).Value("x0tta6bl4_authority_requests_total", ("result", "refused_denied"));
        Expect.That(refused > 0, "the authority did not count a refusal");
    }
}
