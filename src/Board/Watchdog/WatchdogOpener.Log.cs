using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Board.Watchdog;

/// <content>Log lines, events 2200–2219.</content>
internal sealed partial class WatchdogOpener
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(2200, LogLevel.Information,
        "watchdog {Device} ({Identity}) armed: time-out {TimeoutSeconds} s, nowayout {NoWayOut}, taken over from procd {FromProcd}")]
    private partial void LogOpened(string device, string identity, double timeoutSeconds, bool? noWayOut, bool fromProcd);

    [LoggerMessage(2201, LogLevel.Warning, "no watchdog: {Code}: {Reason}")]
    private partial void LogRefused(string code, string reason);

    [LoggerMessage(2202, LogLevel.Information, "watchdog {Device} taken over from procd")]
    private partial void LogTakenOver(string device);

    [LoggerMessage(2203, LogLevel.Warning, "the watchdog could not be taken over from procd: {Reason}")]
    private partial void LogTakeOverFailed(string reason);
}
