using System.Diagnostics;
using System.Text.Json;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Route;

namespace X0tta6bl4.Benchmarks;

/// <summary>
/// One originator snapshot as the agent takes it (socket and buffers kept), beside what a monitoring script does: start
/// <c>batctl oj</c> and read its output. Both in turn within one run, on the same table, so that what disturbs one disturbs
/// both. Most of the script's cost is starting a program at all, so <c>batctl -v</c> is measured too, to be taken off.
/// </summary>
internal static class SnapshotBenchmark
{
    /// <summary>Rounds before counting: buffers grow, pages are faulted in.</summary>
    private const int WarmUpRounds = 5;

    public static int Run(string meshInterface, int rounds)
    {
        using var route = RouteClient.Open();
        if (!route.TryGetLink(meshInterface, out var link))
        {
            Console.Error.WriteLine($"x0tta6bl4-bench: there is no interface {meshInterface}");
            return 1;
        }

        using var batman = BatmanClient.Open();
        var rows = new List<Originator>();
        for (var i = 0; i < WarmUpRounds; i++)
        {
            Ours(batman, link.Index, rows);
            Batctl("meshif", meshInterface, "oj");
        }

        var ours = new List<Sample>();
        var peer = new List<Sample>();
        var start = new List<Sample>();
        for (var i = 0; i < rounds; i++)
        {
            ours.Add(Ours(batman, link.Index, rows));
            peer.Add(Batctl("meshif", meshInterface, "oj"));
            start.Add(Batctl("-v"));
        }

        Print(rows.Count, rounds, ours, peer, start);
        return 0;
    }

    private static Sample Ours(BatmanClient batman, uint meshIndex, List<Originator> rows)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.GetTimestamp();
        rows.Clear();
        batman.DumpOriginators(meshIndex, rows);
        return new Sample(
            Stopwatch.GetElapsedTime(clock), Environment.CpuUsage.TotalTime - cpu,
            GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    private static Sample Batctl(params string[] arguments)
    {
        var cpu = ChildrenUsage.Cpu();
        var clock = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("batctl", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Sample(Stopwatch.GetElapsedTime(clock), ChildrenUsage.Cpu() - cpu, 0);
    }

    private static void Print(int rows, int rounds, List<Sample> ours, List<Sample> peer, List<Sample> start)
    {
        using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
        json.WriteStartObject();
        json.WriteNumber("rows", rows);
        json.WriteNumber("rounds", rounds);
        json.WriteNumber("ours_wall_us", Median(ours, s => s.Wall));
        json.WriteNumber("peer_wall_us", Median(peer, s => s.Wall));
        json.WriteNumber("peer_start_wall_us", Median(start, s => s.Wall));
        // CPU clocks tick in 1 to 10 ms: a sum over all rounds says more than a median of zeros.
        json.WriteNumber("ours_cpu_us", ours.Sum(s => s.Cpu.TotalMicroseconds) / rounds);
        json.WriteNumber("peer_cpu_us", peer.Sum(s => s.Cpu.TotalMicroseconds) / rounds);
        json.WriteNumber("peer_start_cpu_us", start.Sum(s => s.Cpu.TotalMicroseconds) / rounds);
        json.WriteNumber("ours_allocated_bytes_per_snapshot", ours.Max(s => s.AllocatedBytes));
        json.WriteEndObject();
    }

    private static double Median(List<Sample> samples, Func<Sample, TimeSpan> value) =>
        samples.Select(s => value(s).TotalMicroseconds).Order().ElementAt(samples.Count / 2);

    private readonly record struct Sample(TimeSpan Wall, TimeSpan Cpu, long AllocatedBytes);
}
