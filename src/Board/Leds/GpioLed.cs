using System.Device.Gpio;

namespace X0tta6bl4.Board.Leds;

/// <summary>
/// A LED on a plain GPIO line, without a kernel driver. It is blinked by the board loop, so it stops when this process
/// stops: where a kernel driver can be had (leds-gpio), prefer it. Its previous level cannot be known without driving
/// it, so it is left dark at the end.
/// </summary>
internal sealed class GpioLed : ILed
{
    private readonly GpioController _controller;
    private readonly int _pin;
    private LedPattern _pattern;
    private bool _isLit;
    private TimeSpan _since;

    /// <summary>Opens the line as an output, dark.</summary>
    /// <exception cref="IOException">The line is held by somebody else or cannot be an output.</exception>
    public GpioLed(string name, GpioController controller, int pin)
    {
        Name = name;
        _controller = controller;
        _pin = pin;
        controller.OpenPin(pin, PinMode.Output, PinValue.Low);
    }

    public string Name { get; }

    public bool NeedsTick => _pattern.HalfPeriodMs() > 0;

    /// <summary>
    /// When the next change is due, on the clock given to <see cref="Show"/>; null when it does not blink.
    /// </summary>
    public TimeSpan? Due => NeedsTick ? _since + TimeSpan.FromMilliseconds(_pattern.HalfPeriodMs()) : null;

    public LedResult Show(LedPattern pattern, TimeSpan now)
    {
        _pattern = pattern;
        return Light(pattern != LedPattern.Off, now);
    }

    public LedResult Tick(TimeSpan now) => Due is { } due && now >= due ? Light(!_isLit, now) : LedResult.Done;

    public void Dispose()
    {
        Light(false, default);
        _controller.ClosePin(_pin);
    }

    private LedResult Light(bool isLit, TimeSpan now)
    {
        (_isLit, _since) = (isLit, now);
        try
        {
            _controller.Write(_pin, isLit ? PinValue.High : PinValue.Low);
            return LedResult.Done;
        }
        catch (IOException e)
        {
            return LedResult.Failed(e.Message);
        }
    }
}
