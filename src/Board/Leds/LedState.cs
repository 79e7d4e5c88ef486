namespace X0tta6bl4.Board.Leds;

/// <summary>
/// What the router wants to say with its LEDs. The order is the severity: when several hold, the highest wins.
/// </summary>
public enum LedState
{
    /// <summary>In the mesh, nothing wrong.</summary>
    Healthy = 0,

    /// <summary>In the mesh, with less than it should have.</summary>
    Degraded = 1,

    /// <summary>Up, and looking for its first neighbour.</summary>
    Joining = 2,

    /// <summary>Had neighbours and lost them all.</summary>
    Isolated = 3,

    /// <summary>Starting.</summary>
    Booting = 4,

    /// <summary>Writing firmware: do not pull the plug.</summary>
    Updating = 5,

    /// <summary>It cannot do its job; a person or a reset is needed.</summary>
    Fault = 6,
}

/// <summary>What one LED does.</summary>
public enum LedPattern
{
    /// <summary>Dark.</summary>
    Off,

    /// <summary>Steady.</summary>
    On,

    /// <summary>Half a second on, half a second off.</summary>
    SlowBlink,

    /// <summary>A tenth of a second on, a tenth off.</summary>
    FastBlink,
}

/// <summary>The lengths of the blinks.</summary>
public static class LedPatterns
{
    /// <summary>Half period of <see cref="LedPattern.SlowBlink"/>, ms.</summary>
    public const int SlowHalfPeriodMs = 500;

    /// <summary>Half period of <see cref="LedPattern.FastBlink"/>, ms; OpenWrt's preinit blink has the same.</summary>
    public const int FastHalfPeriodMs = 100;

    /// <summary>Time a pattern stays on, and off, in ms; 0 when it does not blink.</summary>
    public static int HalfPeriodMs(this LedPattern pattern) => pattern switch
    {
        LedPattern.SlowBlink => SlowHalfPeriodMs,
        LedPattern.FastBlink => FastHalfPeriodMs,
        _ => 0,
    };

    /// <summary>The word used in JSON and in metric labels.</summary>
    public static string Word(this LedPattern pattern) => pattern switch
    {
        LedPattern.Off => "off",
        LedPattern.On => "on",
        LedPattern.SlowBlink => "slow-blink",
        _ => "fast-blink",
    };
}
