using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Authority;

/// <summary>A node an island authority may renew.</summary>
/// <param name="Id">Who.</param>
/// <param name="Keys">SHA-256 of the keys it may come back with.</param>
/// <param name="EnrolledAt">Certificates from before are not renewed.</param>
public sealed record KnownNode(SpiffeId Id, IReadOnlyList<byte[]> Keys, DateTimeOffset EnrolledAt);
