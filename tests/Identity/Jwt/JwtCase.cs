using X0tta6bl4.Identity.Jwt;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>One token and what is to be said of it.</summary>
/// <param name="For">The requirement the case is about, a number of the list of docs/identity-rules.md.</param>
/// <param name="What">What is special about it, unique in its table.</param>
/// <param name="Requirement">The requirement the refusal must name; null for a token that is fine.</param>
/// <param name="Reason">The reason expected; null for a token that is fine.</param>
/// <param name="Token">The token.</param>
internal sealed record JwtCase(string For, string What, string? Requirement, JwtRefusalReason? Reason, Func<JwtWorld, string> Token)
{
    public static JwtCase Good(string requirement, string what, Func<JwtWorld, string> token) => new(requirement, what, null, null, token);

    /// <param name="requirement">What the case is about.</param>
    /// <param name="what">What is wrong.</param>
    /// <param name="reason">The reason expected.</param>
    /// <param name="token">The token.</param>
    /// <param name="named">The requirement the refusal names, where that is another.</param>
    public static JwtCase Bad(string requirement, string what, JwtRefusalReason reason, Func<JwtWorld, string> token, string? named = null) =>
        new(requirement, what, named ?? requirement, reason, token);

    public override string ToString() => What;
}

/// <summary>What an attacker does to a token that was minted for him.</summary>
internal static class Tampering
{
    /// <summary>The same token with another signature.</summary>
    public static string WithSignature(this string token, Func<byte[], byte[]> change)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{parts[1]}.{TokenMint.Encode(change(TokenMint.Decode(parts[2])))}";
    }

    /// <summary>The same token with another part, which its signature is not for.</summary>
    public static string WithPart(this string token, int part, string text)
    {
        var parts = token.Split('.');
        parts[part] = text;
        return string.Join('.', parts);
    }

    /// <summary>The header, with the other two parts of the token.</summary>
    public static string WithHeader(this string token, string json) => token.WithPart(0, TokenMint.Encode(json));
}

/// <summary>Generators of the property tests.</summary>
internal static class AnyOf
{
    public static Gen<string> Words(params string[] words) => Gen.Int[0, words.Length - 1].Select(i => words[i]);
}
