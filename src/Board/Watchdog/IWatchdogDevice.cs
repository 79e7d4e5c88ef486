namespace X0tta6bl4.Board.Watchdog;

/// <summary>What is known of an open watchdog.</summary>
/// <param name="Device">Device file, or chip:line.</param>
/// <param name="Identity">The driver's name for it.</param>
/// <param name="Options">What it can do.</param>
/// <param name="Timeout">Time without feeding until the reset, as the hardware has it.</param>
/// <param name="Pretimeout">Warning this long before, zero for none.</param>
/// <param name="NoWayOut">True: once started nothing stops it. Null when the kernel does not say.</param>
/// <param name="BootStatus">Why the hardware says the board was last reset; null when it cannot say.</param>
public sealed record WatchdogInfo(
    string Device,
    string Identity,
    WatchdogFlags Options,
    TimeSpan Timeout,
    TimeSpan Pretimeout,
    bool? NoWayOut,
    WatchdogFlags? BootStatus);

/// <summary>
/// An armed watchdog: opening it armed it. Used by one thread at a time. The seam for tests: only this is faked, the
/// feeding logic is the real one.
/// </summary>
public interface IWatchdogDevice : IDisposable
{
    /// <summary>What it is.</summary>
    WatchdogInfo Info { get; }

    /// <summary>Time until the reset, or null when the hardware cannot say.</summary>
    TimeSpan? TimeLeft { get; }

    /// <summary>Starts the time-out anew.</summary>
    /// <returns>Null, or why it failed.</returns>
    string? Feed();

    /// <summary>
    /// Stops it for good, so that the process may end without a reset. Dispose closes without disarming.
    /// </summary>
    /// <returns>Null when disarmed, or why it still runs.</returns>
    string? Disarm();
}
