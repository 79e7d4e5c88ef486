using System.Globalization;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// What the agent costs a router on which nothing happens: three routers in a line, the mesh complete, reports going to
/// a broker at the agent's own interval, nobody asking. Everything is a difference of two readings of the guest's own
/// /proc, so that looking costs nothing in between. Of the three routers the worst counts.
/// </summary>
/// <remarks>
/// CPU time is counted in instructions (<see cref="RouterOptions.CountsInstructions"/>) or in time of the host. The second
/// says more about the emulator than about us: it takes the emulator 0.6 to 0.9 ms to wake the smallest C program that only
/// sleeps (14,000 instructions), so that five empty wake-ups a second read as 0.3 to 0.5 %.
/// </remarks>
internal sealed class IdleBenchmark(bool countsInstructions) : IBenchmark
{
    private const double RssBudgetKib = 20 * 1024;
    private const double CpuBudgetPercent = 0.5;
    private const double TicksPerSecond = 100; // USER_HZ
    private const double SectorBytes = 512;    // of /proc/diskstats, whatever the disk has

    /// <summary>A fresh mesh: translation tables, DAT and loop avoidance have found their rest.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(30);

    // Process id, seconds since boot, utime + stime, context switches of all living threads, VmRSS, sectors written,
    // bytes the agent itself wrote.
    private const string Reading =
        """
        pid=$(pidof x0tta6bl4) || exit 1
        echo $pid
        cut -d' ' -f1 /proc/uptime
        sed 's/.*) //' /proc/$pid/stat | awk '{print $12 + $13}'
        cat /proc/$pid/task/*/status | awk '/ctxt_switches/ {n += $2} END {print n}'
        awk '/^VmRSS/ {print $2}' /proc/$pid/status
        awk '$3 == "vda" {print $10}' /proc/diskstats
        awk '/^write_bytes/ {print $2}' /proc/$pid/io
        """;

    // A line a thread: id, nanoseconds on the processor, context switches, name.
    private const string ThreadReading =
        """
        for task in /proc/$(pidof x0tta6bl4)/task/*; do
          read -r ns rest < $task/schedstat
          echo "${task##*/} $ns $(awk '/ctxt_switches/ {n += $2} END {print n}' $task/status) $(cat $task/comm)"
        done
        """;

    public string Name => countsInstructions ? "idle" : "idle-host-time";

    public string Summary => countsInstructions
        ? "memory, CPU, wake-ups, flash writes of three idle routers over --seconds (600); 4 ns an instruction"
        : "the same by the host's clock: what it costs to emulate them";

    public async Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation)
    {
        var plan = Steps.LineOfThree with
        {
            Options = router => Steps.LineOfThree.OptionsOf(router) with
            {
                EditConfig = AgentConfigFile.WithDefaultReportInterval,
                CountsInstructions = countsInstructions,
            },
        };
        var bench = await context.Bench.BootAsync(plan, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        await Task.Delay(SettleTime, cancellation);

        var threadsBefore = await ThreadsAsync(bench.Routers[0], cancellation);
        var before = await ReadAsync(bench, cancellation);
        context.Say($"the mesh is complete; doing nothing for {context.Seconds.TotalSeconds:0} s");
        // Not waiting for anything: this time is the benchmark.
        await Task.Delay(context.Seconds, cancellation);
        var after = await ReadAsync(bench, cancellation);
        var threadsAfter = await ThreadsAsync(bench.Routers[0], cancellation);
        SayThreads(context, threadsBefore, threadsAfter);

        var spans = before.Zip(after, Span.Between).ToList();
        foreach (var (router, span) in bench.Routers.Zip(spans))
        {
            context.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{router.Name}: {span.RssKib} KiB, {span.CpuPercent:0.000} % CPU, "
                + $"{span.SwitchesPerSecond:0.0} context switches/s, "
                + $"{span.DiskBytes} bytes to the disk, {span.OwnBytes} of them the agent's"));
        }

        var perHour = 3600 / spans.Min(s => s.Seconds);
        return
        [
            BenchFigure.AgainstBudget("rss", spans.Max(s => s.RssKib), RssBudgetKib, "KiB"),
            BenchFigure.AgainstBudget("cpu", spans.Max(s => s.CpuPercent), CpuBudgetPercent, "%"),
            BenchFigure.AgainstBudget("flash_writes", spans.Max(s => s.DiskBytes) * perHour, 0, "B/h"),
            new("context_switches", Math.Round(spans.Max(s => s.SwitchesPerSecond), 2), null, "1/s"),
        ];
    }

    /// <summary>Where the first router's figures come from: who ever goes over budget must be found.</summary>
    private static void SayThreads(
        BenchmarkContext context, IReadOnlyDictionary<int, ThreadSample> before,
        IReadOnlyDictionary<int, ThreadSample> after)
    {
        var seconds = context.Seconds.TotalSeconds;
        foreach (var (id, end) in after.OrderByDescending(t => t.Value.Nanoseconds))
        {
            var start = before.GetValueOrDefault(id, new ThreadSample(0, 0, end.Name));
            var cpu = (end.Nanoseconds - start.Nanoseconds) / 1e9 / seconds * 100;
            var switches = (end.Switches - start.Switches) / seconds;
            context.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"  thread {end.Name,-16} {cpu,7:0.000} % CPU {switches,7:0.0} context switches/s"));
        }
    }

    private static async Task<IReadOnlyDictionary<int, ThreadSample>> ThreadsAsync(
        IRouter router, CancellationToken cancellation)
    {
        var threads = new Dictionary<int, ThreadSample>();
        foreach (var line in (await router.RunAsync(ThreadReading, cancellation)).Split('\n'))
        {
            // Threads of the pool come and go between the commands of the script.
            if (line.Split(' ', 4) is [var id, var ns, var switches, var name]
                && ns.Length > 0 && switches.Length > 0)
            {
                threads[int.Parse(id, CultureInfo.InvariantCulture)] =
                    new ThreadSample(Number(ns), Number(switches), name);
            }
        }

        return threads;
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;

    private static async Task<IReadOnlyList<Sample>> ReadAsync(IBench bench, CancellationToken cancellation)
    {
        var samples = new List<Sample>();
        foreach (var router in bench.Routers)
        {
            samples.Add(Sample.Parse(await router.RunAsync(Reading, cancellation), router.Name));
        }

        return samples;
    }

    private sealed record ThreadSample(double Nanoseconds, double Switches, string Name);

    private sealed record Sample(
        int Pid, double Uptime, double CpuTicks, double Switches, double RssKib, double Sectors, double OwnBytes)
    {
        public static Sample Parse(string text, string router)
        {
            var values = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(Number)
                .ToList();
            return values is [var pid, var uptime, var cpu, var switches, var rss, var sectors, var own]
                && !values.Exists(double.IsNaN)
                ? new Sample((int)pid, uptime, cpu, switches, rss, sectors, own)
                : throw new RackException($"{router}: /proc of the agent read as: {text}");
        }
    }

    /// <summary>What happened between two readings.</summary>
    private sealed record Span(
        double Seconds, double RssKib, double CpuPercent, double SwitchesPerSecond, double DiskBytes, double OwnBytes)
    {
        public static Span Between(Sample a, Sample b)
        {
            Expect.Equal(a.Pid, b.Pid, "process id of an idle agent");
            var seconds = b.Uptime - a.Uptime;
            return new Span(
                seconds, b.RssKib, (b.CpuTicks - a.CpuTicks) / TicksPerSecond / seconds * 100,
                (b.Switches - a.Switches) / seconds, (b.Sectors - a.Sectors) * SectorBytes, b.OwnBytes - a.OwnBytes);
        }
    }
}
