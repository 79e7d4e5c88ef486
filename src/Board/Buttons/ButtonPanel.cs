using Microsoft.Extensions.Logging;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Buttons;

/// <summary>The last press of one button.</summary>
/// <param name="Role">The button.</param>
/// <param name="Present">False when its line cannot be used.</param>
/// <param name="Presses">Presses since start.</param>
/// <param name="Last">The last one, or null.</param>
public sealed record ButtonSnapshot(string Role, bool Present, long Presses, ButtonEvent? Last);

/// <summary>
/// All buttons of the board. A reader that does not keep up loses the oldest presses, which is counted.
/// </summary>
internal sealed partial class ButtonPanel : IDisposable
{
    /// <summary>Presses kept for each reader. More than a person presses while the reader is busy.</summary>
    public const int QueueMax = 16;

    private readonly Lock _lock = new();
    private readonly List<Button> _buttons = [];
    private readonly Dictionary<string, ButtonSnapshot> _snapshots = new(StringComparer.Ordinal);
    private readonly BoardMetrics _metrics;
    private readonly ILogger _logger;

    public ButtonPanel(
        BoardDescription board,
        GpioChips chips,
        TimeProvider time,
        HealthRegister health,
        BoardMetrics metrics,
        ILogger logger)
    {
        _metrics = metrics;
        _logger = logger;
        Presses = new Feed<ButtonEvent>(QueueMax, metrics.PressDropped);
        foreach (var description in board.Buttons)
        {
            var isPresent = Open(description, chips, time, health);
            _snapshots[description.Role] = new ButtonSnapshot(description.Role, isPresent, 0, null);
        }
    }

    /// <summary>The presses, oldest first.</summary>
    public Feed<ButtonEvent> Presses { get; }

    /// <summary>Called after <see cref="Snapshot"/> shows another press. Must not block.</summary>
    public Action? Pressed { get; init; }

    /// <summary>The last press of each button.</summary>
    public IReadOnlyList<ButtonSnapshot> Snapshot
    {
        get
        {
            lock (_lock)
            {
                return [.. _snapshots.Values];
            }
        }
    }

    public void Dispose()
    {
        foreach (var button in _buttons)
        {
            button.Dispose();
        }

        _buttons.Clear();
    }

    private bool Open(ButtonDescription description, GpioChips chips, TimeProvider time, HealthRegister health)
    {
        string? problem;
        (System.Device.Gpio.GpioController Controller, int Pin)? at = null;
        try
        {
            at = chips.Open(description.Line, description.Debounce, out problem);
            if (at is { } found)
            {
                _buttons.Add(new Button(description, found.Controller, found.Pin, time, Take));
                health.Clear("board.button-unavailable", description.Role);
                return true;
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            problem = e.Message;
        }

        var holder = at is { } held ? $" (held by {chips.HolderOf(description.Line, held.Pin)})" : "";
        // Info: gpio-keys or OpenWrt's gpio-button-hotplug owning it is the normal case, and they act on it.
        health.Raise(
            "board.button-unavailable", description.Role, Severity.Info,
            $"Button '{description.Role}' on line {description.Line} cannot be read: {problem}{holder}.",
            "If the kernel's gpio-keys or gpio-button-hotplug shall not have it, remove that driver; otherwise nothing.");
        LogUnavailable(description.Role, $"{problem}{holder}");
        return false;
    }

    private void Take(ButtonEvent press)
    {
        lock (_lock)
        {
            var before = _snapshots[press.Role];
            _snapshots[press.Role] = before with { Presses = before.Presses + 1, Last = press };
        }

        Pressed?.Invoke();
        Presses.Publish(press);
        _metrics.Pressed(press);
        LogPressed(press.Role, press.Kind, (long)press.Held.TotalMilliseconds);
    }
}
