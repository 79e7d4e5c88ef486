using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Benchmarks;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Cli;

/// <summary><c>rack bench</c>: measures; a table on standard output and a file under artifacts/bench for each.</summary>
internal static class BenchCommand
{
    public const string Usage = "rack bench [name...] [--list] [--seconds N] [--agent PATH]";

    private const int DefaultSeconds = 600;

    private static readonly IReadOnlyList<IBenchmark> All =
    [
        new SnapshotBenchmark(), new IdleBenchmark(countsInstructions: true), new IdleBenchmark(countsInstructions: false),
        new StartupBenchmark(countsInstructions: true), new StartupBenchmark(countsInstructions: false),
        new TlsBenchmark(), new TlsRotationBenchmark(),
    ];

    public static async Task<int> RunAsync(CommandLine line, CancellationToken cancellation)
    {
        var isList = line.Flag("--list");
        var seconds = line.Number("--seconds", DefaultSeconds);
        var agent = line.Value("--agent");
        var chosen = Pick(line.Rest(Usage));
        if (isList)
        {
            foreach (var benchmark in chosen)
            {
                Console.Out.WriteLine($"{benchmark.Name,-18} {benchmark.Summary}");
            }

            return ExitCodes.Fine;
        }

        var assets = RackAssets.Find(agent);
        foreach (var benchmark in chosen)
        {
            var figures = await RunOneAsync(benchmark, assets, TimeSpan.FromSeconds(seconds), cancellation);
            await BenchReport.WriteFileAsync(
                Path.Combine(assets.Artifacts, "bench", $"{benchmark.Name}.json"), figures, cancellation);
            BenchReport.WriteTable(Console.Out, benchmark.Name, figures);
        }

        return ExitCodes.Fine;
    }

    private static async Task<IReadOnlyList<BenchFigure>> RunOneAsync(
        IBenchmark benchmark, RackAssets assets, TimeSpan seconds, CancellationToken cancellation)
    {
        Say($"{benchmark.Name}: {benchmark.Summary}");
        // The links are perfect: the seed decides nothing here.
        await using var slot = new BenchSlot(new VirtualBenchSource(assets));
        var context = new ScenarioContext(
            slot, seed: 1, Path.Combine(assets.Artifacts, "bench", $"{benchmark.Name}.logs"));
        return await benchmark.RunAsync(new BenchmarkContext(context, assets, seconds, Say), cancellation);
    }

    private static IReadOnlyList<IBenchmark> Pick(IReadOnlyList<string> names) => names.Count == 0
        ? All
        : [.. names.Select(name => All.FirstOrDefault(b => b.Name == name)
            ?? throw new UsageException(
                $"no benchmark \"{name}\"; there are: {string.Join(", ", All.Select(b => b.Name))}"))];

    private static void Say(string text) => Console.Error.WriteLine(text);
}
