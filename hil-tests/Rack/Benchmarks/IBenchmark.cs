using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>What a benchmark may use besides a bench.</summary>
/// <param name="Bench">Boots routers.</param>
/// <param name="Assets">Where the binaries are.</param>
/// <param name="Seconds">Length of an observation.</param>
/// <param name="Say">Progress for the person waiting.</param>
internal sealed record BenchmarkContext(ScenarioContext Bench, RackAssets Assets, TimeSpan Seconds, Action<string> Say);

/// <summary>Measures and never judges: whether a budget is met is a column of the report, not a failure.</summary>
internal interface IBenchmark
{
    string Name { get; }

    /// <summary>One line for <c>--list</c>.</summary>
    string Summary { get; }

    Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation);
}
