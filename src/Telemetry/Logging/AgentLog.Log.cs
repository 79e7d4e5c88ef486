using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>What the log says about itself: events 1000–1009, never held back.</summary>
internal static partial class AgentLogEvents
{
    [LoggerMessage(
        EventId = 1000,
        Level = LogLevel.Warning,
        Message = "{Lost} log lines were lost while standard output was blocked")]
    internal static partial void LinesLost(this ILogger logger, long lost);

    [LoggerMessage(
        EventId = 1001,
        Message = "{Suppressed} more lines of event {OfEvent} from {OfComponent} were held back within {WindowS} s")]
    internal static partial void LinesSuppressed(
        this ILogger logger, LogLevel level, int suppressed, int ofEvent, string ofComponent, double windowS);
}
