using System.Text.Json.Serialization;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Cli;

/// <summary>One path in use, in names.</summary>
internal sealed record ViewedPath(
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Tq,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ThroughputKbps,
    string NextHop);

/// <summary>
/// What is known of one router at a moment: its agent's own words (status, tables, metrics) beside what the rack saw
/// from outside (LED lines, resets, messages at the broker). The fields of the summary of <c>rack run --json</c>.
/// </summary>
internal sealed record RouterView
{
    public required string Name { get; init; }

    /// <summary>Other routers its agent has a path to.</summary>
    public IReadOnlyList<ViewedPath> Originators { get; init; } = [];

    /// <summary>Routers it hears directly.</summary>
    public IReadOnlyList<string> Neighbours { get; init; } = [];

    /// <summary>Next hop to each other router.</summary>
    public IReadOnlyDictionary<string, string> NextHops { get; init; } = new Dictionary<string, string>();

    public bool WatchdogFed { get; init; }

    public double WatchdogTimeoutS { get; init; }

    /// <summary>Changes of the LED lines since power-on, seen from outside.</summary>
    public int LedChanges { get; init; }

    /// <summary>What each LED does to the eye: off, on, slow, fast.</summary>
    public IReadOnlyDictionary<string, string> Leds { get; init; } = new Dictionary<string, string>();

    /// <summary>Messages the broker handed on.</summary>
    public int MqttMessages { get; init; }

    /// <summary>Scrapes of /metrics that succeeded.</summary>
    public int MetricsScraped { get; init; }

    /// <summary>Samples in the last of them.</summary>
    public int MetricsSamples { get; init; }

    public long RssKib { get; init; }

    public string Health { get; init; } = "unknown";

    /// <summary>Resets of the board nobody asked for.</summary>
    public int Resets { get; init; }

    /// <summary>Why the last look failed; null when it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>
    /// Looks at a router again. What cannot be read keeps its last value, and <see cref="Error"/> says why.
    /// </summary>
    public async Task<RouterView> RefreshAsync(IBench bench, CancellationToken cancellation)
    {
        var router = bench.Router(Name);
        var seen = this with
        {
            LedChanges = router.Leds.Count(0),
            Leds = Enum.GetValues<LedLine>().ToDictionary(
                l => l.ToString().ToLowerInvariant(),
                l => router.Leds.See(l, TimeSpan.FromSeconds(3)).ToString().ToLowerInvariant()),
            MqttMessages = bench.Broker?.Count(Name) ?? 0,
            Resets = router.Resets.Since(0).Count,
            Error = null,
        };
        try
        {
            var status = await AgentStatus.ReadAsync(router, cancellation);
            var paths = (await MeshTables.AgentOriginatorsAsync(router, cancellation))
                .Where(p => p.IsBest && bench.Routers.Any(r => bench.OriginatorOf(r.Name) == p.Originator))
                .Select(
                    p => new ViewedPath(bench.NameOf(p.Originator), p.Tq, p.ThroughputKbps, bench.NameOf(p.NextHop)))
                .OrderBy(p => p.Name, StringComparer.Ordinal)
                .ToList();
            var neighbours = (await MeshTables.AgentNeighboursAsync(router, cancellation)).Where(n => n.IsAlive);
            var metrics = await PrometheusText.ScrapeAsync(router, cancellation);
            return seen with
            {
                Originators = paths,
                NextHops = paths.ToDictionary(p => p.Name, p => p.NextHop),
                Neighbours =
                    [.. neighbours.Select(n => bench.NameOf(n.Address)).Distinct().Order(StringComparer.Ordinal)],
                WatchdogFed = status.WatchdogFed,
                WatchdogTimeoutS = status.WatchdogTimeoutSeconds,
                RssKib = status.RssKib,
                Health = status.Health,
                MetricsScraped = seen.MetricsScraped + 1,
                MetricsSamples = metrics.Samples.Count,
            };
        }
        catch (RackException exception)
        {
            return seen with { Error = exception.Message.Split('\n')[0] };
        }
    }
}
