namespace X0tta6bl4.Identity.Sources;

/// <summary>
/// When an issuer is asked again. An identity is renewed when half of its life is over, give or take a tenth, so that the
/// routers of a site do not ask all at once; a failed attempt is repeated, less and less often but never later than leaves
/// several attempts before the end. After the end it goes on for ever: the moment the authority is back, so is the router.
/// </summary>
public static class RenewalSchedule
{
    /// <summary>Part of an identity's life after which it is renewed.</summary>
    public const double RenewAt = 0.5;

    /// <summary>Most that chance adds to or takes from it, as part of the life.</summary>
    public const double Jitter = 0.1;

    /// <summary>Shortest pause between two attempts.</summary>
    public static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between two attempts.</summary>
    public static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    /// <summary>The moment to renew an identity that was issued just now.</summary>
    /// <param name="issued">Now.</param>
    /// <param name="notAfter">Its end. When that is past, the answer is <paramref name="issued"/>.</param>
    /// <param name="chance">A random number, 0 to 1.</param>
    public static DateTimeOffset RenewalOf(DateTimeOffset issued, DateTimeOffset notAfter, double chance)
    {
        var life = notAfter - issued;
        return life <= TimeSpan.Zero ? issued : issued + (life * (RenewAt + ((chance - 0.5) * 2 * Jitter)));
    }

    /// <summary>The pause before the next attempt.</summary>
    /// <param name="failures">Attempts that failed in a row, at least 1.</param>
    /// <param name="left">Time to the end of the identity in use; zero or less when there is none.</param>
    /// <param name="chance">A random number, 0 to 1; a fifth of the pause hangs on it.</param>
    public static TimeSpan PauseAfter(int failures, TimeSpan left, double chance)
    {
        var pause = RetryMin * Math.Pow(2, Math.Clamp(failures - 1, 0, 16));
        var most = RetryMax;
        if (left > TimeSpan.Zero && left / 8 < most)
        {
            // Eight more attempts at least while there is something to lose.
            most = left / 8;
        }

        pause = pause < most ? pause : most;
        pause = pause > RetryMin ? pause : RetryMin;
        return pause * (0.9 + (0.2 * chance));
    }
}
