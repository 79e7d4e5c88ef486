using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Board.Leds;

/// <content>Log lines, events 2100–2199.</content>
internal sealed partial class LedPanel
{
    [LoggerMessage(2100, LogLevel.Warning, "LED {Led} is missing; found: {Found}")]
    private partial void LogMissing(string led, string found);

    [LoggerMessage(2101, LogLevel.Information, "LEDs restored: {Count}")]
    private partial void LogRestored(int count);

    [LoggerMessage(2102, LogLevel.Warning, "LED {Led} could not be restored: {Reason}")]
    private partial void LogRestoreFailed(string led, string reason);

    [LoggerMessage(2103, LogLevel.Warning, "the state to restore the LEDs to could not be saved: {Reason}")]
    private partial void LogSaveFailed(string reason);

    [LoggerMessage(2104, LogLevel.Information,
        "an earlier process did not restore the LEDs; its saved state is used ({Count} LEDs)")]
    private partial void LogFoundSaved(int count);
}
