using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>A peer that has proven who it is. Made by <see cref="SvidVerifier"/> alone.</summary>
/// <param name="Id">Who.</param>
/// <param name="SerialNumber">Of its certificate, hexadecimal.</param>
/// <param name="NotAfter">When the proof ends: the earliest end of all certificates of the chain.</param>
/// <param name="Authority">The authority of the bundle that vouches for it.</param>
public sealed record VerifiedSvid(SpiffeId Id, string SerialNumber, DateTimeOffset NotAfter, Certificate Authority)
{
    /// <summary>Its own certificate.</summary>
    public required Certificate Leaf { get; init; }

    /// <summary>The certificate that signed <see cref="Leaf"/>: <see cref="Authority"/>, or one between the two.</summary>
    public required Certificate Signer { get; init; }

    /// <summary>True when an authority inside the mesh signed it because the real one could not be reached.</summary>
    public bool IsIslandIssued => Leaf.IsIslandIssued;
}

/// <summary>Yes, with who; or no, with why.</summary>
/// <param name="Svid">The identity; also set for one that is real and not let in.</param>
/// <param name="Refusal">The reason; null when the peer is believed.</param>
public readonly record struct SvidVerdict(VerifiedSvid? Svid, SvidRefusal? Refusal)
{
    /// <summary>
    /// The way of a real identity: its certificate, those between, the authority. Each was signed by the next. What revocation is
    /// looked up for, and not kept with a connection.
    /// </summary>
    internal IReadOnlyList<Certificate>? Path { get; init; }

    /// <summary>The same verdict, or a refusal when the identity is real and none of the patterns lets it in (U-6).</summary>
    public SvidVerdict Authorize(IReadOnlyList<SpiffeIdPattern> allowed)
    {
        if (Svid is not { } svid || Refusal is not null || allowed.Any(pattern => pattern.Matches(svid.Id)))
        {
            return this;
        }

        return this with { Refusal = SvidRefusal.Of(SvidRefusalReason.NotAuthorized, $"{svid.Id} is not let in here") };
    }
}
