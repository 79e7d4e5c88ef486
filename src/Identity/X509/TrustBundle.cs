using System.Collections.Frozen;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>Whose signatures prove IDs of one trust domain (SPIFFE Trust Domain and Bundle, section 3). Immutable.</summary>
/// <param name="TrustDomain">The trust domain.</param>
/// <param name="X509Authorities">Authorities of X509-SVIDs. Empty: every X509-SVID of the domain is refused (B-7).</param>
public sealed record TrustBundle(TrustDomain TrustDomain, IReadOnlyList<Certificate> X509Authorities)
{
    /// <summary>Most bytes of a bundle in any form.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Most authorities of one trust domain.</summary>
    public const int AuthoritiesMax = 64;

    /// <summary>Version of its contents, growing with each change; null when it has none (B-3).</summary>
    public ulong? Sequence { get; init; }

    /// <summary>How soon to ask for a newer one; null when it does not say (B-4).</summary>
    public TimeSpan? RefreshHint { get; init; }
}

/// <summary>The bundles of every trust domain we know, by trust domain. Immutable.</summary>
public sealed class TrustBundleSet
{
    /// <summary>Most trust domains: our own and the ones federated with it.</summary>
    public const int TrustDomainsMax = 64;

    private readonly FrozenDictionary<TrustDomain, TrustBundle> _bundles;

    /// <param name="bundles">One for each trust domain.</param>
    /// <exception cref="ArgumentException">Too many, or two of one trust domain (B-13).</exception>
    public TrustBundleSet(params IReadOnlyCollection<TrustBundle> bundles)
    {
        if (bundles.Count > TrustDomainsMax)
        {
            throw new ArgumentException($"{bundles.Count} trust domains, at most {TrustDomainsMax} are accepted", nameof(bundles));
        }

        if (bundles.GroupBy(b => b.TrustDomain).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"two bundles of the trust domain {twice.Key} (B-13)", nameof(bundles));
        }

        _bundles = bundles.ToFrozenDictionary(b => b.TrustDomain);
    }

    /// <summary>How many.</summary>
    public int Count => _bundles.Count;

    /// <summary>Trust domains there is a bundle of, in the order of their names.</summary>
    public IEnumerable<TrustDomain> TrustDomains => _bundles.Keys.OrderBy(d => d.ToString(), StringComparer.Ordinal);

    /// <summary>The bundle of a trust domain, and of no other (B-1); null when there is none.</summary>
    public TrustBundle? Find(TrustDomain domain) => _bundles.GetValueOrDefault(domain);
}
