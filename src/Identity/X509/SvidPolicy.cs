namespace X0tta6bl4.Identity.X509;

/// <summary>What we demand of an X509-SVID beyond the standard.</summary>
public sealed record SvidPolicy
{
    /// <summary>Most certificates in a chain, the leaf included (U-3).</summary>
    public const int ChainCertificatesMax = 4;

    /// <summary>Most bytes of a chain (U-3).</summary>
    public const int ChainBytesMax = 16 * 1024;

    /// <summary>
    /// Longest time between a leaf's notBefore and notAfter, in seconds of the certificate's own clock (U-1).
    /// </summary>
    public TimeSpan LifetimeMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Added to <see cref="LifetimeMax"/>: SPIRE backdates notBefore by 10 s, so that its hour has 3,610 s.</summary>
    public TimeSpan LifetimeTolerance { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How far the clocks of two routers may be apart.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);
}
