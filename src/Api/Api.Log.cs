using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Api;

/// <summary>Events 6000–6999.</summary>
internal static partial class ApiEvents
{
    [LoggerMessage(EventId = 6000, Level = LogLevel.Information, Message = "Listening on {Address}")]
    internal static partial void Listening(this ILogger logger, string address);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "Stopped listening on {Address}")]
    internal static partial void StoppedListening(this ILogger logger, string address);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Error, Message = "The route {Route} failed; the client got a 500")]
    internal static partial void RouteFailed(this ILogger logger, string route, Exception error);

    [LoggerMessage(
        EventId = 6003,
        Level = LogLevel.Warning,
        Message = "The route {Route} did not answer within {TimeoutS} s; the client got a 503")]
    internal static partial void RouteTimedOut(this ILogger logger, string route, double timeoutS);

    [LoggerMessage(
        EventId = 6004,
        Level = LogLevel.Warning,
        Message = "Removed {Path}: the agent that made it is gone")]
    internal static partial void StaleSocketRemoved(this ILogger logger, string path);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Warning, Message = "HTTP server: {Text}")]
    internal static partial void ServerWarning(this ILogger logger, string text, Exception? error);
}
