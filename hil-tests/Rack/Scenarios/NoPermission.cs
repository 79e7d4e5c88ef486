using System.Text;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: an agent started without rights says which right it lacks, goes on answering, and disturbs nothing. It is
/// started as "nobody" beside the router's real agent: its status and metric name the missing capability; the mesh, the
/// watchdog and the real agent do not notice it.
/// </summary>
internal sealed class NoPermission : IScenario
{
    private const string Folder = "/tmp/nobody";
    private const string Socket = $"{Folder}/control.sock";
    private const string Log = $"{Folder}/log";
    private const string Symptom = "mesh.no-permission";
    private const int HttpPort = 9465;

    private static readonly TimeSpan SymptomLimit = TimeSpan.FromSeconds(40);

    // start-stop-daemon takes only users it can look up.
    private static readonly BenchPlan Plan = new(Topology.Line(2))
    {
        Options = _ => new RouterOptions
        {
            Files = new Dictionary<string, byte[]>
            {
                ["/etc/passwd"] = "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"u8.ToArray(),
                ["/etc/group"] = "root:x:0:\nnogroup:x:65534:\n"u8.ToArray(),
            },
        },
    };

    public string Name => "bad-input/no-permission";

    public string Promise => "started as nobody: names CAP_NET_ADMIN, keeps answering, disturbs nothing";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        var real = await Steps.StatusAsync(
            a, "healthy, watchdog fed", s => s is { WatchdogFed: true, Health: "healthy" }, Steps.MeshLimit,
            cancellation);
        await StartAsNobodyAsync(a, cancellation);

        AgentStatus? status = null;
        var log = "";
        await Wait.UntilAsync(
            $"the agent of nobody reports {Symptom}", SymptomLimit,
            async stop =>
            {
                log = await a.RunAsync($"tail -n 20 {Log}", stop);
                status = AgentStatus.Parse(await AgentStatus.AskAsync(a, $"status --socket {Socket}", stop));
                return status.Symptoms.Any(s => s.Code == Symptom);
            },
            () => log, cancellation);
        var said = status!.Symptoms.Single(s => s.Code == Symptom);
        context.Figure("text", said.Text);
        context.Figure("fix", said.Fix);
        context.Figure("all_symptoms", string.Join(' ', status.Symptoms.Select(s => s.Code)));
        Expect.That(
            said.Fix.Contains("CAP_NET_ADMIN", StringComparison.Ordinal), $"the capability is not named: {said.Fix}");
        Expect.Equal("critical", status.Health, "health of an agent that cannot read the mesh");
        Expect.Equal("fault", status.LedState, "what its LEDs would show");

        var scrape = await a.RunAsync($"wget -q -O - http://127.0.0.1:{HttpPort}/metrics", cancellation);
        var metrics = PrometheusText.Parse(scrape);
        Expect.That(metrics.Value("x0tta6bl4_symptom", ("code", Symptom)) == 1, $"the metric does not have {Symptom}");

        var after = await AgentStatus.ReadAsync(a, cancellation);
        Expect.Equal(real.Pid, after.Pid, "process id of the real agent");
        Expect.That(after is { WatchdogFed: true, Health: "healthy", Neighbours: 1 }, "the real agent was disturbed");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
    }

    /// <summary>The router's configuration, with all that it may not share moved to a folder of its own.</summary>
    private static async Task StartAsNobodyAsync(IRouter router, CancellationToken cancellation)
    {
        var config = (await router.RunAsync($"cat {AgentConfigFile.Path}", cancellation))
            .Replace(AgentConfigFile.StateDirectory, $"{Folder}/state", StringComparison.Ordinal)
            .Replace($"0.0.0.0:{AgentConfigFile.HttpPort}", $"127.0.0.1:{HttpPort}", StringComparison.Ordinal)
            .Replace("[api]", $"[api]\nsocket = \"{Socket}\"", StringComparison.Ordinal);
        await router.RunAsync($"mkdir -p {Folder}", cancellation);
        await router.PushAsync($"{Folder}/agent.toml", Encoding.UTF8.GetBytes(config), cancellation);
        // A copy: start-stop-daemon starts nothing that somebody runs already.
        await router.RunAsync(
            $"""
            # Everyone may write it on any router; the rack's mdev makes it root's.
            chmod 666 /dev/null
            cp {AgentConfigFile.Binary} {Folder}/x0tta6bl4-nobody
            chown -R 65534:65534 {Folder}
            start-stop-daemon -S -c 65534:65534 -x {Folder}/x0tta6bl4-nobody -- run --config {Folder}/agent.toml \
              > {Log} 2>&1 &
            """,
            cancellation);
    }
}
