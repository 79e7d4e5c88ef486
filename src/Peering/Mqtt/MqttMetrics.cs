using System.Globalization;
using Prometheus;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>Counters of the reporter. Kinds are words from code, reasons an enum: both bounded.</summary>
internal sealed class MqttMetrics(IMetricFactory factory)
{
    private readonly Counter _dropped = factory.CreateCounter(
        "x0tta6bl4_mqtt_dropped_total", "Reports that never reached the broker.", ["kind", "reason"]);

    private readonly Counter _published = factory.CreateCounter(
        "x0tta6bl4_mqtt_published_total", "Reports the broker acknowledged.", ["kind"]);

    internal Gauge Connected { get; } = factory.CreateGauge(
        "x0tta6bl4_mqtt_connected", "1 while a broker has accepted us.");

    internal Gauge QueueMessages { get; } = factory.CreateGauge(
        "x0tta6bl4_mqtt_queue_messages", "Reports waiting for the broker.");

    internal Gauge QueueBytes { get; } = factory.CreateGauge(
        "x0tta6bl4_mqtt_queue_bytes", "Bytes of the reports waiting for the broker.");

    internal Counter Reconnects { get; } = factory.CreateCounter(
        "x0tta6bl4_mqtt_reconnects_total", "Connections to the broker made after the first one.");

    internal Counter ConnectFailures { get; } = factory.CreateCounter(
        "x0tta6bl4_mqtt_connect_failures_total", "Attempts to connect to the broker that failed.");

    internal Histogram AcknowledgeSeconds { get; } = factory.CreateHistogram(
        "x0tta6bl4_mqtt_acknowledge_seconds",
        "Time from sending a report to the broker's acknowledgement.",
        new HistogramConfiguration { Buckets = [0.005, 0.02, 0.1, 0.5, 2, 10] });

    internal void Dropped(Dropped dropped) => _dropped
        .WithLabels(dropped.Report.Kind, Label(dropped.Reason))
        .Inc();

    internal void Published(string kind) => _published.WithLabels(kind).Inc();

    internal static string Label(DropReason reason) => reason == DropReason.TooLarge
        ? "too_large"
        : reason.ToString().ToLower(CultureInfo.InvariantCulture);
}
