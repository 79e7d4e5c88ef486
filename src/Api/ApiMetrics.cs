using Prometheus;

namespace X0tta6bl4.Api;

/// <summary>
/// Requests by route and status. The route label is a registered path or <c>other</c>, so clients cannot add labels.
/// </summary>
internal sealed class ApiMetrics
{
    /// <summary>The route label of everything that matched no route.</summary>
    internal const string OtherRoute = "other";

    private readonly Counter _requests;
    private readonly Histogram _duration;

    internal ApiMetrics(IMetricFactory factory)
    {
        _requests = factory.CreateCounter(
            "x0tta6bl4_api_requests_total", "HTTP requests answered.", ["route", "code"]);
        _duration = factory.CreateHistogram(
            "x0tta6bl4_api_request_duration_seconds",
            "Time from the request's headers to the end of the answer.",
            ["route"],
            new HistogramConfiguration { Buckets = [0.005, 0.02, 0.1, 0.5, 2, 10] });
    }

    internal void Count(string route, int code, TimeSpan duration)
    {
        _requests.WithLabels(route, code.ToString(System.Globalization.CultureInfo.InvariantCulture)).Inc();
        _duration.WithLabels(route).Observe(duration.TotalSeconds);
    }
}
