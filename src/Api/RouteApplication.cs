using System.Buffers;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Api;

/// <summary>Finds the route of each request, answers it within its limits and counts it.</summary>
internal sealed class RouteApplication : IHttpApplication<IFeatureCollection>
{
    /// <summary>
    /// Counted for a client that went away before its answer was ready; the wire never shows it (nginx's 499).
    /// </summary>
    private const int ClientGone = 499;

    private const string RetryAfterSeconds = "1";

    private readonly Dictionary<string, Entry[]> _entries;
    private readonly ApiLimits _limits;
    private readonly ApiMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    internal RouteApplication(
        IReadOnlyList<ApiRoute> routes, ApiLimits limits, ApiMetrics metrics, ILogger logger, TimeProvider time)
    {
        _limits = limits;
        _metrics = metrics;
        _logger = logger;
        _time = time;
        if (routes.GroupBy(route => (route.Method, route.Path)).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"two routes answer {twice.Key.Method} {twice.Key.Path}", nameof(routes));
        }

        _entries = routes
            .GroupBy(route => route.Path, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key,
                group => group.Select(route => new Entry(route, new SemaphoreSlim(route.ConcurrentMax))).ToArray(),
                StringComparer.Ordinal);
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var start = _time.GetTimestamp();
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var known = _entries.GetValueOrDefault(request.Path);
        var code = ClientGone;
        try
        {
            code = known is null
                ? await SendAsync(
                    context,
                    ApiResponse.Error(404, $"no such path: {request.Path}"),
                    CancellationToken.None)
                : await AnswerAsync(context, request, known);
        }
        finally
        {
            _metrics.Count(known is null ? ApiMetrics.OtherRoute : request.Path, code, _time.GetElapsedTime(start));
        }
    }

    private async Task<int> AnswerAsync(IFeatureCollection context, IHttpRequestFeature request, Entry[] known)
    {
        var method = request.Method == "HEAD" ? "GET" : request.Method;
        var entry = Array.Find(known, candidate => candidate.Route.Method == method);
        if (entry is null)
        {
            var allowed = string.Join(", ", known.Select(candidate => candidate.Route.Method));
            var refusal = ApiResponse.NotAllowed(allowed, $"{request.Path} takes {allowed}, not {request.Method}");
            return await SendAsync(context, refusal, CancellationToken.None);
        }

        if (!await entry.Gate.WaitAsync(_limits.TurnTimeout))
        {
            var busy = ApiResponse.Busy(
                $"{request.Path} is answering {entry.Route.ConcurrentMax} requests already; try again");
            return await SendAsync(context, busy, CancellationToken.None);
        }

        try
        {
            return await RunRouteAsync(context, request, entry.Route);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private async Task<int> RunRouteAsync(IFeatureCollection context, IHttpRequestFeature request, ApiRoute route)
    {
        var aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        using var timeout = new CancellationTokenSource(_limits.RouteTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(aborted, timeout.Token);
        ApiResponse response;
        try
        {
            var body = await ReadBodyAsync(context, aborted);
            response = await route.AnswerAsync(new RequestContext(request.Path, request.QueryString, body), both.Token);
        }
        catch (BadHttpRequestException refused)
        {
            response = ApiResponse.Error(refused.StatusCode, BodyProblem(refused.StatusCode));
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            return ClientGone;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            _logger.RouteTimedOut(route.Path, _limits.RouteTimeout.TotalSeconds);
            response = ApiResponse.Busy(
                $"{route.Path} did not answer within {_limits.RouteTimeout.TotalSeconds} s; try again");
        }
        catch (Exception error)
        {
            _logger.RouteFailed(route.Path, error);
            response = ApiResponse.Error(500, $"{route.Path} failed: {error.Message}");
        }

        using var patience = new CancellationTokenSource(_limits.SendTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, patience.Token);
        return await SendAsync(context, response, either.Token);
    }

    private string BodyProblem(int status) => status switch
    {
        413 => $"the request body is over {_limits.RequestBodyBytesMax} bytes",
        408 => $"the request body came at less than {_limits.DataRateBytesPerSecondMin} bytes a second",
        _ => "the request body is malformed",
    };

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(
        IFeatureCollection context,
        CancellationToken cancellationToken)
    {
        if (context.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return default;
        }

        var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        while (true)
        {
            // Kestrel itself throws beyond MaxRequestBodySize, so the loop is bounded.
            var read = await reader.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static async Task<int> SendAsync(
        IFeatureCollection context,
        ApiResponse response,
        CancellationToken cancellationToken)
    {
        var head = context.GetRequiredFeature<IHttpResponseFeature>();
        var body = context.GetRequiredFeature<IHttpResponseBodyFeature>();
        head.StatusCode = response.Status;
        head.Headers.ContentType = response.ContentType;
        head.Headers.CacheControl = "no-store";
        if (response.Allow is not null)
        {
            head.Headers.Allow = response.Allow;
        }

        if (response.IsBusy)
        {
            head.Headers.RetryAfter = RetryAfterSeconds;
        }

        try
        {
            if (response.WriteBodyAsync is null)
            {
                head.Headers.ContentLength = response.Body.Length;
                await body.Writer.WriteAsync(response.Body, cancellationToken);
            }
            else
            {
                await response.WriteBodyAsync(body.Stream, cancellationToken);
            }

            await body.CompleteAsync();
            return response.Status;
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client went away in the middle, or was too slow and is cut off.
            context.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
            return ClientGone;
        }
    }

    private sealed record Entry(ApiRoute Route, SemaphoreSlim Gate);
}
