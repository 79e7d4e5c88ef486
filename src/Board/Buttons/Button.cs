using System.Device.Gpio;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;

namespace X0tta6bl4.Board.Buttons;

/// <summary>How a button was pressed.</summary>
public enum PressKind
{
    /// <summary>Pressed and released before the long-press time. Known at the release.</summary>
    Short,

    /// <summary>Held for the long-press time. Known while still held, so that a LED can answer the finger.</summary>
    Long,
}

/// <summary>One press.</summary>
/// <param name="Role">The button's role in the board file.</param>
/// <param name="Kind">Short or long.</param>
/// <param name="Held">How long it was held: until the release for a short press, the long-press time for a long
/// one.</param>
public sealed record ButtonEvent(string Role, PressKind Kind, TimeSpan Held);

/// <summary>
/// Turns the edges of one line into presses. Bouncing is filtered by the kernel (debounce in the line request); hold
/// times come from the kernel's time stamps when the driver gives them, so that a busy process does not turn a short
/// press into a long one. A lost edge costs at most one press.
/// </summary>
internal sealed class Button : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ButtonDescription _description;
    private readonly GpioController _controller;
    private readonly int _pin;
    private readonly TimeProvider _time;
    private readonly Action<ButtonEvent> _pressed;
    private readonly ITimer _longPress;
    private readonly long _start;
    private TimeSpan? _downSince;

    /// <summary>Opens the line as an input and listens.</summary>
    /// <exception cref="IOException">The line is held by somebody else or has no interrupt.</exception>
    public Button(
        ButtonDescription description,
        GpioController controller,
        int pin,
        TimeProvider time,
        Action<ButtonEvent> pressed)
    {
        _description = description;
        _controller = controller;
        _pin = pin;
        _time = time;
        _pressed = pressed;
        _start = time.GetTimestamp();
        _longPress = time.CreateTimer(_ => HeldLong(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        controller.OpenPin(pin, description.Line.Bias switch
        {
            GpioBias.PullUp => PinMode.InputPullUp,
            GpioBias.PullDown => PinMode.InputPullDown,
            _ => PinMode.Input,
        });
        try
        {
            controller.RegisterCallbackForPinValueChangedEvent(pin, PinEventTypes.Rising | PinEventTypes.Falling, OnEdge);
        }
        catch (Exception)
        {
            _longPress.Dispose();
            controller.ClosePin(pin);
            throw;
        }
    }

    public string Role => _description.Role;

    public void Dispose()
    {
        _longPress.Dispose();
        if (_controller.IsPinOpen(_pin))
        {
            _controller.UnregisterCallbackForPinValueChangedEvent(_pin, OnEdge);
            _controller.ClosePin(_pin);
        }
    }

    private void OnEdge(object sender, PinValueChangedEventArgs args)
    {
        // Both stamps are monotonic, but of different origin; one press only ever compares stamps of one kind.
        var at = (args as GpioEdgeEventArgs)?.Timestamp ?? _time.GetElapsedTime(_start);
        lock (_lock)
        {
            if (args.ChangeType == PinEventTypes.Rising)
            {
                // Pressed twice without a release between: an edge was lost, the newer press counts.
                _downSince = at;
                _longPress.Change(_description.LongPress, Timeout.InfiniteTimeSpan);
                return;
            }

            if (_downSince is not { } since)
            {
                return; // released after a long press was reported, or pressed before we listened
            }

            _downSince = null;
            _longPress.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            var held = at - since;
            _pressed(held < _description.LongPress
                ? new ButtonEvent(Role, PressKind.Short, held)
                : new ButtonEvent(Role, PressKind.Long, _description.LongPress));
        }
    }

    private void HeldLong()
    {
        lock (_lock)
        {
            if (_downSince is not null)
            {
                _downSince = null;
                _pressed(new ButtonEvent(Role, PressKind.Long, _description.LongPress));
            }
        }
    }
}
