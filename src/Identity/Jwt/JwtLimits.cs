namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// How much of a token is looked at. Checked before anything is decoded, so that a stranger's token costs no more than its
/// bytes; a token of SPIRE has some 500 characters.
/// </summary>
public static class JwtLimits
{
    /// <summary>Most characters of a token, the two dots included (T-1).</summary>
    public const int TokenCharsMax = 8 * 1024;

    /// <summary>Deepest nesting of objects and lists in header or claims (T-3).</summary>
    public const int JsonDepthMax = 8;

    /// <summary>Most members of all objects of header or claims together (T-3).</summary>
    public const int JsonMembersMax = 64;

    /// <summary>Most values of the audience (J-6).</summary>
    public const int AudiencesMax = 32;

    /// <summary>Most characters of a subject, an issuer or an audience: as many as a SPIFFE ID may have.</summary>
    public const int NameCharsMax = 2048;

    /// <summary>Most characters of a key ID or a token ID.</summary>
    public const int IdCharsMax = 256;

    /// <summary>Most words of a scope .</summary>
    public const int ScopesMax = 32;

    /// <summary>Most characters of one word of a scope .</summary>
    public const int ScopeCharsMax = 64;
}
