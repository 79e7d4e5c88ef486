using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Buttons;

/// <summary>The last press of one button.</summary>
/// <param name="Role">The button.</param>
/// <param name="Present">False when its line cannot be used.</param>
/// <param name="Presses">Presses since start.</param>
/// <param name="Last">The last one, or null.</param>
public sealed record ButtonSnapshot(string Role, bool Present, long Presses, ButtonEvent? Last);

/// <summary>
/// All buttons of the board, into one bounded channel. When nobody reads, the newest presses are dropped and counted.
/// </summary>
internal sealed partial class ButtonPanel : IDisposable
{
    /// <summary>Presses kept for the reader. More than a person presses while the reader is busy.</summary>
    public const int QueueMax = 16;

    private readonly Lock _lock = new();
    private readonly Channel<ButtonEvent> _events = Channel.CreateBounded<ButtonEvent>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

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
        foreach (var description in board.Buttons)
        {
            var isPresent = Open(description, chips, time, health);
            _snapshots[description.Role] = new ButtonSnapshot(description.Role, isPresent, 0, null);
        }
    }

    /// <summary>The presses, oldest first.</summary>
    public ChannelReader<ButtonEvent> Events => _events.Reader;

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
        _events.Writer.TryComplete();
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
                _buttons.Add(new Button(description, found.Controller, found.Pin, time, Pressed));
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

    private void Pressed(ButtonEvent press)
    {
        lock (_lock)
        {
            var before = _snapshots[press.Role];
            _snapshots[press.Role] = before with { Presses = before.Presses + 1, Last = press };
        }

        var isDropped = !_events.Writer.TryWrite(press);
        _metrics.Pressed(press, isDropped);
        LogPressed(press.Role, press.Kind, (long)press.Held.TotalMilliseconds, isDropped);
    }
}
