using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Prometheus;
using X0tta6bl4.Board.Watchdog;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Tests.TestKit;

/// <summary>Everything a board part is given, with a clock that stands still until told otherwise.</summary>
internal sealed class World : IDisposable, ILogger
{
    public World()
    {
        Health = new HealthRegister(Time);
        Pulses = new LoopPulses(Time);
        Metrics = new BoardMetrics(Prometheus.Metrics.WithCustomRegistry(Registry));
    }

    public FakeSys Sys { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public HealthRegister Health { get; }

    public LoopPulses Pulses { get; }

    public CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    public BoardMetrics Metrics { get; }

    /// <summary>For a whole board, whose metrics are its own.</summary>
    public CollectorRegistry Registry2 { get; } = Prometheus.Metrics.NewCustomRegistry();

    public List<string> Log { get; } = [];

    public List<string> Programs { get; } = [];

    public Func<string, ProgramResult> ProgramAnswer { get; set; } = _ => new ProgramResult(0, "");

    /// <summary>Codes and subjects of the symptoms that hold, in ordinal order.</summary>
    public string Symptoms => string.Join(
        "; ", Health.Current.Value.Select(s => $"{s.Code}({s.Subject}) {s.Severity}").Order(StringComparer.Ordinal));

    public BoardContext Context(CollectorRegistry? registry = null) => new()
    {
        Root = Sys.Root,
        StateFolder = Sys.StateFolder,
        RunFolder = Sys.RunFolder,
        Time = Time,
        Health = Health,
        Pulses = Pulses,
        Logger = this,
        Metrics = Prometheus.Metrics.WithCustomRegistry(registry ?? Prometheus.Metrics.NewCustomRegistry()),
        RunProgram = Run,
    };

    public ProgramResult Run(string program, IReadOnlyList<string> arguments)
    {
        var line = $"{program} {string.Join(' ', arguments)}";
        lock (Programs)
        {
            Programs.Add(line);
        }

        return ProgramAnswer(line);
    }

    public static async Task<string> ScrapeAsync(CollectorRegistry registry)
    {
        using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    public void Dispose() => Sys.Dispose();

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Log)
        {
            Log.Add($"{eventId.Id} {formatter(state, exception)}");
        }
    }
}
