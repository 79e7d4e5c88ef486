using System.Globalization;
using System.Text.RegularExpressions;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>What pings measured.</summary>
internal readonly record struct PingResult(int Sent, int Received, double AverageMs);

/// <summary>Real packets through the mesh: what a table says is only worth something when they arrive.</summary>
internal static partial class Traffic
{
    /// <summary>Pings from one router to another over bat0. Gives both an address first.</summary>
    public static async Task<PingResult> PingAsync(
        IBench bench, string from, string to, int count, CancellationToken cancellation)
    {
        await AddressAsync(bench, from, cancellation);
        await AddressAsync(bench, to, cancellation);
        var result = await bench.Router(from).ExecAsync(
            $"ping -c {count} -i 0.3 -W 2 {Address(bench, to)}", TimeSpan.FromSeconds((count * 2) + 10), cancellation);
        var counts = Counts().Match(result.Output);
        if (!counts.Success)
        {
            throw new RackException($"ping from {from} to {to}: {result.Output.Trim()}");
        }

        var average = Average().Match(result.Output);
        return new PingResult(
            int.Parse(counts.Groups[1].Value, CultureInfo.InvariantCulture),
            int.Parse(counts.Groups[2].Value, CultureInfo.InvariantCulture),
            average.Success ? double.Parse(average.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
    }

    /// <summary>
    /// Waits until one ping comes back. A fresh mesh interface drops broadcasts, ARP requests among them, for the first
    /// half minute: bridge loop avoidance waits for others to answer (three periods of 10 s, bridge_loop_avoidance.h).
    /// </summary>
    public static Task<TimeSpan> FlowsAsync(
        IBench bench, string from, string to, TimeSpan limit, CancellationToken cancellation) =>
        Wait.UntilAsync(
            $"a ping from {from} comes back from {to}", limit,
            async stop => (await PingAsync(bench, from, to, count: 1, stop)).Received == 1,
            bench.Router(from).Console.Tail, cancellation);

    /// <summary>Address of a router on bat0, for scenarios only: the agent needs none.</summary>
    public static string Address(IBench bench, string router) =>
        $"10.99.0.{bench.Topology.Routers.ToList().IndexOf(router) + 1}";

    public static Task AddressAsync(IBench bench, string router, CancellationToken cancellation) =>
        bench.Router(router).RunAsync(
            $"ip addr add {Address(bench, router)}/24 dev {AgentConfigFile.MeshInterface} 2>/dev/null; true",
            cancellation);

    [GeneratedRegex(@"(\d+) packets transmitted, (\d+) packets received")]
    private static partial Regex Counts();

    [GeneratedRegex(@"min/avg/max = [\d.]+/([\d.]+)/")]
    private static partial Regex Average();
}
