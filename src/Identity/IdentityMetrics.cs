using Prometheus;

namespace X0tta6bl4.Identity;

/// <summary>Figures of our own identity. Gauges are set at scrape time.</summary>
internal sealed class IdentityMetrics(IMetricFactory factory)
{
    internal Gauge ExpirySeconds { get; } = factory.CreateGauge(
        "x0tta6bl4_identity_expiry_seconds", "Time until the identity in use expires; 0 when there is none or it has expired.");

    internal Gauge OutageBudgetSeconds { get; } = factory.CreateGauge(
        "x0tta6bl4_identity_outage_budget_seconds",
        "How long this router would still be believed if its authority fell silent now.");

    internal Gauge IslandIssued { get; } = factory.CreateGauge(
        "x0tta6bl4_identity_island_issued", "1 while the identity in use was issued inside the mesh, in place of the real authority.");

    internal Gauge ClockBehind { get; } = factory.CreateGauge(
        "x0tta6bl4_identity_clock_behind", "1 while the wall clock shows a time that is past for certain.");

    internal Gauge ClockSetBack { get; } = factory.CreateGauge(
        "x0tta6bl4_identity_clock_set_back", "How often the wall clock was found set back since the start.");

    internal Counter Rotations { get; } = factory.CreateCounter(
        "x0tta6bl4_identity_rotations_total", "New identities taken into use.", ["source"]);

    internal Counter Failures { get; } = factory.CreateCounter(
        "x0tta6bl4_identity_failures_total", "Attempts to get an identity or bundle that failed.", ["source"]);
}
