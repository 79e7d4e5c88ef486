using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using X0tta6bl4.SpireWorld.Protocol.Workload;

namespace X0tta6bl4.SpireWorld;

/// <summary>
/// A Workload API whose answers the test decides: what is pushed goes to every open FetchX509SVID stream, and a new stream
/// gets the newest at once, as a real one does (W-5, W-6).
/// </summary>
public sealed class WorkloadApi : SpiffeWorkloadAPI.SpiffeWorkloadAPIBase
{
    private readonly Lock _lock = new();
    private readonly List<Channel<object>> _streams = [];
    private object? _latest;

    /// <summary>The metadata of each call so far.</summary>
    public ConcurrentQueue<(string Method, Metadata Headers)> Calls { get; } = [];

    /// <summary>Answers of the calls that are no streams; each may throw an <see cref="RpcException"/>.</summary>
    public Func<JWTSVIDRequest, JWTSVIDResponse> JwtSvid { get; set; } = _ => throw NotIssued();

    public Func<ValidateJWTSVIDRequest, ValidateJWTSVIDResponse> Validation { get; set; } = _ => throw NotIssued();

    public JWTBundlesResponse? JwtBundles { get; set; }

    public X509BundlesResponse? X509Bundles { get; set; }

    /// <summary>False: a stream is accepted, and nothing is ever said on it.</summary>
    public bool Speaks { get; set; } = true;

    /// <summary>Streams open now.</summary>
    public int OpenStreams
    {
        get
        {
            lock (_lock)
            {
                return _streams.Count;
            }
        }
    }

    public static RpcException NotIssued() => new(new Status(StatusCode.PermissionDenied, "no identity issued"));

    /// <summary>The newest full set, for the streams open now and the ones to come.</summary>
    public void Push(X509SVIDResponse response) => Say(response);

    /// <summary>Ends the streams with this status; OK ends them normally. New ones get it at once, until the next push.</summary>
    public void End(Status status, bool andTheNextOnes = true)
    {
        lock (_lock)
        {
            Say(new RpcException(status));
            if (!andTheNextOnes)
            {
                _latest = null;
            }
        }
    }

    public override async Task FetchX509SVID(
        X509SVIDRequest request, IServerStreamWriter<X509SVIDResponse> responseStream, ServerCallContext context)
    {
        Check(context);
        if (!Speaks)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }

        var mine = Channel.CreateUnbounded<object>();
        lock (_lock)
        {
            if (_latest is not null)
            {
                mine.Writer.TryWrite(_latest);
            }

            _streams.Add(mine);
        }

        try
        {
            await foreach (var next in mine.Reader.ReadAllAsync(context.CancellationToken))
            {
                switch (next)
                {
                    case X509SVIDResponse response:
                        await responseStream.WriteAsync(response);
                        break;
                    case RpcException { StatusCode: StatusCode.OK }:
                        return;
                    case RpcException exception:
                        throw exception;
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _streams.Remove(mine);
            }
        }
    }

    public override async Task FetchX509Bundles(
        X509BundlesRequest request, IServerStreamWriter<X509BundlesResponse> responseStream, ServerCallContext context)
    {
        Check(context);
        await responseStream.WriteAsync(X509Bundles ?? throw NotIssued());
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
    }

    public override async Task FetchJWTBundles(
        JWTBundlesRequest request, IServerStreamWriter<JWTBundlesResponse> responseStream, ServerCallContext context)
    {
        Check(context);
        await responseStream.WriteAsync(JwtBundles ?? throw NotIssued());
        await Task.Delay(Timeout.Infinite, context.CancellationToken);
    }

    public override Task<JWTSVIDResponse> FetchJWTSVID(JWTSVIDRequest request, ServerCallContext context)
    {
        Check(context);
        return Task.FromResult(JwtSvid(request));
    }

    public override Task<ValidateJWTSVIDResponse> ValidateJWTSVID(ValidateJWTSVIDRequest request, ServerCallContext context)
    {
        Check(context);
        return Task.FromResult(Validation(request));
    }

    private void Say(object what)
    {
        lock (_lock)
        {
            _latest = what;
            foreach (var stream in _streams)
            {
                stream.Writer.TryWrite(what);
            }
        }
    }

    /// <summary>As a real endpoint must: without the header, InvalidArgument (E-5).</summary>
    private void Check(ServerCallContext context)
    {
        Calls.Enqueue((context.Method, context.RequestHeaders));
        if (context.RequestHeaders.GetValue("workload.spiffe.io") != "true")
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "security header missing from request"));
        }
    }
}
