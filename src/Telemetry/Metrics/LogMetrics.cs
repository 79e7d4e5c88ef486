using Microsoft.Extensions.Logging;
using Prometheus;
using X0tta6bl4.Telemetry.Logging;

namespace X0tta6bl4.Telemetry.Metrics;

/// <summary>
/// The log's own counters. The log is built before the metrics are, so it counts by itself and is read here.
/// </summary>
internal sealed class LogMetrics
{
    private readonly AgentLog _log;
    private readonly Counter _lines;
    private readonly Counter _suppressed;
    private readonly Counter _dropped;

    internal LogMetrics(IMetricFactory factory, AgentLog log)
    {
        _log = log;
        _lines = factory.CreateCounter("x0tta6bl4_log_lines_total", "Log lines written.", ["level"]);
        _suppressed = factory.CreateCounter(
            "x0tta6bl4_log_suppressed_total",
            "Log lines not written because the same event had repeated too often within a minute.");
        _dropped = factory.CreateCounter(
            "x0tta6bl4_log_dropped_total",
            "Log lines that did not reach standard output because it was blocked or closed.");
    }

    internal void Refresh()
    {
        for (var level = LogLevel.Trace; level < LogLevel.None; level++)
        {
            _lines.WithLabels(LogLevels.Name(level)).IncTo(_log.LinesWritten(level));
        }

        _suppressed.IncTo(_log.LinesSuppressed);
        _dropped.IncTo(_log.LinesDropped);
    }
}
