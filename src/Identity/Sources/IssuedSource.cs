using X0tta6bl4.Identity.Clock;

namespace X0tta6bl4.Identity.Sources;

/// <summary>
/// Identity from an authority that has to be asked: at the start, then by <see cref="RenewalSchedule"/>, and for ever while it
/// does not answer.
/// </summary>
/// <param name="issuer">The authority.</param>
/// <param name="clock">The time certificates are judged by.</param>
/// <param name="time">The monotonic clock of waiting.</param>
/// <param name="random">Spreads the renewals of a site.</param>
public sealed class IssuedSource(IIdentityIssuer issuer, ValidationClock clock, TimeProvider time, Random random) : IIdentitySource
{
    /// <summary>Longest time an attempt may take, all addresses and steps together.</summary>
    public static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public string Kind => issuer.Kind;

    /// <inheritdoc/>
    public async Task RunAsync(IIdentitySink sink, CancellationToken cancellationToken)
    {
        IdentitySnapshot? current = null;
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pause;
            if (await AskAsync(current, sink, cancellationToken).ConfigureAwait(false) is { Svid: { } svid } issued)
            {
                (current, failures) = (issued, 0);
                var now = clock.Now;
                pause = RenewalSchedule.RenewalOf(now, svid.NotAfter, random.NextDouble()) - now;
                // What comes with hardly any life is no reason to ask in a tight loop.
                pause = pause > RenewalSchedule.RetryMin ? pause : RenewalSchedule.RetryMin;
            }
            else
            {
                failures++;
                var left = current?.Svid is { } old ? old.NotAfter - clock.Now : TimeSpan.Zero;
                pause = RenewalSchedule.PauseAfter(failures, left, random.NextDouble());
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<IdentitySnapshot?> AskAsync(IdentitySnapshot? current, IIdentitySink sink, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(AttemptMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var issued = await issuer.IssueAsync(current, either.Token).ConfigureAwait(false);
            sink.Publish(issued);
            foreach (var problem in issuer.Problems)
            {
                sink.Failed(problem);
            }

            return issued;
        }
        catch (OperationCanceledException)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                sink.Failed($"the authority did not finish within {AttemptMax.TotalSeconds:0} s");
            }
        }
        catch (Exception exception) when (exception is IdentityRefusedException or IOException)
        {
            sink.Failed(exception.Message);
        }

        return null;
    }
}
