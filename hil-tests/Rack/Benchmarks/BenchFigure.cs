using System.Text.Json.Serialization;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>One figure of a benchmark beside its peer; an element of <c>artifacts/bench/NAME.json</c>.</summary>
/// <param name="Name">metric/peer[/case]; the peer <c>budget</c> is a limit we set ourselves.</param>
/// <param name="Ours">What was measured.</param>
/// <param name="Peer">The peer's value in the same run, or the budget; null when the figure has neither.</param>
/// <param name="Unit">Unit of both.</param>
internal sealed record BenchFigure(string Name, double Ours, double? Peer, string Unit)
{
    /// <summary>Ours / peer; null where there is nothing to divide by.</summary>
    public double? Ratio => Peer is { } peer and > 0 ? Math.Round(Ours / peer, 4) : null;

    /// <summary>Most that ours may be; null when no budget names this figure.</summary>
    [JsonIgnore]
    public double? Limit { get; init; }

    [JsonIgnore]
    public bool IsWithinBudget => Limit is not { } limit || Ours <= limit;

    /// <summary>A figure whose only peer is its budget. The name is a metric, or metric and case with a slash between.</summary>
    public static BenchFigure AgainstBudget(string name, double ours, double budget, string unit) =>
        new(name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? $"{name[..slash]}/budget{name[slash..]}" : $"{name}/budget", Math.Round(ours, 4), budget, unit) { Limit = budget };
}
