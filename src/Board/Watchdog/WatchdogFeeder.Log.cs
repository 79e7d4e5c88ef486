using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Board.Watchdog;

/// <content>Log lines, events 2220–2239.</content>
internal sealed partial class WatchdogFeeder
{
    [LoggerMessage(2220, LogLevel.Critical,
        "loops hang: {Loops}; the watchdog is not fed and resets the board within {TimeoutSeconds} s")]
    private partial void LogStarved(string loops, double timeoutSeconds);

    [LoggerMessage(2221, LogLevel.Warning, "loops recovered before the reset: {Loops}; the watchdog is fed again")]
    private partial void LogRecovered(string loops);

    [LoggerMessage(2222, LogLevel.Error, "the watchdog could not be fed: {Reason}")]
    private partial void LogFeedFailed(string reason);

    [LoggerMessage(2223, LogLevel.Error, "a watchdog step failed")]
    private partial void LogStepFailed(Exception exception);
}
