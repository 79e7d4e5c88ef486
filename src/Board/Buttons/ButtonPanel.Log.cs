using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Board.Buttons;

/// <content>Log lines, events 2300–2399.</content>
internal sealed partial class ButtonPanel
{
    [LoggerMessage(2300, LogLevel.Information, "button {Role} pressed: {Kind}, held {HeldMs} ms")]
    private partial void LogPressed(string role, PressKind kind, long heldMs);

    [LoggerMessage(2301, LogLevel.Information, "button {Role} is not available: {Reason}")]
    private partial void LogUnavailable(string role, string reason);
}
