namespace X0tta6bl4.Api;

/// <summary>
/// One path of an <see cref="ApiServer"/>. A server serves exactly the routes it was given and nothing else.
/// </summary>
/// <param name="Method">GET or POST. A GET route answers HEAD too.</param>
/// <param name="Path">Exact path, for example <c>/v1/originators</c>; also the <c>route</c> label of the
/// metrics.</param>
/// <param name="AnswerAsync">
/// Answers one request. The token fires when the client goes away, the server stops, or
/// <see cref="ApiLimits.RouteTimeout"/> is over. An exception becomes a 500 and a log line.
/// </param>
/// <param name="ConcurrentMax">Requests answered at the same time; one more gets a 503 with Retry-After.</param>
public sealed record ApiRoute(
    string Method,
    string Path,
    Func<RequestContext, CancellationToken, ValueTask<ApiResponse>> AnswerAsync,
    int ConcurrentMax = ApiRoute.DefaultConcurrentMax)
{
    /// <summary>Requests of one route answered at the same time, unless the route says otherwise.</summary>
    public const int DefaultConcurrentMax = 4;

    /// <summary>A route that reads.</summary>
    public static ApiRoute Get(
        string path,
        Func<RequestContext, CancellationToken, ValueTask<ApiResponse>> answerAsync) => new("GET", path, answerAsync);

    /// <summary>A route that reads what is already in memory.</summary>
    public static ApiRoute Get(string path, Func<RequestContext, ApiResponse> answer) =>
        new("GET", path, (request, _) => ValueTask.FromResult(answer(request)));

    /// <summary>A route that changes something; one request at a time.</summary>
    public static ApiRoute Post(
        string path,
        Func<RequestContext, CancellationToken, ValueTask<ApiResponse>> answerAsync) =>
        new("POST", path, answerAsync, ConcurrentMax: 1);
}
