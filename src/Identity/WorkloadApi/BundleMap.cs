using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>
/// The bundles of a message, by trust domain: <c>map&lt;string, bytes&gt;</c> whose keys are SPIFFE IDs of trust domains
/// (<c>spiffe://example.org</c>; Workload API, sections 5.2.1, 5.2.2 and 6.2.2).
/// </summary>
internal static class BundleMap
{
    public const int FieldOfX509Bundles = 2;

    public const int FieldOfJwtBundles = 1;

    /// <summary>Reads a message that has nothing else in it we ask for.</summary>
    /// <exception cref="ProtobufFormatException">It is no such message, or names no bundle, or two of one trust domain.</exception>
    public static Dictionary<TrustDomain, ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> message, int field)
    {
        var entries = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                entries.Add(reader.ReadMapEntry());
            }
            else
            {
                reader.Skip();
            }
        }

        return entries.Count == 0
            ? throw new ProtobufFormatException("the answer holds no bundle, not even our own domain's (W-10, W-19, W-21)")
            : ByTrustDomain(entries);
    }

    /// <summary>The same by trust domain.</summary>
    /// <exception cref="ProtobufFormatException">A key is no trust domain, there are two of one, or too many.</exception>
    public static Dictionary<TrustDomain, ReadOnlyMemory<byte>> ByTrustDomain(
        IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> entries)
    {
        if (entries.Count > TrustBundleSet.TrustDomainsMax)
        {
            throw new ProtobufFormatException(
                $"the answer holds {entries.Count} bundles, at most {TrustBundleSet.TrustDomainsMax} are taken");
        }

        var bundles = new Dictionary<TrustDomain, ReadOnlyMemory<byte>>();
        foreach (var (key, value) in entries)
        {
            if (!bundles.TryAdd(DomainOf(key), value))
            {
                throw new ProtobufFormatException($"the answer holds two bundles of {DomainOf(key)} (B-13)");
            }
        }

        return bundles;
    }

    /// <summary>The standard gives the trust domain's SPIFFE ID; implementations that send its name alone are understood too.</summary>
    private static TrustDomain DomainOf(string key)
    {
        if (SpiffeId.Parse(key, out var id) is null && id.Path.Length == 0)
        {
            return id.TrustDomain;
        }

        return TrustDomain.Parse(key, out var domain) is { } problem
            ? throw new ProtobufFormatException($"the answer holds a bundle that belongs to no trust domain: {problem}")
            : domain;
    }
}
