using X0tta6bl4.Rack.Bench;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>Makes benches: QEMU machines, or hands out the boards on a shelf.</summary>
public interface IBenchSource
{
    /// <param name="plan">What is wanted. What this source cannot provide is a <see cref="Rig.RackException"/> that
    /// says so.</param>
    /// <param name="seed">Seed of the links' faults.</param>
    /// <param name="logDirectory">Where consoles are kept.</param>
    /// <param name="cancellation">Ends the building.</param>
    Task<IBench> CreateAsync(BenchPlan plan, int seed, string logDirectory, CancellationToken cancellation);
}

/// <summary>
/// The one bench that has power: whoever wants another gives up the one before. Two at once would share the machine's two
/// cores, and two benches of the same boards their serial ports.
/// </summary>
public sealed class BenchSlot(IBenchSource source) : IAsyncDisposable
{
    private BenchPlan? _plan;

    public IBench? Bench { get; private set; }

    /// <summary>The running bench, when it was built to this very plan.</summary>
    public IBench? Running(BenchPlan plan) => ReferenceEquals(plan, _plan) ? Bench : null;

    public async Task<IBench> BuildAsync(
        BenchPlan plan, int seed, string logDirectory, CancellationToken cancellation)
    {
        await DisposeAsync();
        Bench = await source.CreateAsync(plan, seed, logDirectory, cancellation);
        _plan = plan;
        return Bench;
    }

    public async ValueTask DisposeAsync()
    {
        if (Bench is { } bench)
        {
            Bench = null;
            _plan = null;
            await bench.DisposeAsync();
        }
    }
}

/// <summary>What a scenario works with: a bench, a seed, and a place for its figures.</summary>
public sealed class ScenarioContext(BenchSlot slot, int seed, string logDirectory)
{
    private readonly Dictionary<string, object> _figures = [];
    private readonly TimeSpan _start = Rig.RackClock.Now;

    /// <summary>Seed of this run, for everything random in it.</summary>
    public int Seed => seed;

    /// <summary>Figures in the order they were measured.</summary>
    public IReadOnlyDictionary<string, object> Figures => _figures;

    /// <summary>The bench this scenario took; null before it did. The runner takes it down.</summary>
    public IBench? Bench { get; private set; }

    /// <summary>Time since the scenario began, to say when in it something went wrong.</summary>
    public TimeSpan Elapsed => Rig.RackClock.Now - _start;

#pragma warning disable CA5394 // Reproducible on purpose.
    /// <summary>Randomness that a given seed repeats.</summary>
    public Random Random { get; } = new(seed);
#pragma warning restore CA5394

    /// <summary>
    /// A bench with everything switched on and answering; the one still running when its plan is the same.
    /// </summary>
    public async Task<IBench> BootAsync(BenchPlan plan, CancellationToken cancellation)
    {
        if (slot.Running(plan) is { } running)
        {
            Bench = running;
            return running;
        }

        var bench = await BuildAsync(plan, cancellation);
        var start = Rig.RackClock.Now;
        await bench.PowerOnAsync(cancellation);
        Figure("boot_s", Rig.RackClock.Now - start);
        return bench;
    }

    /// <summary>A bench without power yet.</summary>
    public async Task<IBench> BuildAsync(BenchPlan plan, CancellationToken cancellation)
    {
        Bench = await slot.BuildAsync(plan, seed, logDirectory, cancellation);
        return Bench;
    }

    public void Figure(string name, TimeSpan value) => _figures[name] = Math.Round(value.TotalSeconds, 2);

    public void Figure(string name, double value) => _figures[name] = Math.Round(value, 3);

    public void Figure(string name, long value) => _figures[name] = value;

    public void Figure(string name, string value) => _figures[name] = value;
}
