using System.Text.Json;
using Prometheus;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tls;

/// <summary>Counters of handshakes and connections. Every label is an enum's word: bounded.</summary>
internal sealed class TlsMetrics(IMetricFactory factory)
{
    private readonly Counter _handshakes = factory.CreateCounter(
        "x0tta6bl4_tls_handshakes_total",
        "Mutual TLS handshakes, by our role, how they ended, and for a refused peer the reason.",
        ["role", "result", "reason"]);

    private readonly Counter _ended = factory.CreateCounter(
        "x0tta6bl4_tls_connections_ended_total", "Connections ended because the peer's or our proof no longer held.");

    private readonly Gauge _connections = factory.CreateGauge(
        "x0tta6bl4_tls_connections", "Connections to proven peers that are open.");

    /// <param name="isServer">The peer began.</param>
    /// <param name="failure">Null for a connection.</param>
    /// <param name="refusal">Why the peer was refused, where it was.</param>
    public void Handshake(bool isServer, TlsFailure? failure, SvidRefusal? refusal) => _handshakes
        .WithLabels(
            isServer ? "server" : "client",
            failure is { } how ? Word(how.ToString()) : "ok",
            refusal is { } why ? Word(why.Reason.ToString()) : "")
        .Inc();

    public void Ended() => _ended.Inc();

    public void Connections(int count) => _connections.Set(count);

    private static string Word(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
