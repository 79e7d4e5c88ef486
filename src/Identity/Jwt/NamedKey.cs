namespace X0tta6bl4.Identity.Jwt;

/// <summary>A public key that signs tokens, and what they call it.</summary>
/// <param name="KeyId">Its ID (kid).</param>
/// <param name="Key">The key.</param>
public sealed record NamedKey(string KeyId, JsonWebKey Key);
