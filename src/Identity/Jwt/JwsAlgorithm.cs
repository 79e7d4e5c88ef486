namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// The signature algorithms that exist here (RFC 7518, section 3; RFC 8037). There is no <c>none</c> and no <c>HS256</c> to be
/// confused with: a token that names one is refused because the word is unknown.
/// </summary>
public enum JwsAlgorithm
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-384.</summary>
    RS384,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-512.</summary>
    RS512,

    /// <summary>RSASSA-PSS with SHA-256, and a salt as long as the hash.</summary>
    PS256,

    /// <summary>RSASSA-PSS with SHA-384, and a salt as long as the hash.</summary>
    PS384,

    /// <summary>RSASSA-PSS with SHA-512, and a salt as long as the hash.</summary>
    PS512,

    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256,

    /// <summary>ECDSA on P-384 with SHA-384.</summary>
    ES384,

    /// <summary>ECDSA on P-521 with SHA-512.</summary>
    ES512,

    /// <summary>Ed25519. Never in a JWT-SVID (J-3).</summary>
    EdDSA,
}

/// <summary>The names of the algorithms and which key each goes with.</summary>
internal static class JwsAlgorithms
{
    /// <summary>The algorithm of exactly that name, letter for letter; null for every other name.</summary>
    public static JwsAlgorithm? Find(string? name) => name switch
    {
        "RS256" => JwsAlgorithm.RS256,
        "RS384" => JwsAlgorithm.RS384,
        "RS512" => JwsAlgorithm.RS512,
        "PS256" => JwsAlgorithm.PS256,
        "PS384" => JwsAlgorithm.PS384,
        "PS512" => JwsAlgorithm.PS512,
        "ES256" => JwsAlgorithm.ES256,
        "ES384" => JwsAlgorithm.ES384,
        "ES512" => JwsAlgorithm.ES512,
        "EdDSA" => JwsAlgorithm.EdDSA,
        _ => null,
    };

    /// <summary>The only kind of key the algorithm goes with.</summary>
    public static JwkKind KeyOf(JwsAlgorithm algorithm) => algorithm switch
    {
        JwsAlgorithm.ES256 => JwkKind.P256,
        JwsAlgorithm.ES384 => JwkKind.P384,
        JwsAlgorithm.ES512 => JwkKind.P521,
        JwsAlgorithm.EdDSA => JwkKind.Ed25519,
        _ => JwkKind.Rsa,
    };
}
