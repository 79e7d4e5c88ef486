using System.Diagnostics;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// Monotonic time since the rack started. Everything observed (console lines, LED changes, QMP events, messages)
/// carries it, so that figures are differences of two stamps of one clock, and no router's clock is believed.
/// </summary>
public static class RackClock
{
    private static readonly long Start = Stopwatch.GetTimestamp();

    /// <summary>Time since the start of the rack.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(Start);
}
