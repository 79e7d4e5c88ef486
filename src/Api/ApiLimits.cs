namespace X0tta6bl4.Api;

/// <summary>
/// What one HTTP client may cost. The defaults bound a listener to about a megabyte; a client beyond a limit gets a
/// 4xx, or its connection closed, and is counted. There is no "unlimited".
/// </summary>
public sealed record ApiLimits
{
    /// <summary>Connections open at once on one server. Prometheus keeps one; a person's browser takes six.</summary>
    public int ConnectionsMax { get; init; } = 16;

    /// <summary>Bytes of the request line. The longest path of ours has under 100.</summary>
    public int RequestLineBytesMax { get; init; } = 2 * 1024;

    /// <summary>Bytes of all request headers together.</summary>
    public int RequestHeadersBytesMax { get; init; } = 8 * 1024;

    /// <summary>Number of request headers.</summary>
    public int RequestHeadersMax { get; init; } = 32;

    /// <summary>Bytes of a request body.</summary>
    public int RequestBodyBytesMax { get; init; } = 64 * 1024;

    /// <summary>Bytes of a request read ahead of the route, and of a response waiting for a slow reader.</summary>
    public int BufferBytesMax { get; init; } = 64 * 1024;

    /// <summary>How long the request headers may take to arrive.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an idle connection is kept. Above a minute, the longest common scrape interval.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>Least speed of a body in either direction, in bytes a second, once the grace period is over.</summary>
    public double DataRateBytesPerSecondMin { get; init; } = 1024;

    /// <summary>
    /// Time before <see cref="DataRateBytesPerSecondMin"/> applies. More than Kestrel's own tick of one second.
    /// </summary>
    public TimeSpan DataRateGracePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a route may take to answer.</summary>
    public TimeSpan RouteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a request waits for its turn when its route is busy, before it is told to come again.
    /// </summary>
    public TimeSpan TurnTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a client may take to read an answer. The data rate alone does not bound it: Kestrel grants time for
    /// every byte the socket's buffer has swallowed, which are megabytes.
    /// </summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop waits for requests under way.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
