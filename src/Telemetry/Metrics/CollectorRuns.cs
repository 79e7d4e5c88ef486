using Prometheus;

namespace X0tta6bl4.Telemetry.Metrics;

/// <summary>
/// Success and duration of everything that collects (a netlink dump, a sysfs read, the scrape's own readers), after
/// node_exporter's <c>node_scrape_collector_*</c>: the first question about a missing number is whether its collector
/// ran. Thread-safe. Names come from code, never from input, so the label stays bounded.
/// </summary>
public sealed class CollectorRuns
{
    private readonly Gauge _success;
    private readonly Gauge _duration;
    private readonly TimeProvider _time;

    internal CollectorRuns(IMetricFactory factory, TimeProvider time)
    {
        _time = time;
        _success = factory.CreateGauge(
            "x0tta6bl4_collector_success",
            "1 when the collector's last run succeeded, 0 when it failed.",
            ["collector"]);
        _duration = factory.CreateGauge(
            "x0tta6bl4_collector_duration_seconds",
            "How long the collector's last run took.",
            ["collector"]);
    }

    /// <summary>
    /// Starts the clock of one run. Dispose ends it; without <see cref="CollectorRun.Succeeded"/> before, it counts as
    /// failed.
    /// </summary>
    /// <param name="collector">Constant name, for example <c>originators</c>.</param>
    public CollectorRun Measure(string collector) =>
        new(_success.WithLabels(collector), _duration.WithLabels(collector), _time);
}

/// <summary>
/// One run of a collector: <c>using var run = collectors.Measure("originators"); …; run.Succeeded();</c>
/// </summary>
public sealed class CollectorRun : IDisposable
{
    private readonly Gauge.Child _success;
    private readonly Gauge.Child _duration;
    private readonly TimeProvider _time;
    private readonly long _start;
    private bool _succeeded;
    private bool _ended;

    internal CollectorRun(Gauge.Child success, Gauge.Child duration, TimeProvider time)
    {
        _success = success;
        _duration = duration;
        _time = time;
        _start = time.GetTimestamp();
    }

    /// <summary>Call as the last statement of the run.</summary>
    public void Succeeded() => _succeeded = true;

    /// <summary>Ends the run and publishes both figures.</summary>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _duration.Set(_time.GetElapsedTime(_start).TotalSeconds);
        _success.Set(_succeeded ? 1 : 0);
    }
}
