using System.Text;
using System.Text.Json;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// A token taken apart (JWS in compact form, RFC 7515, section 7.1), with a header that was already found good: nothing of the
/// claims is decoded before the algorithm is one of the profile's (J-8).
/// </summary>
internal sealed class CompactToken
{
    private CompactToken(JoseHeader header, JsonElement claims, byte[] signingInput, byte[] signature)
    {
        Header = header;
        Claims = claims;
        SigningInput = signingInput;
        Signature = signature;
    }

    public JoseHeader Header { get; }

    /// <summary>The claims, an object. Nobody has signed them until <see cref="Signature"/> was checked.</summary>
    public JsonElement Claims { get; }

    /// <summary>What is signed: the first two parts as they were sent.</summary>
    public byte[] SigningInput { get; }

    public byte[] Signature { get; }

    /// <summary>Takes a token apart.</summary>
    /// <param name="token">The token, without anything around it.</param>
    /// <param name="profile">Whose headers and algorithms are allowed.</param>
    /// <param name="parsed">The token, when the answer is null.</param>
    public static JwtRefusal? Read(ReadOnlySpan<char> token, JwtProfile profile, out CompactToken? parsed)
    {
        parsed = null;
        if (token.Length > JwtLimits.TokenCharsMax)
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.TooLarge,
                $"the token has {token.Length} characters, at most {JwtLimits.TokenCharsMax} are looked at");
        }

        if (token.Count('.') != 2)
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.NotCompact,
                "the token is not three parts with dots between them (JWS compact serialization)");
        }

        JoseHeader? header = null;
        JsonElement claims = default;
        byte[]? signature = null;
        var first = token.IndexOf('.');
        var last = token.LastIndexOf('.');
        var refusal = ReadObject(token[..first], "header", profile, out var headerObject)
            ?? JoseHeader.Read(headerObject, profile, out header)
            ?? ReadObject(token[(first + 1)..last], "claims", profile, out claims)
            ?? ReadSignature(token[(last + 1)..], profile, out signature);
        if (refusal is not null)
        {
            return refusal;
        }

        // Only base64url and one dot are left in it: one byte a character.
        var signingInput = Encoding.ASCII.GetBytes(token[..last].ToString());
        parsed = new CompactToken(header!, claims, signingInput, signature!);
        return null;
    }

    private static JwtRefusal? ReadObject(ReadOnlySpan<char> part, string name, JwtProfile profile, out JsonElement value)
    {
        value = default;
        if (StrictBase64Url.Decode(part) is not { } bytes)
        {
            return JwtRefusal.Of(profile, JwtRefusalReason.Malformed, $"the {name} of the token: no strict base64url");
        }

        return StrictJson.Problem(bytes, out value) is { } problem
            ? JwtRefusal.Of(profile, JwtRefusalReason.Malformed, $"the {name} of the token {problem}", "T-3")
            : null;
    }

    private static JwtRefusal? ReadSignature(ReadOnlySpan<char> part, JwtProfile profile, out byte[]? signature)
    {
        signature = StrictBase64Url.Decode(part);
        return signature is null
            ? JwtRefusal.Of(profile, JwtRefusalReason.Malformed, "the signature of the token: no strict base64url")
            : null;
    }
}

/// <summary>The header of a token: the three members there may be (JWT-SVID, section 2).</summary>
/// <param name="Algorithm">One of the profile's.</param>
/// <param name="KeyId">Which key; null when it does not say.</param>
internal sealed record JoseHeader(JwsAlgorithm Algorithm, string? KeyId)
{
    /// <summary>
    /// Reads the header. What is not expected is refused, not ignored: each of jwk, jku, x5u, x5c, crit, b64 and zip has let
    /// somebody choose his own key or his own bytes.
    /// </summary>
    public static JwtRefusal? Read(JsonElement json, JwtProfile profile, out JoseHeader? header)
    {
        header = null;
        var name = StrictJson.Text(json, "alg");
        if (JwsAlgorithms.Find(name) is not { } algorithm || !IsOf(profile, algorithm))
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.Algorithm,
                name is null ? "the header of the token has no text \"alg\"" : $"the algorithm \"{Certificate.Clean(name)}\" is not accepted");
        }

        foreach (var member in json.EnumerateObject())
        {
            if (member.Name is not ("alg" or "kid" or "typ"))
            {
                return JwtRefusal.Of(
                    profile, JwtRefusalReason.HeaderNotAllowed,
                    $"the header of the token has \"{Certificate.Clean(member.Name)}\", only alg, kid and typ are accepted");
            }
        }

        if (json.TryGetProperty("typ", out _) && !IsType(profile, StrictJson.Text(json, "typ")))
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.HeaderType,
                $"the type of the token is not {(profile == JwtProfile.Svid ? "JWT or JOSE" : "JWT")}");
        }

        var keyId = StrictJson.Text(json, "kid");
        if (json.TryGetProperty("kid", out _) && keyId is not { Length: > 0 and <= JwtLimits.IdCharsMax })
        {
            return JwtRefusal.Of(
                profile, JwtRefusalReason.UnknownKey,
                $"the key ID of the token is no text of 1 to {JwtLimits.IdCharsMax} characters");
        }

        header = new JoseHeader(algorithm, keyId);
        return null;
    }

    private static bool IsOf(JwtProfile profile, JwsAlgorithm algorithm) => profile == JwtProfile.Svid
        ? algorithm != JwsAlgorithm.EdDSA
        : algorithm is JwsAlgorithm.EdDSA or JwsAlgorithm.ES256;

    private static bool IsType(JwtProfile profile, string? type) => type == "JWT" || (type == "JOSE" && profile == JwtProfile.Svid);
}
