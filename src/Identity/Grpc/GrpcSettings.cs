namespace X0tta6bl4.Identity.Grpc;

/// <summary>When a silent server is asked whether it lives.</summary>
internal record Http2Options
{
    /// <summary>
    /// Silence after which it is asked (PING). gRPC servers in Go end a connection that asks more often than every five minutes.
    /// </summary>
    public TimeSpan KeepAliveAfter { get; init; } = TimeSpan.FromSeconds(310);

    /// <summary>How long it may take to answer that; then the connection and its call end.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>How a gRPC server is reached, and what it may cost us.</summary>
internal sealed record GrpcSettings : Http2Options
{
    /// <summary>Most bytes of a message by the custom of gRPC; ours may be set lower, never higher.</summary>
    public const int MessageBytesLimit = 4 * 1024 * 1024;

    private readonly int _messageBytesMax = MessageBytesLimit;

    /// <summary>Makes a connection. HTTP/2 begins on it at once (RFC 9113, section 3.3).</summary>
    public required Func<CancellationToken, Task<Stream>> Connect { get; init; }

    /// <summary>What is connected to, for error texts, for example <c>unix:///run/spire/agent.sock</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The connection is TLS: sent as <c>:scheme</c>.</summary>
    public bool IsSecure { get; init; }

    /// <summary>Sent as <c>:authority</c>.</summary>
    public string Authority { get; init; } = "localhost";

    /// <summary>Sent with every call; names in lower case.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>Longest time to a connection, its TLS handshake included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes of a message we take, 1 to <see cref="MessageBytesLimit"/>.</summary>
    public int MessageBytesMax
    {
        get => _messageBytesMax;
        init => _messageBytesMax = value is > 0 and <= MessageBytesLimit
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"1 to {MessageBytesLimit}");
    }

    /// <summary>The clock of every time-out.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
