namespace X0tta6bl4.Identity.Grpc;

/// <summary>
/// A connection to a gRPC server, for calls one after the other (grpc/grpc, doc/PROTOCOL-HTTP2.md). After a call that failed
/// because of the connection, or that was given up, it is of no use any more. Not thread-safe.
/// </summary>
internal sealed class GrpcConnection : IAsyncDisposable
{
    private readonly Http2Connection _http;

    private GrpcConnection(GrpcSettings settings, Http2Connection http)
    {
        Settings = settings;
        _http = http;
    }

    public GrpcSettings Settings { get; }

    /// <summary>Connects.</summary>
    /// <exception cref="GrpcException">Unavailable: it does not; the message says why.</exception>
    public static async Task<GrpcConnection> OpenAsync(GrpcSettings settings, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        Http2Connection? http = null;
        try
        {
            http = new Http2Connection(await settings.Connect(either.Token), settings, settings.Time);
            await http.OpenAsync(either.Token);
            return new GrpcConnection(settings, http);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            if (http is not null)
            {
                await http.DisposeAsync();
            }

            cancellationToken.ThrowIfCancellationRequested();
            var why = exception is OperationCanceledException
                ? $"no connection within {settings.ConnectTimeout.TotalSeconds:0.#} s"
                : exception.Message;
            throw new GrpcException(GrpcCode.Unavailable, $"{settings.Endpoint}: {why}", exception);
        }
    }

    /// <summary>Begins a call. The one before must have ended.</summary>
    /// <param name="method">Service and method, for example <c>SpiffeWorkloadAPI/FetchX509SVID</c>.</param>
    /// <param name="deadline">Longest duration of the whole call; null for streams that stay open.</param>
    /// <param name="cancellationToken">Gives up the call, at any time of its life.</param>
    public GrpcCall Start(string method, TimeSpan? deadline, CancellationToken cancellationToken) =>
        new(_http, Settings, method, deadline, cancellationToken);

    /// <summary>A call of one request and one answer.</summary>
    /// <exception cref="GrpcException">It did not end with OK.</exception>
    public async Task<byte[]> CallAsync(
        string method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var call = Start(method, deadline, cancellationToken);
        await call.SendAsync(request, isLast: true);
        var answer = await call.ReadAsync() ?? throw call.Broken("ended with OK and without an answer");
        return await call.ReadAsync() is null ? answer : throw call.Broken("gave more than one answer");
    }

    public ValueTask DisposeAsync() => _http.DisposeAsync();
}
