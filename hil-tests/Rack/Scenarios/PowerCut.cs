using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: power may go at any moment. A router is cut off several times, at moments drawn from the seed (in the
/// middle of booting, of joining, of running), and each time comes back into the mesh by itself, with a clean state
/// directory.
/// </summary>
internal sealed class PowerCut : IScenario
{
    private const int Cuts = 4;

    /// <summary>
    /// From power-on to the last moment a cut may come: booting takes 3 s to 8 s, joining as long again.
    /// </summary>
    private const double LatestCutSeconds = 20;

    public string Name => "power-cut";

    public string Promise => "power cut at random moments: every time back in the mesh, state intact";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        // The scenario's own witness that the disk is the same one.
        await a.RunAsync($"echo {context.Seed} > {AgentConfigFile.StateDirectory}/witness && sync", cancellation);

        var mark = a.Console.Lines.Mark;
        await a.PowerCutAsync(cancellation);
        for (var cut = 1; cut < Cuts; cut++)
        {
            await a.PowerOnAsync(cancellation);
#pragma warning disable CA5394 // The seed decides the moment, so that a failure can be repeated.
            var moment = TimeSpan.FromSeconds(context.Random.NextDouble() * LatestCutSeconds);
#pragma warning restore CA5394
            context.Figure($"cut_{cut}_at_s", moment);
            // Not waiting for anything: the moment is the test.
            await Task.Delay(moment, cancellation);
            await a.PowerCutAsync(cancellation);
        }

        var last = a.Console.Lines.Mark;
        var start = RackClock.Now;
        await a.PowerOnAsync(cancellation);
        await a.WaitUntilManagedAsync(last, BenchExtensions.BootLimit, cancellation);
        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        await Steps.SeesAsync(bench, bench.Router("B"), "A", Steps.MeshLimit, cancellation);
        context.Figure("back_s", RackClock.Now - start);
        context.Figure("cuts", Cuts);

        var status = await AgentStatus.ReadAsync(a, cancellation);
        context.Figure("reset_reason", status.LastResetDetail);
        Expect.Equal("power-or-crash", status.LastReset, "reason of the last reset");
        Expect.That(status.WatchdogFed, "the watchdog is not fed");
        Expect.Equal(
            $"{context.Seed}", (await a.RunAsync($"cat {AgentConfigFile.StateDirectory}/witness", cancellation)).Trim(),
            "the witness file");
        Expect.That(
            !a.Console.Lines.Since(mark)
                .Any(l => l.Item.Contains("cannot mount the state disk", StringComparison.Ordinal)),
            "the state disk could not be mounted after a cut");
        Expect.That(
            status.Symptoms.All(s => s.Code != "board.record-unwritable"),
            "the agent cannot write its state after the cuts");
    }
}
