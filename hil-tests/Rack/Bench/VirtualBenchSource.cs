using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Bench;

/// <summary>Builds a virtual bench for every plan.</summary>
internal sealed class VirtualBenchSource(RackAssets assets) : IBenchSource
{
    public async Task<IBench> CreateAsync(
        BenchPlan plan, int seed, string logDirectory, CancellationToken cancellation) =>
        await VirtualBench.CreateAsync(plan, assets, seed, logDirectory, cancellation);
}
