using System.Buffers;
using System.Text.Json;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>What we demand of an API token.</summary>
/// <param name="Audience">Who we are: the audience a token must name .</param>
public sealed record ApiTokenPolicy(string Audience)
{
    /// <summary>Longest lifetime of a token, verified and issued .</summary>
    public static readonly TimeSpan DefaultLifetimeMax = TimeSpan.FromHours(24);

    /// <summary>Who must have issued it; null takes any issuer that signs with one of the keys.</summary>
    public string? Issuer { get; init; }

    /// <summary>Longest time from its issue to its end .</summary>
    public TimeSpan LifetimeMax { get; init; } = DefaultLifetimeMax;

    /// <summary>How far the clocks of two machines may be apart.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// Decides whether a token of our own API is believed: a JWT signed with EdDSA or ES256 by a key that is for nothing else. No
/// JWT-SVID, which the standard forbids EdDSA (J-3), and never taken for one. Pure: no clock, no files, no state. Thread-safe.
/// </summary>
public sealed class ApiTokenVerifier
{
    private const JwtProfile Profile = JwtProfile.Api;

    /// <summary>The characters of a word of a scope (RFC 6749, section 3.3).</summary>
    private static readonly SearchValues<char> ScopeChars = SearchValues.Create(
        [.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    private readonly ApiTokenPolicy _policy;

    /// <param name="policy">What we demand.</param>
    /// <exception cref="ArgumentException">No audience.</exception>
    public ApiTokenVerifier(ApiTokenPolicy policy)
    {
        _policy = policy.Audience.Length > 0 ? policy : throw new ArgumentException("an audience is needed", nameof(policy));
    }

    /// <summary>Verifies a token.</summary>
    /// <param name="token">The token, without "Bearer" and white space.</param>
    /// <param name="keys">Whom we trust.</param>
    /// <param name="now">The time.</param>
    public ApiTokenVerdict Verify(ReadOnlySpan<char> token, ApiTokenKeySet keys, DateTimeOffset now)
    {
        var (subject, issuer) = ("", "");
        string? tokenId = null;
        IReadOnlyList<string> audience = [];
        IReadOnlyList<string> scopes = [];
        JwtTimes times = default;
        NamedKey? key = null;
        var rule = new JwtTimeRule(_policy.LifetimeMax, TimeSpan.Zero, _policy.ClockSkew);
        var refusal = CompactToken.Read(token, Profile, out var parsed)
            ?? Issuer(parsed!.Claims, out issuer)
            ?? Subject(parsed.Claims, out subject)
            ?? JwtClaims.CheckAudience(parsed.Claims, _policy.Audience, Profile, out audience)
            ?? JwtClaims.CheckTimes(parsed.Claims, rule, now, Profile, out times)
            ?? (times.IssuedAt is null ? JwtRefusal.Of(Profile, JwtRefusalReason.BadTime, "the token has no time of issue (iat)", "A-5") : null)
            ?? TokenId(parsed.Claims, out tokenId)
            ?? Scopes(parsed.Claims, out scopes)
            ?? FindKey(parsed.Header.KeyId, keys, out key)
            ?? JwsSignature.Check(parsed, key!.Key, key.KeyId, Profile);
        return refusal is not null
            ? new ApiTokenVerdict(null, refusal)
            : new ApiTokenVerdict(
                new VerifiedApiToken(subject, issuer, audience, times.IssuedAt!.Value, times.ExpiresAt, scopes)
                {
                    TokenId = tokenId,
                    KeyId = key!.KeyId,
                    Claims = parsed!.Claims,
                },
                null);
    }

    /// <summary>True for one word of a scope within the limits.</summary>
    internal static bool IsScope(ReadOnlySpan<char> word) =>
        word.Length is > 0 and <= JwtLimits.ScopeCharsMax && !word.ContainsAnyExcept(ScopeChars);

    private JwtRefusal? Issuer(JsonElement claims, out string issuer)
    {
        issuer = claims.TryGetProperty("iss", out var value) ? JwtClaims.Name(value) ?? "" : "";
        return issuer.Length == 0
            ? JwtRefusal.Of(Profile, JwtRefusalReason.Issuer, $"the issuer of the token is no text of 1 to {JwtLimits.NameCharsMax} characters")
            : _policy.Issuer is { } expected && expected != issuer
                ? JwtRefusal.Of(Profile, JwtRefusalReason.Issuer, "the token is of another issuer")
                : null;
    }

    private static JwtRefusal? Subject(JsonElement claims, out string subject)
    {
        subject = claims.TryGetProperty("sub", out var value) ? JwtClaims.Name(value) ?? "" : "";
        // It goes into logs and answers.
        return subject.Length == 0 || subject.Any(char.IsControl)
            ? JwtRefusal.Of(
                Profile, JwtRefusalReason.Subject,
                $"the subject of the token is no text of 1 to {JwtLimits.NameCharsMax} characters, or has control characters")
            : null;
    }

    private static JwtRefusal? TokenId(JsonElement claims, out string? tokenId)
    {
        tokenId = StrictJson.Text(claims, "jti");
        return claims.TryGetProperty("jti", out _) && tokenId is not { Length: > 0 and <= JwtLimits.IdCharsMax }
            ? JwtRefusal.Of(
                Profile, JwtRefusalReason.BadTokenId, $"jti of the token is no text of 1 to {JwtLimits.IdCharsMax} characters")
            : null;
    }

    private static JwtRefusal? Scopes(JsonElement claims, out IReadOnlyList<string> scopes)
    {
        scopes = [];
        if (!claims.TryGetProperty("scope", out _))
        {
            return null;
        }

        scopes = StrictJson.Text(claims, "scope")?.Split(' ', JwtLimits.ScopesMax + 1) ?? [];
        return scopes.Count is > 0 and <= JwtLimits.ScopesMax && scopes.All(word => IsScope(word))
            ? null
            : JwtRefusal.Of(
                Profile, JwtRefusalReason.BadScope,
                $"scope of the token is no text of 1 to {JwtLimits.ScopesMax} words of 1 to {JwtLimits.ScopeCharsMax} characters, "
                + "each one space from the next");
    }

    private static JwtRefusal? FindKey(string? keyId, ApiTokenKeySet keys, out NamedKey? key)
    {
        key = keys.Find(keyId);
        return key is not null ? null : JwtRefusal.Of(
            Profile, JwtRefusalReason.UnknownKey,
            keyId is null
                ? $"the token does not say which of the {keys.KeyIds.Count} keys signed it (kid)"
                : $"there is no key \"{X509.Certificate.Clean(keyId)}\"");
    }
}

/// <summary>Somebody who has proven that he was given this token. Made by <see cref="ApiTokenVerifier"/> alone.</summary>
/// <param name="Subject">Who, in the words of the issuer. 1 to 2,048 characters, none of them a control character.</param>
/// <param name="Issuer">Who says so.</param>
/// <param name="Audience">For whom.</param>
/// <param name="IssuedAt">When it was made.</param>
/// <param name="ExpiresAt">When the proof ends.</param>
/// <param name="Scopes">What he may do, in words of the API; empty when it does not say.</param>
public sealed record VerifiedApiToken(
    string Subject, string Issuer, IReadOnlyList<string> Audience, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt,
    IReadOnlyList<string> Scopes)
{
    /// <summary>Its number, for a list of revoked ones; null when it has none.</summary>
    public string? TokenId { get; init; }

    /// <summary>The key that signed it.</summary>
    public required string KeyId { get; init; }

    /// <summary>All claims, within <see cref="JwtLimits"/>.</summary>
    public JsonElement Claims { get; init; }

    /// <summary>True when the word is one of its scopes, letter for letter.</summary>
    public bool HasScope(string word) => Scopes.Contains(word, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Subject} until {ExpiresAt:u}";
}

/// <summary>Yes, with who; or no, with why.</summary>
/// <param name="Token">What the token proves; null when it is refused.</param>
/// <param name="Refusal">The reason; null when the token is believed.</param>
public readonly record struct ApiTokenVerdict(VerifiedApiToken? Token, JwtRefusal? Refusal);
