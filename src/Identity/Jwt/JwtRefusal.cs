using System.Collections.Frozen;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>Why a token is not believed. Metric label and part of every refusal's text.</summary>
public enum JwtRefusalReason
{
    /// <summary>More characters than are looked at.</summary>
    TooLarge,

    /// <summary>Not three parts with dots between them: no JWS in compact form.</summary>
    NotCompact,

    /// <summary>A part that is no strict base64url, or no JSON that can be read in one way only.</summary>
    Malformed,

    /// <summary>A header other than alg, kid and typ.</summary>
    HeaderNotAllowed,

    /// <summary>A type other than the ones of the profile.</summary>
    HeaderType,

    /// <summary>No algorithm, or one the profile does not have: none and HMACs among them.</summary>
    Algorithm,

    /// <summary>No subject, or one the profile does not take.</summary>
    Subject,

    /// <summary>No audience, or none that is us.</summary>
    Audience,

    /// <summary>No issuer, or another than the expected one.</summary>
    Issuer,

    /// <summary>No end.</summary>
    NoExpiry,

    /// <summary>A time that is no number, or absurd.</summary>
    BadTime,

    /// <summary>After its time.</summary>
    Expired,

    /// <summary>Before its time, or issued in the future.</summary>
    NotYetValid,

    /// <summary>Valid for longer than the policy allows.</summary>
    LifetimeTooLong,

    /// <summary>A scope that is no list of words.</summary>
    BadScope,

    /// <summary>A token ID that is no short text.</summary>
    BadTokenId,

    /// <summary>There are no keys of the subject's trust domain.</summary>
    UnknownTrustDomain,

    /// <summary>No key of that ID, or no ID where there are several keys.</summary>
    UnknownKey,

    /// <summary>A key too weak, too large, or that is none.</summary>
    WeakKey,

    /// <summary>An algorithm that is not the key's.</summary>
    AlgorithmNotOfKey,

    /// <summary>A signature that does not verify.</summary>
    BadSignature,

    /// <summary>A real identity that is not let in here.</summary>
    NotAuthorized,
}

/// <summary>A refusal: the reason for machines, the requirement for readers, the text for people.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Requirement">Number in the list of docs/identity-rules.md.</param>
/// <param name="Text">What exactly, with the figures. Never the token or its signature.</param>
public sealed record JwtRefusal(JwtRefusalReason Reason, string Requirement, string Text)
{
    private static readonly FrozenDictionary<JwtRefusalReason, (string Svid, string Api)> Requirements =
        new Dictionary<JwtRefusalReason, (string, string)>
        {
            [JwtRefusalReason.TooLarge] = ("T-1", "T-1"),
            [JwtRefusalReason.NotCompact] = ("J-1", "J-1"),
            [JwtRefusalReason.Malformed] = ("T-2", "T-2"),
            [JwtRefusalReason.HeaderNotAllowed] = ("J-2", "A-2"),
            [JwtRefusalReason.HeaderType] = ("J-4", "A-2"),
            [JwtRefusalReason.Algorithm] = ("J-3", "A-1"),
            [JwtRefusalReason.Subject] = ("J-5", "A-6"),
            [JwtRefusalReason.Audience] = ("J-6", "A-4"),
            [JwtRefusalReason.Issuer] = ("T-6", "A-3"),
            [JwtRefusalReason.NoExpiry] = ("J-7", "A-5"),
            [JwtRefusalReason.BadTime] = ("T-6", "T-6"),
            [JwtRefusalReason.Expired] = ("J-8", "A-5"),
            [JwtRefusalReason.NotYetValid] = ("T-6", "T-6"),
            [JwtRefusalReason.LifetimeTooLong] = ("T-7", "A-9"),
            [JwtRefusalReason.BadScope] = ("A-7", "A-7"),
            [JwtRefusalReason.BadTokenId] = ("A-6", "A-6"),
            [JwtRefusalReason.UnknownTrustDomain] = ("W-24", "W-24"),
            [JwtRefusalReason.UnknownKey] = ("J-11", "A-8"),
            [JwtRefusalReason.WeakKey] = ("T-5", "T-5"),
            [JwtRefusalReason.AlgorithmNotOfKey] = ("T-5", "A-1"),
            [JwtRefusalReason.BadSignature] = ("T-4", "T-4"),
            [JwtRefusalReason.NotAuthorized] = ("U-6", "U-6"),
        }.ToFrozenDictionary();

    /// <inheritdoc/>
    public override string ToString() => $"{Text} ({Requirement})";

    /// <summary>A refusal with the requirement that goes with its reason in the profile, or a more exact one.</summary>
    internal static JwtRefusal Of(JwtProfile profile, JwtRefusalReason reason, string text, string? requirement = null)
    {
        var (svid, api) = Requirements[reason];
        return new JwtRefusal(reason, requirement ?? (profile == JwtProfile.Svid ? svid : api), text);
    }
}

/// <summary>Which of the two rules a token is held against. They share how bytes are read, and no key.</summary>
internal enum JwtProfile
{
    /// <summary>JWT-SVID of SPIFFE.</summary>
    Svid,

    /// <summary>Tokens of our own API.</summary>
    Api,
}
