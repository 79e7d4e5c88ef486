namespace X0tta6bl4.Identity.Revocation;

/// <summary>Who must say that a peer's certificate was not revoked. Each is off or on: a silence is a no, never a yes (U-2).</summary>
public enum RevocationMode
{
    /// <summary>Nobody: certificates live for an hour, and end by not being renewed.</summary>
    Off,

    /// <summary>A revocation list (RFC 5280, section 5) of each issuer of the chain, from files.</summary>
    Crl,

    /// <summary>An OCSP response (RFC 6960) the peer shows with its certificate.</summary>
    OcspStapled,

    /// <summary>The same, or where the peer shows none, one fetched from the responder.</summary>
    Ocsp,
}

/// <summary>How revocation is looked at.</summary>
public sealed record RevocationPolicy
{
    /// <summary>Longest URL of a responder, in characters.</summary>
    public const int UrlCharsMax = 1024;

    /// <summary>Who must say so.</summary>
    public RevocationMode Mode { get; init; }

    /// <summary>How far the clock of an issuer or responder may be from ours.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an OCSP response without a nextUpdate counts, from its thisUpdate on.</summary>
    public TimeSpan OcspAgeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest time a responder may take for one answer.</summary>
    public TimeSpan FetchTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The responder to ask, http and nothing else; null: the one the certificate names. Only the configured one may be on this
    /// machine or on the link.
    /// </summary>
    public Uri? Responder { get; init; }
}
