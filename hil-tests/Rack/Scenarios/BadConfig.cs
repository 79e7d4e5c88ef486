using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a broken configuration is refused with file, line and column, and never half-applied. Broken at boot, the
/// agent does not start, says why, and starts as soon as the file is right; broken on reload, the running one stays.
/// </summary>
internal sealed class BadConfig(string variant, string broken, string mustSay) : IScenario
{
    private readonly BenchPlan _plan = new(Topology.Line(2))
    {
        Options = router => router == "A"
            ? new RouterOptions { EditConfig = text => text + "\n" + broken + "\n" }
            : new RouterOptions(),
    };

    public static IEnumerable<IScenario> Variants =>
    [
        new BadConfig("broken-toml", "[log\nlevel = ", "agent.toml:"),
        new BadConfig("unknown-key", "[log]\ncolour = true", "colour"),
    ];

    public string Name => $"bad-input/{variant}";

    public string Promise => "refused with line and column, not half-applied, and started once it is right";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(_plan, cancellation);
        var a = bench.Router("A");
        var said = await a.Console.Lines.WaitAsync(
            0,
            l => l.Contains("agent.toml:", StringComparison.Ordinal) && l.Contains(mustSay, StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), cancellation)
            ?? throw new RackException(
                $"nothing on the console names agent.toml and \"{mustSay}\"\n{a.Console.Tail()}");
        context.Figure("said", said.Item);
        await a.Console.WaitForAsync("agent ended with exit code 2", 0, TimeSpan.FromSeconds(30), cancellation);
        Expect.That(
            !(await a.RunAsync("ls /sys/class/net", cancellation)).Contains(
                AgentConfigFile.MeshInterface, StringComparison.Ordinal),
            "a refused configuration was half-applied: bat0 exists");

        var right = (await a.RunAsync($"cat {AgentConfigFile.Path}", cancellation))
            .Replace("\n" + broken + "\n", "\n", StringComparison.Ordinal);
        await a.PushAsync(AgentConfigFile.Path, System.Text.Encoding.UTF8.GetBytes(right), cancellation);
        var repairedAt = RackClock.Now;
        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        context.Figure("meshed_after_repair_s", RackClock.Now - repairedAt);

        var before = await AgentStatus.ReadAsync(a, cancellation);
        await a.PushAsync(
            AgentConfigFile.Path, System.Text.Encoding.UTF8.GetBytes(right + "\n" + broken + "\n"), cancellation);
        await a.RunAsync($"kill -HUP {before.Pid}", cancellation);
        var after = await Steps.StatusAsync(
            a, "the running configuration stays", s => s.Symptoms.Any(p => p.Code == "agent.config-invalid"),
            TimeSpan.FromSeconds(20), cancellation);
        Expect.Equal(before.Pid, after.Pid, "process id of the agent");
        Expect.That(after is { Neighbours: 1, WatchdogFed: true }, "a refused reload disturbed the running agent");
    }
}
