namespace X0tta6bl4.Identity.Authority;

/// <summary>What an authority grants.</summary>
public sealed record AuthorityPolicy
{
    /// <summary>Longest life of a token.</summary>
    public static readonly TimeSpan TokenLifetimeMax = TimeSpan.FromDays(90);

    /// <summary>Longest an island authority's certificate may live, in days.</summary>
    public const int IslandDaysMax = 90;

    /// <summary>Life of a certificate, at most an hour: peers refuse more (U-1).</summary>
    public TimeSpan SvidLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Life of a certificate from an island authority. Shorter, so that the node asks the real one again the sooner.
    /// </summary>
    public TimeSpan IslandSvidLifetime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>For how long a node that was away may come back with the key it kept; zero turns that off.</summary>
    public TimeSpan ReturnWithin { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How often at most a node's contact is written to flash.</summary>
    public TimeSpan SeenEvery { get; init; } = TimeSpan.FromDays(1);
}
