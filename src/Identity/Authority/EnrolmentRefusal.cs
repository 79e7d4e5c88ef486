namespace X0tta6bl4.Identity.Authority;

/// <summary>Why an authority says no. Metric label, and part of its answer.</summary>
public enum EnrolmentRefusal
{
    /// <summary>The request is not one, or not one for who sent it.</summary>
    BadRequest,

    /// <summary>The token is unknown, used, or its secret is wrong.</summary>
    BadToken,

    /// <summary>The token is right and too old.</summary>
    TokenExpired,

    /// <summary>The request for a certificate cannot be believed, or asks for more than an SVID is.</summary>
    BadCertificateRequest,

    /// <summary>Another ID is asked for than the proof is for.</summary>
    OtherId,

    /// <summary>The ID is on the deny list.</summary>
    Denied,

    /// <summary>The ID never used a token here.</summary>
    NotEnrolled,

    /// <summary>The certificate shown cannot be renewed here: it is older than the enrolment, or another authority's. Come back with the key that was kept.</summary>
    NotRenewable,

    /// <summary>The key is none the node may come back with, or its signature is wrong.</summary>
    BadProof,

    /// <summary>The node was away for too long; it needs a new token.</summary>
    AwayTooLong,

    /// <summary>It may not be an island authority.</summary>
    NoIsland,

    /// <summary>An island authority: the real one can be reached, and is the one to ask.</summary>
    AuthorityReachable,

    /// <summary>An island authority: it was cut off for longer than it may stand in.</summary>
    IslandExpired,

    /// <summary>The authority cannot issue now: its certificate, its flash.</summary>
    Unavailable,

    /// <summary>Too many requests from there.</summary>
    RateLimited,
}

/// <summary>Names of refusals on the wire.</summary>
internal static class EnrolmentRefusals
{
    private static readonly string[] Labels = [.. Enum.GetValues<EnrolmentRefusal>().Select(r => EnrolmentProtocol.Label(r))];

    public static EnrolmentRefusal? Parse(string label) => Array.IndexOf(Labels, label) is >= 0 and var index ? (EnrolmentRefusal)index : null;

    /// <summary>Asking again later may be answered otherwise, without anybody doing anything.</summary>
    public static bool PassesByItself(EnrolmentRefusal refusal) =>
        refusal is EnrolmentRefusal.AuthorityReachable or EnrolmentRefusal.Unavailable or EnrolmentRefusal.RateLimited;
}

/// <summary>The authority was reached and said no.</summary>
internal sealed class EnrolmentRefusedException(EnrolmentRefusal refusal, string text) : Exception(text)
{
    public EnrolmentRefusal Refusal { get; } = refusal;
}
