using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Physical;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Cli;

/// <summary>
/// <c>rack hil</c>: scenarios, one JSON line each on standard output; everything else goes to standard error.
/// </summary>
internal static class HilCommand
{
    public const string Usage = "rack hil [scenario...] [--list] [--seed N] [--agent PATH] [--bench FILE]";

    public static async Task<int> RunAsync(CommandLine line, CancellationToken cancellation)
    {
        var isList = line.Flag("--list");
        var seed = line.Number("--seed", Environment.TickCount & 0x7FFFFFFF);
        var agent = line.Value("--agent");
        var benchFile = line.Value("--bench");
        var scenarios = ScenarioList.Pick(line.Rest(Usage));
        if (isList)
        {
            foreach (var scenario in scenarios)
            {
                Console.Out.WriteLine($"{scenario.Name,-36} {scenario.Promise}");
            }

            return ExitCodes.Fine;
        }

        var assets = RackAssets.Find(agent);
        IBenchSource source = benchFile is null
            ? new VirtualBenchSource(assets)
            : new PhysicalBenchSource(BenchFile.Read(benchFile), assets);
        var runner = new ScenarioRunner(
            source, Path.Combine(assets.Artifacts, "hil"), Console.Error.WriteLine);
        var results = await runner.RunAsync(
            scenarios, seed, result => Console.Out.WriteLine(result.ToJson()), cancellation);
        await Console.Error.WriteLineAsync(
            $"{results.Count(r => r.Passed)} passed, {results.Count(r => !r.Passed)} failed (seed {seed})");
        return results.All(r => r.Passed) ? ExitCodes.Fine : ExitCodes.Failed;
    }
}
