using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: without SPIRE and without anybody else, a site makes its own authority on one router; the others attest over the mesh
/// with a join string each, good once; they talk to the broker over mutual TLS and renew by themselves every minute. A router that is
/// rebooted comes back with the key it kept; one that was denied does not, and a used join string is worth nothing.
/// </summary>
internal sealed class RoutersAttest : IScenario
{
    private const string Authority = "10.77.0.1";
    private const int Port = 8448;
    private const string DeviceSecretFile = "/etc/x0tta6bl4/fuses";

    /// <summary>What a board has in its fuses; the same at each boot.</summary>
    private const string DeviceSecret = "c2f1a4d7e90b3f5886d1b7a0c4e2f39d";

    private const string Join = "/etc/x0tta6bl4/join";

    /// <summary>What the agent does with what it issues: two minutes, renewed after one.</summary>
    private const string Life = "2m";

    private static readonly TimeSpan Watched = TimeSpan.FromMinutes(4);

    private static readonly BenchPlan Plan = new(Links.Topology.Line(2))
    {
        HasBroker = true,
        Options = router => new RouterOptions
        {
            EditConfig = text => Config(text, router),
            BootScript = $"echo {DeviceSecret}-{router} > {DeviceSecretFile}; chmod 600 {DeviceSecretFile}",
        },
    };

    public string Name => "routers-attest";

    public string Promise => "a site authority on one router: join strings, renewals, a reboot, a stolen router";

    public TimeSpan Limit => TimeSpan.FromMinutes(14);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var (a, b, broker) = (bench.Router("A"), bench.Router("B"), bench.Broker!);
        await IdentitySteps.HasNoLibsslAsync(a, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        await a.RunAsync($"ip addr add {Authority}/24 dev bat0", cancellation);
        await b.RunAsync("ip addr add 10.77.0.2/24 dev bat0", cancellation);

        await a.RunAsync($"{AgentConfigFile.Binary} ca init --trust-domain {RackAuthority.TrustDomain}", cancellation);
        await broker.ReloadAsync(await BrokerAsync(a, cancellation), cancellation);
        await broker.StopAsync();
        await broker.StartAsync(cancellation);
        var join = await TokenAsync(a, "B", cancellation);
        var askedAt = RackClock.Now;
        await GiveAsync(a, await TokenAsync(a, "A", cancellation), cancellation);
        await GiveAsync(b, join, cancellation);
        foreach (var router in bench.Routers)
        {
            await Steps.StatusAsync(router, "enrolled and connected", s => s.MqttConnected, TimeSpan.FromMinutes(3), cancellation);
        }

        context.Figure("enrolled_and_connected_s", Math.Round((RackClock.Now - askedAt).TotalSeconds, 1));
        await RenewAsync(context, bench, cancellation);
        await RebootAsync(context, b, cancellation);
        await DenyAsync(context, a, b, join, cancellation);
    }

    /// <summary>Renewals by themselves for some minutes, without a report lost.</summary>
    private static async Task RenewAsync(ScenarioContext context, IBench bench, CancellationToken cancellation)
    {
        var start = RackClock.Now;
        var renewedBroker = RackClock.Now;
        // Before they were enrolled, reports waited for longer than they are worth.
        var dropped = new Dictionary<string, long>();
        foreach (var router in bench.Routers)
        {
            dropped[router.Name] = (await IdentitySteps.MqttAsync(router, cancellation)).GetProperty("dropped").GetInt64();
        }

        while (RackClock.Now - start < Watched)
        {
            if (RackClock.Now - renewedBroker > TimeSpan.FromMinutes(2))
            {
                await bench.Broker!.ReloadAsync(await BrokerAsync(bench.Router("A"), cancellation), cancellation);
                renewedBroker = RackClock.Now;
            }

            await Task.Delay(TimeSpan.FromSeconds(5), cancellation);
        }

        foreach (var router in bench.Routers)
        {
            var metrics = await PrometheusText.ScrapeAsync(router, cancellation);
            var rotations = metrics.Value("x0tta6bl4_identity_rotations_total") ?? 0;
            context.Figure($"{router.Name}_rotations", rotations);
            Expect.That(rotations >= 4, $"{router.Name} renewed {rotations} times in {Watched.TotalMinutes} minutes");
            var mqtt = await IdentitySteps.MqttAsync(router, cancellation);
            Expect.Equal(dropped[router.Name], mqtt.GetProperty("dropped").GetInt64(), $"reports of {router.Name} dropped");
            var delivered = bench.Broker!.Messages.Since(0).Count(m => m.Item.Router == router.Name && m.Item.Kind != "status");
            Expect.That(delivered >= mqtt.GetProperty("published").GetInt64(), $"{router.Name}: acknowledged reports were not handed on");
        }
    }

    /// <summary>Off for longer than its certificate lives: it comes back by the key it kept.</summary>
    private static async Task RebootAsync(ScenarioContext context, IRouter b, CancellationToken cancellation)
    {
        await b.PowerCutAsync(cancellation);
        await Task.Delay(TimeSpan.FromSeconds(130), cancellation);
        var mark = b.Console.Lines.Mark;
        await b.PowerOnAsync(cancellation);
        await b.WaitUntilManagedAsync(mark, BenchExtensions.BootLimit, cancellation);
        await Wait.UntilAsync(
            "bat0 of B is there", TimeSpan.FromSeconds(60),
            async stop => (await b.ExecAsync("ip addr add 10.77.0.2/24 dev bat0", TimeSpan.FromSeconds(10), stop)).ExitCode == 0,
            b.Console.Tail, cancellation);
        var upAt = RackClock.Now;
        await Steps.StatusAsync(b, "connected again without a new join string", s => s.MqttConnected, TimeSpan.FromMinutes(3), cancellation);
        context.Figure("back_after_power_cut_s", Math.Round((RackClock.Now - upAt).TotalSeconds, 1));
    }

    /// <summary>A stolen router: no renewal any more, and the old join string does not help.</summary>
    private static async Task DenyAsync(ScenarioContext context, IRouter a, IRouter b, string join, CancellationToken cancellation)
    {
        await a.RunAsync($"{AgentConfigFile.Binary} ca deny --id {Id("B")}", cancellation);
        var deniedAt = RackClock.Now;
        await GiveAsync(b, join, cancellation);
        await Steps.StatusAsync(
            b, "denied, and its identity has expired", s => !s.MqttConnected && s.Symptoms.Any(p => p.Code == "identity.expired"),
            TimeSpan.FromMinutes(4), cancellation);
        context.Figure("denied_router_silent_after_s", Math.Round((RackClock.Now - deniedAt).TotalSeconds, 1));
        var problem = (await IdentitySteps.IdentityAsync(b, cancellation)).GetProperty("last_problem").GetString() ?? "";
        Expect.That(problem.Contains("denied", StringComparison.Ordinal), $"it says \"{problem}\"");
        var refused = (await PrometheusText.ScrapeAsync(a, cancellation)).Value("x0tta6bl4_authority_requests_total", ("result", "refused_denied"));
        Expect.That(refused > 0, "the authority did not count a refusal");
    }

    private static string Config(string text, string router)
    {
        var start = text.IndexOf("source = \"files\"", StringComparison.Ordinal);
        var identity = text[..start]
            + $"""
            source = "authority"
            trust_domain = "{RackAuthority.TrustDomain}"
            join_file = "{Join}"

            [secrets]
            directory = "{AgentConfigFile.StateDirectory}/secrets"
            device_secret = "{DeviceSecretFile}"

            """;
        identity = IdentitySteps.ReportOften(identity);
        return router != "A"
            ? identity
            : identity + $"""

                [authority]
                listen = ["0.0.0.0:{Port}"]
                ledger = "{AgentConfigFile.StateDirectory}/authority"
                svid_lifetime = "{Life}"

                """;
    }

    private static string Id(string router) => $"spiffe://{RackAuthority.TrustDomain}/{AgentConfigFile.RouterPath(router)}";

    private static async Task<string> TokenAsync(IRouter a, string router, CancellationToken cancellation) =>
        (await a.RunAsync($"{AgentConfigFile.Binary} ca token --id {Id(router)} --address {Authority}:{Port}", cancellation)).Trim();

    private static Task GiveAsync(IRouter router, string join, CancellationToken cancellation) =>
        router.PushAsync(Join, System.Text.Encoding.UTF8.GetBytes(join + "\n"), cancellation);

    /// <summary>Files for the broker from the site's own authority.</summary>
    private static async Task<IdentityFiles> BrokerAsync(IRouter a, CancellationToken cancellation)
    {
        await a.RunAsync(
            $"{AgentConfigFile.Binary} ca issue --id spiffe://{RackAuthority.TrustDomain}/{AgentConfigFile.BrokerPath} --out-dir /tmp/broker", cancellation);
        return new IdentityFiles(
            await a.RunAsync("cat /tmp/broker/svid.pem", cancellation), await a.RunAsync("cat /tmp/broker/svid_key.pem", cancellation),
            await a.RunAsync("cat /tmp/broker/bundle.pem", cancellation));
    }
}
