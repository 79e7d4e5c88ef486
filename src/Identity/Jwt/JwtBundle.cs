using System.Collections.Frozen;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// Whose signatures prove JWT-SVIDs of one trust domain, and nothing else (SPIFFE Trust Domain and Bundle, section 3; J-11,
/// W-21). Immutable: its keys are checked once in its life.
/// </summary>
public sealed class JwtBundle
{
    /// <summary>Most bytes of a bundle.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Most keys of one trust domain, those for other uses included.</summary>
    public const int KeysMax = 64;

    private readonly FrozenDictionary<string, NamedKey> _authorities;

    /// <param name="trustDomain">The trust domain.</param>
    /// <param name="authorities">Its keys. None: every JWT-SVID of the domain is refused (B-7).</param>
    /// <exception cref="ArgumentException">Two keys of one ID.</exception>
    public JwtBundle(TrustDomain trustDomain, IReadOnlyCollection<NamedKey> authorities)
    {
        TrustDomain = trustDomain;
        if (authorities.GroupBy(a => a.KeyId, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"two keys of the ID \"{X509.Certificate.Clean(twice.Key)}\"", nameof(authorities));
        }

        _authorities = authorities.ToFrozenDictionary(a => a.KeyId, StringComparer.Ordinal);
    }

    /// <summary>The trust domain.</summary>
    public TrustDomain TrustDomain { get; }

    /// <summary>Its keys.</summary>
    public IReadOnlyCollection<NamedKey> Authorities => _authorities.Values;

    /// <summary>Version of its contents, growing with each change; null when it has none (B-3).</summary>
    public ulong? Sequence { get; init; }

    /// <summary>How soon to ask for a newer one; null when it does not say (B-4).</summary>
    public TimeSpan? RefreshHint { get; init; }

    /// <summary>
    /// The key of that ID. A token need not name its key (JWT-SVID, section 2.2); then it is the only one, and where there are
    /// several none: trying them all is work a stranger could ask for.
    /// </summary>
    internal NamedKey? Find(string? keyId) => keyId is null
        ? _authorities.Count == 1 ? _authorities.Values[0] : null
        : _authorities.GetValueOrDefault(keyId);
}

/// <summary>The JWT bundles of every trust domain we know, by trust domain. Immutable.</summary>
public sealed class JwtBundleSet
{
    /// <summary>Most trust domains: our own and the ones federated with it.</summary>
    public const int TrustDomainsMax = 64;

    private readonly FrozenDictionary<TrustDomain, JwtBundle> _bundles;

    /// <param name="bundles">One for each trust domain.</param>
    /// <exception cref="ArgumentException">Too many, or two of one trust domain (B-13).</exception>
    public JwtBundleSet(params IReadOnlyCollection<JwtBundle> bundles)
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

    /// <summary>The bundle of a trust domain, and of no other (B-1, W-24); null when there is none.</summary>
    public JwtBundle? Find(TrustDomain domain) => _bundles.GetValueOrDefault(domain);
}
