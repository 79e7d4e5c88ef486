using Microsoft.Extensions.Logging;
using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// The real authority first, each time; an island authority when the real one cannot be reached. A no of the real one is a no:
/// a stolen router must not get from an island what it is denied.
/// </summary>
/// <param name="real">The real authority.</param>
/// <param name="island">Those who stand in for it.</param>
/// <param name="logger">Where it is said which of them it was.</param>
/// <param name="time">For the time-out.</param>
public sealed partial class IslandFallbackIssuer(IIdentityIssuer real, IIdentityIssuer island, ILogger logger, TimeProvider time)
    : IIdentityIssuer
{
    /// <summary>
    /// How long the real authority is waited for, all its addresses together: half of <see cref="IssuedSource.AttemptMax"/>, so
    /// that one that takes connections and hangs leaves time for an island.
    /// </summary>
    public static readonly TimeSpan RealMax = IssuedSource.AttemptMax / 2;

    private bool _isOnIsland;

    /// <inheritdoc/>
    public string Kind => real.Kind;

    /// <inheritdoc/>
    public IReadOnlyList<string> Problems => _isOnIsland ? [] : real.Problems;

    /// <summary>Identities that an island authority issued.</summary>
    public long IslandIssued { get; private set; }

    /// <inheritdoc/>
    public async Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken)
    {
        string unreachable;
        using var patience = new CancellationTokenSource(RealMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var issued = await real.IssueAsync(current, either.Token);
            if (_isOnIsland)
            {
                _isOnIsland = false;
                Log.Back(logger, issued.Svid?.Id.ToString() ?? "");
            }

            return issued;
        }
        catch (IOException exception)
        {
            unreachable = exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            unreachable = $"the real authority did not finish within {RealMax.TotalSeconds:0} s";
        }

        try
        {
            var issued = (await island.IssueAsync(current, cancellationToken)) with { IsIslandIssued = true };
            IslandIssued++;
            _isOnIsland = true;
            Log.OnIsland(logger, issued.Svid?.Id.ToString() ?? "", issued.Svid?.NotAfter.ToString("u") ?? "", unreachable);
            return issued;
        }
        catch (Exception exception) when (exception is IOException or IdentityRefusedException)
        {
            throw new IOException($"{unreachable}; and {exception.Message}", exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7340, LogLevel.Warning, "{SpiffeId} lives on an island: an island authority issued its identity until {NotAfter}, for the real one cannot be reached: {Problem}")]
        public static partial void OnIsland(ILogger logger, string spiffeId, string notAfter, string problem);

        [LoggerMessage(7341, LogLevel.Information, "{SpiffeId} is off the island: the real authority issues again")]
        public static partial void Back(ILogger logger, string spiffeId);
    }
}
