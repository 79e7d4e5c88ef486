using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>Watches that no report of a router is lost or late while identities change under its connections.</summary>
internal sealed class ReportsWatch
{
    /// <summary>Reports come once a second; an emulated router takes about a second for a handshake.</summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(8);

    private readonly ReportBroker _broker;
    private readonly IReadOnlyList<IRouter> _routers;
    private readonly TimeSpan _startedAt = RackClock.Now;
    private readonly long _mark;
    private readonly Dictionary<string, long> _dropped = [];

    private ReportsWatch(ReportBroker broker, IReadOnlyList<IRouter> routers)
    {
        _broker = broker;
        _routers = routers;
        _mark = broker.Messages.Mark;
    }

    /// <summary>Begins, with routers that are connected. What they dropped before, for want of a connection, does not count.</summary>
    public static async Task<ReportsWatch> StartAsync(
        ReportBroker broker, IReadOnlyList<IRouter> routers, CancellationToken cancellation)
    {
        var watch = new ReportsWatch(broker, routers);
        foreach (var router in routers)
        {
            watch._dropped[router.Name] = await CountAsync(router, "dropped", cancellation);
        }

        return watch;
    }

    /// <summary>Says what was seen since, and fails if anything was lost or late.</summary>
    /// <param name="context">Takes the figures.</param>
    /// <param name="reconnectsMin">Connections that a router must have made anew: otherwise no new identity was used.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="expected">The one symptom of its identity that a router has to have now; null for none.</param>
    public async Task JudgeAsync(ScenarioContext context, int reconnectsMin, CancellationToken cancellation, string? expected = null)
    {
        foreach (var router in _routers)
        {
            await JudgeAsync(context, router, reconnectsMin, expected, cancellation);
        }
    }

    private async Task JudgeAsync(
        ScenarioContext context, IRouter router, int reconnectsMin, string? expected, CancellationToken cancellation)
    {
        var acknowledged = await CountAsync(router, "published", cancellation);
        var delivered = Of(router, 0).Count(m => m.Item.Kind != "status");
        var messages = Of(router, _mark);
        var gap = messages.Select(m => m.At).Prepend(_startedAt).Zip(messages.Select(m => m.At)).Max(p => (p.Second - p.First).TotalSeconds);
        var reconnects = await CountAsync(router, "reconnects", cancellation);
        context.Figure($"{router.Name}_reports", messages.Count);
        context.Figure($"{router.Name}_gap_s_max", Math.Round(gap, 1));
        context.Figure($"{router.Name}_reconnects", reconnects);
        Expect.Equal(_dropped[router.Name], await CountAsync(router, "dropped", cancellation), $"reports of {router.Name} dropped");
        Expect.That(delivered >= acknowledged, $"{router.Name}: {acknowledged} reports acknowledged, {delivered} handed on");
        Expect.That(gap < GapMax.TotalSeconds, $"{router.Name}: no report for {gap:0.0} s");
        Expect.That(reconnects >= reconnectsMin, $"{router.Name}: only {reconnects} new connections; was the identity used?");
        Expect.That(
            messages.All(m => m.Item.Kind != "status" || m.Item.Payload.Contains("online", StringComparison.Ordinal)),
            $"{router.Name} was thought dead");
        Expect.Equal(
            expected ?? "",
            string.Join(' ', (await AgentStatus.ReadAsync(router, cancellation)).Symptoms
                .Select(s => s.Code).Where(c => c.StartsWith("identity.", StringComparison.Ordinal))),
            $"symptoms of the identity of {router.Name}");
    }

    private List<JournalEntry<MqttMessage>> Of(IRouter router, long mark) =>
        [.. _broker.Messages.Since(mark).Where(m => m.Item.Router == router.Name)];

    private static async Task<long> CountAsync(IRouter router, string counter, CancellationToken cancellation) =>
        (await IdentitySteps.MqttAsync(router, cancellation)).GetProperty(counter).GetInt64();
}
