using System.Device.Gpio;

namespace X0tta6bl4.Board.Gpio;

/// <summary>
/// What the character device can do for a line beyond what <see cref="GpioController"/> has words for.
/// </summary>
/// <param name="ActiveLow">True: "high" means the low level, for values and for edges.</param>
/// <param name="Debounce">Edges closer together than this are one; the kernel filters, in hardware where it can. Zero
/// for none.</param>
public sealed record GpioLineOptions(bool ActiveLow, TimeSpan Debounce);

/// <summary>An edge with the time the kernel saw it, which a busy process cannot blur.</summary>
public sealed class GpioEdgeEventArgs(PinEventTypes changeType, int pinNumber, TimeSpan timestamp)
    : PinValueChangedEventArgs(changeType, pinNumber)
{
    /// <summary>CLOCK_MONOTONIC when the interrupt came.</summary>
    public TimeSpan Timestamp { get; } = timestamp;
}
