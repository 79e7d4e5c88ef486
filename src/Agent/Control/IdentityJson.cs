using System.Text.Json;
using X0tta6bl4.Identity;

namespace X0tta6bl4.Agent.Control;

/// <summary>Who this router is, for <c>/v1/identity</c> and, shorter, <c>/v1/status</c>. Nothing of it is secret.</summary>
internal static class IdentityJson
{
    public static void Write(Utf8JsonWriter json, NodeIdentity identity, bool isWhole)
    {
        var snapshot = identity.Current.Value;
        json.WriteStartObject("identity");
        json.WriteString("source", identity.Source);
        json.WriteString("spiffe_id", snapshot.Svid?.Id.ToString());
        json.WriteBoolean("usable", identity.IsUsable(snapshot));
        json.WriteNumber("expires_in_s", snapshot.Svid is { } svid ? Math.Round(identity.Left(svid).TotalSeconds) : 0);
        json.WriteBoolean("island_issued", snapshot.IsIslandIssued);
        json.WriteNumber("connections", identity.Connections.Count);
        json.WriteString("last_problem", identity.LastProblem);
        if (isWhole)
        {
            WriteDetails(json, identity);
        }

        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json, NodeIdentity identity)
    {
        var snapshot = identity.Current.Value;
        if (snapshot.Svid is { } svid)
        {
            json.WriteString("serial_number", svid.Chain[0].SerialNumber);
            json.WriteString("not_before", svid.Chain[0].NotBefore.UtcDateTime);
            json.WriteString("not_after", svid.NotAfter.UtcDateTime);
            json.WriteString("key", svid.KeyKind.ToString());
            json.WriteNumber("certificates", svid.Chain.Count);
        }

        json.WriteStartArray("trust_domains");
        foreach (var domain in snapshot.Bundles.TrustDomains)
        {
            json.WriteStringValue(domain.ToString());
        }

        json.WriteEndArray();
        json.WriteString("judged_as_of", identity.Clock.Now.UtcDateTime);
        json.WriteBoolean("clock_behind", identity.Clock.IsBehind);
        json.WriteNumber("clock_set_back", identity.Clock.SetBack);
    }
}
