using System.Device.Gpio;
using X0tta6bl4.Board.Gpio;

namespace X0tta6bl4.Board.Tests.TestKit;

/// <summary>Lines without hardware, behind the real <see cref="GpioController"/>.</summary>
internal sealed class FakeGpioDriver : GpioDriver
{
    private readonly Dictionary<int, PinMode> _modes = [];

    public Dictionary<int, PinValue> Values { get; } = [];

    public Dictionary<int, PinChangeEventHandler> Handlers { get; } = [];

    public List<string> Writes { get; } = [];

    public Exception? OpenFailure { get; set; }

    protected override int PinCount => 8;

    public GpioChips Chips(string name) => new(chip => chip == name ? (this, null) : (null, $"there is no GPIO chip named or labelled '{chip}'"));

    /// <summary>An edge without a kernel time stamp.</summary>
    public void Edge(int pin, PinEventTypes type) => Handlers[pin](this, new PinValueChangedEventArgs(type, pin));

    /// <summary>An edge as the character device gives it.</summary>
    public void Edge(int pin, PinEventTypes type, TimeSpan at) => Handlers[pin](this, new GpioEdgeEventArgs(type, pin, at));

    public bool IsOpen(int pin) => _modes.ContainsKey(pin);

    public PinMode Mode(int pin) => _modes[pin];

    protected override void OpenPin(int pinNumber)
    {
        if (OpenFailure is not null)
        {
            throw OpenFailure;
        }

        _modes[pinNumber] = PinMode.Input;
    }

    protected override void ClosePin(int pinNumber) => _modes.Remove(pinNumber);

    protected override void SetPinMode(int pinNumber, PinMode mode) => _modes[pinNumber] = mode;

    protected override PinMode GetPinMode(int pinNumber) => _modes[pinNumber];

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) => true;

    protected override PinValue Read(int pinNumber) => Values.GetValueOrDefault(pinNumber);

    protected override void Toggle(int pinNumber) => Write(pinNumber, !Read(pinNumber));

    protected override void Write(int pinNumber, PinValue value)
    {
        Values[pinNumber] = value;
        Writes.Add($"{pinNumber}={(value == PinValue.High ? 1 : 0)}");
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback) =>
        Handlers[pinNumber] = callback;

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) =>
        Handlers.Remove(pinNumber);
}
