using System.Text.Json;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>What we demand of a JWT-SVID beyond the standard.</summary>
public sealed record JwtSvidPolicy
{
    /// <summary>
    /// Longest time from its issue to its end (T-7); from nbf, or else from now, when it does not say. SPIRE makes them for five
    /// minutes.
    /// </summary>
    public TimeSpan LifetimeMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Added to <see cref="LifetimeMax"/>.</summary>
    public TimeSpan LifetimeTolerance { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How far the clocks of two machines may be apart.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// Decides whether a token proves a SPIFFE ID (JWT-SVID). What is cheap is checked before the signature, so that the reason of a
/// refusal may come from claims nobody signed; an identity never does. Pure: no clock, no files, no state. Thread-safe.
/// </summary>
public sealed class JwtSvidVerifier
{
    private readonly JwtSvidPolicy _policy;
    private readonly string _audience;

    /// <param name="policy">What we demand.</param>
    /// <param name="audience">Who we are: the audience a token must name (J-6).</param>
    /// <exception cref="ArgumentException">No audience.</exception>
    public JwtSvidVerifier(JwtSvidPolicy policy, string audience)
    {
        ArgumentException.ThrowIfNullOrEmpty(audience);
        _policy = policy;
        _audience = audience;
    }

    /// <summary>Verifies a token.</summary>
    /// <param name="token">The token, without "Bearer" and white space.</param>
    /// <param name="bundles">Whom we trust, by trust domain.</param>
    /// <param name="now">The time.</param>
    public JwtSvidVerdict Verify(ReadOnlySpan<char> token, JwtBundleSet bundles, DateTimeOffset now)
    {
        const JwtProfile Profile = JwtProfile.Svid;
        SpiffeId id = default;
        IReadOnlyList<string> audience = [];
        JwtTimes times = default;
        NamedKey? authority = null;
        var rule = new JwtTimeRule(_policy.LifetimeMax, _policy.LifetimeTolerance, _policy.ClockSkew);
        var refusal = CompactToken.Read(token, Profile, out var parsed)
            ?? Subject(parsed!.Claims, out id)
            ?? JwtClaims.CheckAudience(parsed.Claims, _audience, Profile, out audience)
            ?? JwtClaims.CheckTimes(parsed.Claims, rule, now, Profile, out times)
            ?? FindAuthority(parsed.Header.KeyId, id, bundles, out authority)
            ?? JwsSignature.Check(parsed, authority!.Key, authority.KeyId, Profile);
        return refusal is not null
            ? new JwtSvidVerdict(null, refusal)
            : new JwtSvidVerdict(
                new VerifiedJwtSvid(id, audience, times.ExpiresAt, authority!) { IssuedAt = times.IssuedAt, Claims = parsed!.Claims },
                null);
    }

    /// <summary>
    /// The trust domain a token says it is of, without any proof: to know which bundle to ask for. Null for a token that would be
    /// refused whatever the bundle is.
    /// </summary>
    public static TrustDomain? ClaimedTrustDomain(ReadOnlySpan<char> token)
    {
        SpiffeId id = default;
        return CompactToken.Read(token, JwtProfile.Svid, out var parsed) is null && Subject(parsed!.Claims, out id) is null
            ? id.TrustDomain
            : null;
    }

    private static JwtRefusal? Subject(JsonElement claims, out SpiffeId id)
    {
        id = default;
        if (StrictJson.Text(claims, "sub") is not { } subject)
        {
            return JwtRefusal.Of(JwtProfile.Svid, JwtRefusalReason.Subject, "the token has no subject");
        }

        if (SpiffeId.Parse(subject, out id) is { } problem)
        {
            return JwtRefusal.Of(JwtProfile.Svid, JwtRefusalReason.Subject, $"the subject of the token: {problem.Text}", problem.Requirement);
        }

        return id.Path.Length == 0
            ? JwtRefusal.Of(JwtProfile.Svid, JwtRefusalReason.Subject, $"{id} names a trust domain, not a workload")
            : null;
    }

    private static JwtRefusal? FindAuthority(string? keyId, SpiffeId id, JwtBundleSet bundles, out NamedKey? authority)
    {
        authority = null;
        if (bundles.Find(id.TrustDomain) is not { Authorities.Count: > 0 } bundle)
        {
            return JwtRefusal.Of(
                JwtProfile.Svid, JwtRefusalReason.UnknownTrustDomain, $"{id}: there are no JWT keys of the trust domain {id.TrustDomain}");
        }

        authority = bundle.Find(keyId);
        if (authority is not null)
        {
            return null;
        }

        return JwtRefusal.Of(
            JwtProfile.Svid, JwtRefusalReason.UnknownKey,
            keyId is null
                ? $"{id}: the token does not say which of the {bundle.Authorities.Count} keys of its trust domain signed it (kid)"
                : $"{id}: the key \"{X509.Certificate.Clean(keyId)}\" is no JWT key of the trust domain {id.TrustDomain}");
    }
}

/// <summary>A workload that has proven who it is. Made by <see cref="JwtSvidVerifier"/> alone.</summary>
/// <param name="Id">Who.</param>
/// <param name="Audience">For whom: everybody of them can show the token to the others.</param>
/// <param name="ExpiresAt">When the proof ends.</param>
/// <param name="Authority">The key of the bundle that signed it.</param>
public sealed record VerifiedJwtSvid(SpiffeId Id, IReadOnlyList<string> Audience, DateTimeOffset ExpiresAt, NamedKey Authority)
{
    /// <summary>When it was made; null when it does not say.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>All claims, within <see cref="JwtLimits"/>.</summary>
    public JsonElement Claims { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} until {ExpiresAt:u}";
}

/// <summary>Yes, with who; or no, with why.</summary>
/// <param name="Svid">The identity; also set for one that is real and not let in.</param>
/// <param name="Refusal">The reason; null when the token is believed.</param>
public readonly record struct JwtSvidVerdict(VerifiedJwtSvid? Svid, JwtRefusal? Refusal)
{
    /// <summary>The same verdict, or a refusal when the identity is real and none of the patterns lets it in (U-6).</summary>
    public JwtSvidVerdict Authorize(IReadOnlyList<SpiffeIdPattern> allowed)
    {
        if (Svid is not { } svid || Refusal is not null || allowed.Any(pattern => pattern.Matches(svid.Id)))
        {
            return this;
        }

        return this with { Refusal = JwtRefusal.Of(JwtProfile.Svid, JwtRefusalReason.NotAuthorized, $"{svid.Id} is not let in here") };
    }
}
