using System.Globalization;
using System.Text.Json;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// How long a router is without its agent after a restart: from exec to the watchdog being fed (arming it is the first
/// feed), and to the first snapshot of the mesh. Both ends are the guest's own clock: the kernel's start time of the
/// process (/proc/PID/stat, in hundredths of a second) and <c>uptime_s</c> of the agent's log lines. That clock passes with
/// the instructions executed, or with the host's (<see cref="RouterOptions.CountsInstructions"/>): most of the host's time
/// goes into translating code that a start runs once.
/// </summary>
internal sealed class StartupBenchmark(bool countsInstructions) : IBenchmark
{
    private const int Repetitions = 5;
    private const double BudgetSeconds = 0.5;
    private const int WatchdogArmed = 2200;
    private const int MeshStateChanged = 3001;

    // Field 22, counted behind the name because that may hold spaces; in hundredths of a second since boot.
    private const string StartTime = "sed 's/.*) //' /proc/$(pidof x0tta6bl4)/stat | awk '{print $20 / 100}'";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(40);

    public string Name => countsInstructions ? "startup" : "startup-host-time";

    public string Summary => countsInstructions
        ? $"exec to watchdog fed and to the first mesh snapshot, median of {Repetitions}; 4 ns an instruction"
        : "the same by the host's clock: what it costs to emulate them";

    public async Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation)
    {
        var plan = Steps.Pair with
        {
            Options = router => Steps.Pair.OptionsOf(router) with { CountsInstructions = countsInstructions },
        };
        var bench = await context.Bench.BootAsync(plan, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        // Only one emulated router: the other would take turns on the processor with it.
        await bench.Router("B").PowerCutAsync(cancellation);
        var a = bench.Router("A");

        var fed = new List<double>();
        var seen = new List<double>();
        for (var i = 0; i < Repetitions; i++)
        {
            var mark = a.Console.Lines.Mark;
            await a.RunAsync("kill -TERM $(pidof x0tta6bl4)", cancellation);
            await a.Console.WaitForAsync("rack: agent starts", mark, StartLimit, cancellation);
            var armed = await UptimeAsync(a, WatchdogArmed, mark, cancellation);
            var meshed = await UptimeAsync(a, MeshStateChanged, mark, cancellation);
            var started = double.Parse(await a.RunAsync(StartTime, cancellation), CultureInfo.InvariantCulture);
            fed.Add(armed - started);
            seen.Add(meshed - started);
            context.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"start {i + 1}: watchdog fed after {fed[^1]:0.000} s, mesh seen after {seen[^1]:0.000} s"));
        }

        return
        [
            BenchFigure.AgainstBudget("exec_to_watchdog_fed", Median(fed), BudgetSeconds, "s"),
            BenchFigure.AgainstBudget("exec_to_mesh_snapshot", Median(seen), BudgetSeconds, "s"),
        ];
    }

    private static async Task<double> UptimeAsync(
        IRouter router, int eventId, long mark, CancellationToken cancellation)
    {
        var line = await Steps.LogEventAsync(router, eventId, "", mark, StartLimit, cancellation);
        using var json = JsonDocument.Parse(line.Item);
        return json.RootElement.GetProperty("uptime_s").GetDouble();
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Repetitions / 2);
}
