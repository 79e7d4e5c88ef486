using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: a full flash is a symptom, not a failure. The state disk is filled to the last block; a stopped and
/// restarted agent says so in one symptom and does all its work; with room again, and another restart, the symptom is
/// gone.
/// </summary>
internal sealed class FullDisk : IScenario
{
    private const string Symptom = "board.record-unwritable";
    private const string Filler = $"{AgentConfigFile.StateDirectory}/filler";

    public string Name => "full-disk";

    public string Promise => "with a full state disk the agent starts, says so, and does its work";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");

        // Large blocks first, then single ones, until not a byte fits; dd failing is the point.
        var left = await a.RunAsync(
            $"dd if=/dev/zero of={Filler} bs=64k 2>/dev/null; dd if=/dev/zero of={Filler}2 bs=1k 2>/dev/null; sync; "
            + $"df -k {AgentConfigFile.StateDirectory} | tail -1 | awk '{{print $4}}'",
            cancellation);
        Expect.Equal("0", left.Trim(), "KiB left on the state disk");

        var full = await RestartAsync(a, cancellation);
        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        full = await Steps.StatusAsync(
            a, $"symptom {Symptom}",
            s => s.Symptoms.Any(p => p.Code == Symptom), TimeSpan.FromSeconds(20), cancellation);
        context.Figure("symptom", full.Symptoms.First(s => s.Code == Symptom).Text);
        Expect.That(full is { WatchdogFed: true, Neighbours: > 0 }, "the agent does not do its work with a full disk");

        await a.RunAsync($"rm {Filler} {Filler}2; sync", cancellation);
        var roomy = await RestartAsync(a, cancellation);
        Expect.That(roomy.Symptoms.All(s => s.Code != Symptom), "the symptom stays although there is room again");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
    }

    /// <summary>Stops the agent in order; init starts it again.</summary>
    private static async Task<AgentStatus> RestartAsync(IRouter router, CancellationToken cancellation)
    {
        var before = await AgentStatus.ReadAsync(router, cancellation);
        await router.RunAsync($"kill -TERM {before.Pid}", cancellation);
        return await Steps.StatusAsync(
            router, "restarted, watchdog fed", s => s.Pid != before.Pid && s is { WatchdogFed: true, Neighbours: > 0 },
            TimeSpan.FromSeconds(40), cancellation);
    }
}
