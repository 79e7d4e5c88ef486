using System.Text.Json;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>The times of a token, as they were signed.</summary>
/// <param name="ExpiresAt">From then on it is refused.</param>
/// <param name="IssuedAt">When it was made; null when it does not say.</param>
/// <param name="NotBefore">Before then it is refused; null when it does not say.</param>
internal readonly record struct JwtTimes(DateTimeOffset ExpiresAt, DateTimeOffset? IssuedAt, DateTimeOffset? NotBefore);

/// <summary>How long a token may live, and how far the clocks of two machines may be apart.</summary>
/// <param name="LifetimeMax">Most from its issue to its end; from its beginning, or else from now, when it does not say.</param>
/// <param name="Tolerance">Added to that.</param>
/// <param name="ClockSkew">Added to each end of its time.</param>
internal readonly record struct JwtTimeRule(TimeSpan LifetimeMax, TimeSpan Tolerance, TimeSpan ClockSkew);

/// <summary>The claims both profiles have (RFC 7519, section 4.1).</summary>
internal static class JwtClaims
{
    /// <summary>Greatest NumericDate: the last second of the year 9999.</summary>
    public const double NumericDateMax = 253_402_300_799;

    /// <summary>One of the audiences is <paramref name="us"/>, letter for letter.</summary>
    public static JwtRefusal? CheckAudience(JsonElement claims, string us, JwtProfile profile, out IReadOnlyList<string> audience)
    {
        audience = [];
        if (!claims.TryGetProperty("aud", out var value))
        {
            return Refuse("the token has no audience");
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > JwtLimits.AudiencesMax)
        {
            return Refuse($"the token has {value.GetArrayLength()} audiences, at most {JwtLimits.AudiencesMax} are accepted");
        }

        List<string?> names = value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(Name)]
            : [Name(value)];
        if (names.Contains(null))
        {
            return Refuse($"an audience of the token is no text of 1 to {JwtLimits.NameCharsMax} characters");
        }

        audience = [.. names.OfType<string>()];
        return audience.Contains(us, StringComparer.Ordinal) ? null : Refuse("the token is for another audience");

        JwtRefusal Refuse(string text) => JwtRefusal.Of(profile, JwtRefusalReason.Audience, text);
    }

    /// <summary>It is the token's time, and not too long a one.</summary>
    public static JwtRefusal? CheckTimes(
        JsonElement claims, JwtTimeRule rule, DateTimeOffset now, JwtProfile profile, out JwtTimes times)
    {
        times = default;
        var (expires, issued, notBefore) = (double.NaN, double.NaN, double.NaN);
        var refusal = Date(claims, "exp", profile, out expires) ?? Date(claims, "iat", profile, out issued)
            ?? Date(claims, "nbf", profile, out notBefore);
        if (refusal is not null)
        {
            return refusal;
        }

        if (double.IsNaN(expires))
        {
            return JwtRefusal.Of(profile, JwtRefusalReason.NoExpiry, "the token has no end (exp)");
        }

        // In seconds, which cannot overflow as the type of times does at the end of the year 9999.
        var seconds = (now - DateTimeOffset.UnixEpoch).TotalSeconds;
        var skew = rule.ClockSkew.TotalSeconds;
        if (seconds - skew >= expires)
        {
            return JwtRefusal.Of(profile, JwtRefusalReason.Expired, $"the token was valid until {Time(expires):u}, it is {now:u} here");
        }

        if (seconds + skew < notBefore)
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.NotYetValid, $"the token is valid from {Time(notBefore):u} (nbf), it is {now:u} here");
        }

        if (seconds + skew < issued)
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.NotYetValid, $"the token was issued at {Time(issued):u} (iat), it is {now:u} here");
        }

        if (expires < issued || expires < notBefore)
        {
            return JwtRefusal.Of(profile, JwtRefusalReason.BadTime, "the token ends before it begins");
        }

        var most = (rule.LifetimeMax + rule.Tolerance).TotalSeconds;
        var begin = double.IsNaN(issued) ? notBefore : issued;
        var lifetime = expires - (double.IsNaN(begin) ? seconds : begin);
        if (lifetime > most)
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.LifetimeTooLong,
                $"the token is valid for {lifetime:0} s, at most {rule.LifetimeMax.TotalSeconds:0} s "
                + $"and {rule.Tolerance.TotalSeconds:0} s of tolerance are accepted");
        }

        times = new JwtTimes(Time(expires), Optional(issued), Optional(notBefore));
        return null;
    }

    /// <summary>A text of 1 to <see cref="JwtLimits.NameCharsMax"/> characters; null for everything else.</summary>
    public static string? Name(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= JwtLimits.NameCharsMax } text ? text : null;

    /// <summary>A NumericDate in seconds, which may have a fraction (RFC 7519, section 2); not a number when it is absent.</summary>
    private static JwtRefusal? Date(JsonElement claims, string name, JwtProfile profile, out double seconds)
    {
        seconds = double.NaN;
        if (!claims.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out seconds) && seconds is >= 0 and <= NumericDateMax
            ? null
            : JwtRefusal.Of(
                profile, JwtRefusalReason.BadTime, $"{name} of the token is no number of seconds from 0 to {NumericDateMax:0}");
    }

    private static DateTimeOffset Time(double seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private static DateTimeOffset? Optional(double seconds) => double.IsNaN(seconds) ? null : Time(seconds);
}
