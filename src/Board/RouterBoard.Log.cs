using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Board;

/// <content>Log lines, events 2000–2099.</content>
public sealed partial class RouterBoard
{
    [LoggerMessage(2000, LogLevel.Information, "board {Board} ({Model}); last reset: {Reason}; boot reason: {BootReason}")]
    private partial void LogStarted(string board, string model, string reason, string bootReason);

    [LoggerMessage(2001, LogLevel.Information, "board stopped")]
    private partial void LogStopped();

    [LoggerMessage(2002, LogLevel.Information, "watchdog {Device} disarmed")]
    private partial void LogDisarmed(string device);

    [LoggerMessage(2003, LogLevel.Warning,
        "watchdog {Device} stays armed: {Reason}; the board resets in {TimeoutSeconds} s unless somebody feeds it")]
    private partial void LogStillArmed(string device, string reason, double timeoutSeconds);

    [LoggerMessage(2004, LogLevel.Information, "watchdog {Device} given back to procd")]
    private partial void LogGivenBack(string device);

    [LoggerMessage(2005, LogLevel.Error, "the watchdog could not be given back to procd: {Reason}")]
    private partial void LogGiveBackFailed(string reason);
}
