using System.Security.Cryptography;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>
/// Our identity from a SPIFFE Workload API on this machine, spire-agent for example: one stream that stays open (W-3), on
/// which the server pushes the full set whenever anything changes (W-5).
/// </summary>
/// <remarks>
/// What ends the stream decides what happens next:
/// <list type="bullet">
/// <item>a stream that had said something: the next begins at once (W-4), unless that happened a moment ago;</item>
/// <item>the server cannot be reached, is not ready, or breaks the protocol: again, with a growing pause (E-12);</item>
/// <item>PermissionDenied: we are nobody any more and trust nobody, and ask again with a growing pause (W-17, W-18);</item>
/// <item>InvalidArgument, Unimplemented: it will not be better soon. Said, and asked again after <see cref="RefusedPause"/>,
/// because nobody comes to the roof to restart us when the server has been mended (E-5, E-12).</item>
/// </list>
/// A message that cannot be used is said and thrown away; what was there before stays (W-10).
/// </remarks>
public sealed class WorkloadApiSource : IIdentitySource
{
    /// <summary>Most identities in one message.</summary>
    public const int SvidsMax = 64;

    /// <summary>Longest hint, in bytes (W-26).</summary>
    public const int HintBytesMax = 1024;

    /// <summary>Longest wait for the first message of a stream, which must come at once (W-6).</summary>
    public static readonly TimeSpan FirstMessageTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A stream that lived shorter is not replaced at once.</summary>
    public static readonly TimeSpan SteadyAfter = TimeSpan.FromSeconds(5);

    /// <summary>Pause after an answer that asking again does not change.</summary>
    public static readonly TimeSpan RefusedPause = TimeSpan.FromHours(1);

    private readonly WorkloadEndpoint _endpoint;
    private readonly string? _hint;
    private readonly TimeProvider _time;
    private readonly Random _random;

    private bool _hasPublished;

    /// <param name="endpoint">Where the Workload API listens.</param>
    /// <param name="hint">Which of several identities is ours; null for the first (W-26).</param>
    /// <param name="time">Clock of the pauses.</param>
    /// <param name="random">Spreads the pauses.</param>
    public WorkloadApiSource(WorkloadEndpoint endpoint, string? hint, TimeProvider time, Random random)
    {
        _endpoint = endpoint;
        _hint = hint;
        _time = time;
        _random = random;
    }

    /// <inheritdoc/>
    public string Kind => "workload_api";

    /// <inheritdoc/>
    public async Task RunAsync(IIdentitySink sink, CancellationToken cancellationToken)
    {
        var client = new WorkloadApiClient(_endpoint, _time);
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = _time.GetTimestamp();
            var end = await FollowAsync(client, sink, cancellationToken);
            var isSteady = end.HadMessage && _time.GetElapsedTime(began) >= SteadyAfter;
            var atOnce = end.HadMessage && (isSteady || failures == 0);
            failures = isSteady ? 0 : failures + 1;
            var pause = RenewalSchedule.PauseAfter(Math.Max(1, failures), TimeSpan.Zero, _random.NextDouble());
            await Task.Delay(Judge(end.Error, atOnce ? TimeSpan.Zero : pause, pause, sink), _time, cancellationToken);
        }
    }

    /// <summary>What the end of a stream means, and how long to wait before the next.</summary>
    /// <param name="error">How it ended; null for normally.</param>
    /// <param name="pause">The pause when there is a new stream to be had.</param>
    /// <param name="longPause">The pause when the server has to change its mind first.</param>
    /// <param name="sink">Hears of it.</param>
    private TimeSpan Judge(GrpcException? error, TimeSpan pause, TimeSpan longPause, IIdentitySink sink)
    {
        switch (error?.Code)
        {
            case null:
                if (pause > TimeSpan.Zero)
                {
                    sink.Failed($"{_endpoint}: the server ends every stream soon after it began (W-3)");
                }

                return pause;
            case GrpcCode.PermissionDenied when error.IsFromServer:
                if (_hasPublished)
                {
                    sink.Publish(IdentitySnapshot.None);
                    _hasPublished = false;
                }

                sink.Failed($"{error.Message}: there is no registration entry for this process, or not any more (W-17)");
                return longPause;
            case GrpcCode.InvalidArgument or GrpcCode.Unimplemented when error.IsFromServer:
                sink.Failed($"{error.Message}: what answers there is no Workload API that we understand; "
                    + $"the next attempt is in {RefusedPause.TotalMinutes:0} min (E-5, E-12)");
                return RefusedPause;
            default:
                sink.Failed(error.Message);
                return pause;
        }
    }

    /// <summary>One stream, from its begin to its end.</summary>
    private async Task<(bool HadMessage, GrpcException? Error)> FollowAsync(
        WorkloadApiClient client, IIdentitySink sink, CancellationToken cancellationToken)
    {
        var hadMessage = false;
        using var patience = new CancellationTokenSource(FirstMessageTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await foreach (var message in client.FetchX509SvidAsync(either.Token))
            {
                hadMessage = true;
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                Take(message, sink);
            }

            return hadMessage ? (true, null) : (false, new GrpcException(
                GrpcCode.Unavailable, $"{_endpoint}: the server ended the stream before its first message (W-6)"));
        }
        catch (GrpcException exception)
        {
            return (hadMessage, exception);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (hadMessage, new GrpcException(
                GrpcCode.DeadlineExceeded, $"{_endpoint}: no message within {FirstMessageTimeout.TotalSeconds:0} s (W-6): the server hangs"));
        }
    }

    private void Take(byte[] message, IIdentitySink sink)
    {
        try
        {
            var update = X509SvidUpdate.Read(message, _hint);
            sink.Publish(update.Snapshot);
            _hasPublished = true;
            foreach (var problem in update.Problems)
            {
                sink.Failed($"{_endpoint}: {problem}");
            }
        }
        catch (Exception exception) when (exception is ProtobufFormatException or CertificateFormatException)
        {
            sink.Failed($"{_endpoint}: the server sent an update that cannot be used, what was there stays: {exception.Message} (W-10)");
        }
        finally
        {
            // It holds the private key.
            CryptographicOperations.ZeroMemory(message);
        }
    }
}
