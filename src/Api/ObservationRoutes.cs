using System.Buffers;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Api;

/// <summary>The three routes that may be reached over TCP. They read, reveal no secrets and change nothing.</summary>
public static class ObservationRoutes
{
    /// <summary>The Prometheus text format, exposition version 0.0.4.</summary>
    public const string MetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Scrapes at the same time: one, and one more from somebody looking.</summary>
    public const int ScrapesMax = 2;

    /// <summary>
    /// <c>/metrics</c>, <c>/healthz</c> (alive) and <c>/readyz</c>; the latter two answer 503 with reasons when not.
    /// </summary>
    /// <param name="metrics">What <c>/metrics</c> writes.</param>
    /// <param name="health">Judges the present state.</param>
    public static IReadOnlyList<ApiRoute> Create(AgentMetrics metrics, Func<HealthReport> health) =>
    [
        new ApiRoute(
            "GET",
            "/metrics",
            (_, _) => ValueTask.FromResult(ApiResponse.Streamed(MetricsContentType, metrics.WriteTextAsync)),
            ScrapesMax),
        ApiRoute.Get("/healthz", _ =>
        {
            var report = health();
            return Answer(report.Alive, report.WriteLiveness);
        }),
        ApiRoute.Get("/readyz", _ =>
        {
            var report = health();
            return Answer(report.Ready, report.WriteReadiness);
        }),
    ];

    private static ApiResponse Answer(bool holds, Action<IBufferWriter<byte>> write)
    {
        var body = new ArrayBufferWriter<byte>();
        write(body);
        return ApiResponse.Json(body, holds ? 200 : 503);
    }
}
