using Prometheus;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;

namespace X0tta6bl4.Telemetry.Metrics;

/// <summary>
/// The agent's metrics: one registry of our own, without the default collectors (they start event listeners and timers,
/// which wake an idle router). Parts create their metrics from <see cref="Factory"/> once, at start. Thread-safe.
/// </summary>
public sealed class AgentMetrics : IDisposable
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly SemaphoreSlim _refreshGate = new(1, 1);
    private readonly Lock _lock = new();
    private (string Collector, Action Refresh)[] _refreshes = [];

    /// <param name="build">Labels of <c>x0tta6bl4_build_info</c>.</param>
    /// <param name="time">Clock of durations and of the uptime.</param>
    /// <param name="root">Where <c>proc/</c> is found; <c>/</c> except in tests.</param>
    public AgentMetrics(BuildInfo build, TimeProvider time, string root = "/")
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);

        // Exemplars are an OpenMetrics feature the text format cannot show; finding them costs an allocation a count.
        factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        Factory = factory;
        Collectors = new CollectorRuns(Factory, time);
        Factory
            .CreateGauge("x0tta6bl4_build_info", "Always 1; the labels say what runs.", ["version", "arch"])
            .WithLabels(build.Version, build.Arch)
            .Set(1);
        var process = new ProcessMetrics(Factory, time, root);
        OnScrape("process", process.Refresh);
    }

    /// <summary>Creates counters, gauges and histograms in the agent's own registry.</summary>
    public IMetricFactory Factory { get; }

    /// <summary>Times the parts that collect.</summary>
    public CollectorRuns Collectors { get; }

    /// <summary>
    /// Adds work to do before each scrape, for figures that are read and not counted. Runs one at a time, measured
    /// under
    /// <paramref name="collector"/>; an exception marks that collector as failed and the scrape goes on with the rest.
    /// </summary>
    /// <param name="collector">Constant name, the label of the collector metrics.</param>
    /// <param name="refresh">Sets gauges. Must not block on the network.</param>
    public void OnScrape(string collector, Action refresh)
    {
        lock (_lock)
        {
            Volatile.Write(ref _refreshes, [.. _refreshes, (collector, refresh)]);
        }
    }

    /// <summary>Exports symptoms and loop ages.</summary>
    public void ExportHealth(HealthRegister health, LoopPulses loops) =>
        OnScrape("health", new HealthMetrics(Factory, health, loops).Refresh);

    /// <summary>Exports how many log lines were written, suppressed and lost.</summary>
    public void ExportLog(AgentLog log) => OnScrape("log", new LogMetrics(Factory, log).Refresh);

    /// <summary>
    /// Writes every metric in the Prometheus text format 0.0.4. The stream may be slow: nothing is locked while it is
    /// written.
    /// </summary>
    /// <exception cref="OperationCanceledException">The reader went away.</exception>
    public async Task WriteTextAsync(Stream to, CancellationToken cancellationToken)
    {
        await _refreshGate.WaitAsync(cancellationToken);
        try
        {
            foreach (var (collector, refresh) in Volatile.Read(ref _refreshes))
            {
                Refresh(collector, refresh);
            }
        }
        finally
        {
            _refreshGate.Release();
        }

        await _registry.CollectAndExportAsTextAsync(to, cancellationToken);
    }

    /// <summary>Releases the gate. The process's end does the same.</summary>
    public void Dispose() => _refreshGate.Dispose();

    private void Refresh(string collector, Action refresh)
    {
        using var run = Collectors.Measure(collector);
        try
        {
            refresh();
            run.Succeeded();
        }
        catch (Exception)
        {
            // Not silent: x0tta6bl4_collector_success{collector} is 0 in this very scrape. A log line here would
            // repeat every few seconds for as long as /proc is not mounted.
        }
    }
}
