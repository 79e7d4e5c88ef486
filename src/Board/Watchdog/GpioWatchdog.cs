using System.Device.Gpio;
using X0tta6bl4.Board.Description;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// A watchdog chip fed by an edge on a line, without a kernel driver (with one, <c>linux,wdt-gpio</c>, it is a
/// <see cref="DeviceWatchdog"/>). As that binding's "toggle": either edge feeds it, and a floating line disables it.
/// </summary>
internal sealed class GpioWatchdog : IWatchdogDevice
{
    private readonly GpioController _controller;
    private readonly int _pin;
    private readonly bool _isAlwaysRunning;
    private PinValue _level = PinValue.Low;

    /// <summary>Opens the line as an output: from here on the chip counts.</summary>
    /// <exception cref="IOException">The line is held by somebody else or cannot be an output.</exception>
    public GpioWatchdog(GpioWatchdogDescription description, GpioController controller, int pin)
    {
        _controller = controller;
        _pin = pin;
        _isAlwaysRunning = description.AlwaysRunning;
        controller.OpenPin(pin, PinMode.Output, _level);
        Info = new WatchdogInfo(
            description.Line.ToString(),
            "GPIO watchdog",
            WatchdogFlags.None,
            description.Timeout,
            TimeSpan.Zero,
            NoWayOut: description.AlwaysRunning,
            BootStatus: null);
    }

    public WatchdogInfo Info { get; }

    public TimeSpan? TimeLeft => null;

    public string? Feed()
    {
        try
        {
            _level = !_level;
            _controller.Write(_pin, _level);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    public string? Disarm()
    {
        if (_isAlwaysRunning)
        {
            return "the chip has no way to be stopped (always_running in the board file)";
        }

        try
        {
            _controller.SetPinMode(_pin, PinMode.Input);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    public void Dispose()
    {
        if (_controller.IsPinOpen(_pin))
        {
            _controller.ClosePin(_pin);
        }
    }
}
