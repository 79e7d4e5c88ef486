using System.Net.NetworkInformation;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// Promise: whoever can transmit on the mesh's channel cannot bring a router down. Thousands of malformed and random
/// batman-adv frames arrive at A over the air; afterwards the same agent is running, bounded in memory, and A still
/// reaches B through the mesh. What rows the kernel makes up from such frames is the kernel's; the agent must live with
/// them.
/// </summary>
internal sealed class HostileOgm : IScenario
{
    private const int Frames = 6000;
    private const int Batch = 100;
    private const long GrowthKibMax = 6144;

    /// <summary>
    /// A batch every 100 ms: a thousand frames a second is a busy channel, more would only overflow the card.
    /// </summary>
    private static readonly TimeSpan BatchPause = TimeSpan.FromMilliseconds(100);

    public string Name => "hostile-ogm";

    public string Promise => "malformed and random batman-adv frames from the air: agent and mesh stay up";

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Steps.Pair, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        var link = bench.Link("A", "B");
        Expect.That(link.CanShape, "this bench cannot inject frames");
        var before = await AgentStatus.ReadAsync(a, cancellation);
        var hostile = new HostileFrames(
            context.Random, PhysicalAddress.Parse(a.MeshAddresses["mesh0"]).GetAddressBytes(),
            await HonestAsync(link, cancellation));

        var answers = 0;
        for (var sent = 0; sent < Frames; sent += Batch)
        {
            for (var i = 0; i < Batch; i++)
            {
                await link.InjectAsync("A", hostile.Next(), cancellation);
            }

            await Task.Delay(BatchPause, cancellation);
            if (sent % 1000 == 0)
            {
                await AgentStatus.ReadAsync(a, cancellation);
                answers++;
            }
        }

        context.Figure("frames", Frames);
        context.Figure("answers_during", answers);
        context.Figure("rows_after", (await MeshTables.BatctlOriginatorsAsync(a, cancellation)).Count);

        await Steps.SeesAsync(bench, a, "B", Steps.MeshLimit, cancellation);
        context.Figure("first_ping_s", await Traffic.FlowsAsync(bench, "A", "B", Steps.MeshLimit, cancellation));
        var after = await Steps.StatusAsync(a, "watchdog fed", s => s.WatchdogFed, Steps.MeshLimit, cancellation);
        context.Figure("rss_growth_kib", after.RssKib - before.RssKib);
        Expect.Equal(before.Pid, after.Pid, "process id of the agent");
        Expect.Equal(0, a.Resets.Since(0).Count, "resets of the board");
        Expect.That(
            after.RssKib - before.RssKib <= GrowthKibMax, $"the agent grew from {before.RssKib} to {after.RssKib} KiB");
        Expect.That(
            !(await a.RunAsync("dmesg", cancellation)).Contains("Call trace", StringComparison.Ordinal),
            "the kernel of A complained");
    }

    /// <summary>What B really sends: the raw material of most attacks.</summary>
    private static async Task<IReadOnlyList<byte[]>> HonestAsync(IRadioLink link, CancellationToken cancellation)
    {
        var radio = link as RadioLink ?? throw new RackException($"{link.Name} cannot capture frames");
        radio.IsCapturing = true;
        var mark = radio.Capture.Mark;
        for (var i = 0; i < 5; i++)
        {
            var next = await radio.Capture.WaitAsync(
                mark, f => f.FromRouter == "B", TimeSpan.FromSeconds(10), cancellation)
                ?? throw new RackException("B sends nothing");
            mark = next.Index + 1;
        }

        radio.IsCapturing = false;
        return
        [
            .. radio.Capture.Since(0)
                .Where(f => f.Item.FromRouter == "B" && f.Item.Bytes.Length > 20)
                .Select(f => f.Item.Bytes),
        ];
    }
}
