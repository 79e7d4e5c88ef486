using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Sources;

/// <summary>Who we are and whom we trust, at one moment. Immutable; a newer one replaces it whole (W-7).</summary>
/// <param name="Svid">Our identity; null while there is none, or when its issuer has taken it back (W-18).</param>
/// <param name="Bundles">Whom we trust. A trust domain that is not in it is not trusted any more (W-8).</param>
public sealed record IdentitySnapshot(LocalSvid? Svid, TrustBundleSet Bundles)
{
    /// <summary>Nobody, who trusts nobody.</summary>
    public static readonly IdentitySnapshot None = new(null, new TrustBundleSet());

    /// <summary>
    /// True when an authority inside the mesh signed it because the real one could not be reached (docs/identity.md, islands).
    /// </summary>
    public bool IsIslandIssued { get; init; }
}
