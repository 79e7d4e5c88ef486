namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// Tokens in HTTP's Authorization header and gRPC's authorization metadata (J-9; RFC 6750, section 2.1). A token in a query or a form is
/// not looked for: it would stand in logs.
/// </summary>
public static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>The value of the header that carries a token.</summary>
    public static string Header(string token) => Scheme + token;

    /// <summary>The token in the value of the header; empty when it carries none. What it holds is for a verifier to say.</summary>
    /// <param name="header">The value; the scheme in capitals or not (RFC 9110, section 11.1).</param>
    public static ReadOnlySpan<char> Read(ReadOnlySpan<char> header) =>
        header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].TrimStart(' ') : default;
}
