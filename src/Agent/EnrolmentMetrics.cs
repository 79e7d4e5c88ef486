using System.Text.Json;
using Prometheus;
using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Agent;

/// <summary>Figures of the authority this router serves as, set at scrape time from the counters it keeps.</summary>
internal sealed class EnrolmentMetrics(IMetricFactory factory, string authority, EnrolmentCounters counters)
{
    private readonly Counter _answers = factory.CreateCounter(
        "x0tta6bl4_authority_requests_total",
        "Requests for certificates to the authority on this router, by what became of them.", ["authority", "result"]);

    public void Refresh()
    {
        Set("enrolled", counters.Enrolled);
        Set("renewed", counters.Renewed);
        Set("returned", counters.Returned);
        Set("island", counters.Islands);
        Set("greeted", counters.Greeted);
        Set("handshake_failed", counters.HandshakesFailed);
        Set("broken", counters.Broken);
        Set("turned_away", counters.TurnedAway);
        foreach (var reason in Enum.GetValues<EnrolmentRefusal>())
        {
            Set("refused_" + JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()), counters.Refused(reason));
        }
    }

    private void Set(string result, long count) => _answers.WithLabels(authority, result).IncTo(count);
}
