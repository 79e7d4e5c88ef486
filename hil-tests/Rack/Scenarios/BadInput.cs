using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: whatever a board lacks, the agent says it in one clear sentence with what to do, and goes on doing
/// everything else. Each variant takes one thing away from router A; the symptom must be in status, in the metric and
/// on the LED, and what has nothing to do with it must work.
/// </summary>
/// <param name="variant">Behind the slash of the name.</param>
/// <param name="promise">One line.</param>
/// <param name="options">How A is built.</param>
/// <param name="symptom">Beginning of the code of the symptom that must appear.</param>
/// <param name="mention">What its text or its fix must mention.</param>
/// <param name="isWhole">What must still hold of A's status.</param>
/// <param name="still">The same in words.</param>
internal sealed class BadInput(
    string variant, string promise, RouterOptions options, string symptom, string mention,
    Func<AgentStatus, bool> isWhole, string still)
    : IScenario
{
    /// <summary>The grace the agent gives modules and cards that come late, and a margin.</summary>
    private static readonly TimeSpan SymptomLimit = TimeSpan.FromSeconds(60);

    private readonly BenchPlan _plan = new(Topology.Line(2))
    {
        Options = router => router == "A" ? options : new RouterOptions(),
    };

    public static IEnumerable<IScenario> Variants =>
    [
        new BadInput(
            "no-module", "no batman-adv in the kernel: critical, but managed, fed and observable",
            new RouterOptions { SkippedModules = ["batman-adv"] }, "mesh.", "modprobe batman-adv",
            s => s is { WatchdogFed: true, Health: "critical" }, "watchdog fed, health critical"),
        new BadInput(
            "wrong-kind", "something else bears the mesh interface's name: said, left alone, and managed, fed and observable",
            new RouterOptions { BootScript = $"ip link add name {AgentConfigFile.MeshInterface} type bridge" },
            "mesh.interface-wrong-kind", AgentConfigFile.MeshInterface,
            s => s is { WatchdogFed: true, Health: "critical", Neighbours: 0 }, "watchdog fed, health critical"),
        new BadInput(
            "no-watchdog", "no watchdog chip: said, and the mesh works",
            new RouterOptions { HasWatchdog = false }, "board.watchdog", "/dev/watchdog0",
            s => s is { Neighbours: 1, WatchdogFed: false, Health: "degraded" }, "in the mesh, degraded"),
        new BadInput(
            "no-leds", "no LED driver: said, and the mesh works",
            new RouterOptions { SkippedModules = ["leds-gpio"] }, "board.led-missing", "leds-gpio",
            s => s is { Neighbours: 1, WatchdogFed: true, Health: "degraded" }, "in the mesh, fed, degraded"),
        new BadInput(
            "unknown-board", "no file for this board: said, and the mesh works",
            new RouterOptions { KnowsBoards = false }, "board.unknown", "linux,dummy-virt",
            s => s is { Neighbours: 1, Health: "degraded" }, "in the mesh, degraded"),
        new BadInput(
            "absent-interface", "a configured interface that does not exist: said, and the others are in the mesh",
            new RouterOptions { HardInterfaces = ["mesh0", "mesh9"] }, "mesh.hard-interface-absent", "mesh9",
            s => s is { Neighbours: 1, WatchdogFed: true, Health: "degraded" }, "in the mesh, fed, degraded"),
    ];

    public string Name => $"bad-input/{variant}";

    public string Promise => promise;

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(_plan, cancellation);
        var a = bench.Router("A");
        var status = await Steps.StatusAsync(
            a, $"symptom {symptom} that mentions {mention}, and {still}",
            s => s.Symptoms.Any(IsTheOne) && isWhole(s),
            SymptomLimit, cancellation);
        var said = status.Symptoms.First(IsTheOne);
        context.Figure("code", said.Code);
        context.Figure("text", said.Text);
        context.Figure("fix", said.Fix);
        Expect.That(
            said.Text.Length > 10 && said.Fix.Length > 5, "the symptom does not say what is wrong and what to do");
        context.Figure("symptoms", status.Symptoms.Count);

        var metrics = await PrometheusText.ScrapeAsync(a, cancellation);
        Expect.That(
            metrics.Value("x0tta6bl4_symptom", ("code", said.Code)) >= 1,
            $"the metric x0tta6bl4_symptom does not have {said.Code}");
        var answer = await a.ExecAsync($"{AgentConfigFile.Binary} status", TimeSpan.FromSeconds(15), cancellation);
        Expect.Equal(3, answer.ExitCode, "exit code of status");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
    }

    private bool IsTheOne(AgentSymptom said) => said.Code.StartsWith(symptom, StringComparison.Ordinal)
        && (said.Text + said.Fix).Contains(mention, StringComparison.Ordinal);
}
