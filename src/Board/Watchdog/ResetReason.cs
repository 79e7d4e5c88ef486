namespace X0tta6bl4.Board.Watchdog;

/// <summary>Why this run of the agent began.</summary>
public enum ResetKind
{
    /// <summary>The power went, or the kernel crashed: nothing was written down and no watchdog fired.</summary>
    PowerOrCrash,

    /// <summary>Loops of the agent hung, it stopped feeding, the watchdog reset the board.</summary>
    WatchdogHang,

    /// <summary>
    /// The watchdog reset the board and nobody could write down why: kernel or whole agent stood still.
    /// </summary>
    WatchdogSilent,

    /// <summary>The agent had been stopped in order before the board went down.</summary>
    Clean,

    /// <summary>Somebody asked for the reboot.</summary>
    Requested,

    /// <summary>The board did not reset at all; only the agent was started again.</summary>
    AgentRestart,
}

/// <summary>Why this run of the agent began.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Detail">More, for people: names of hung loops, who asked.</param>
/// <param name="BootReason">After an agent restart, why the board itself last booted; otherwise null.</param>
public sealed record ResetReason(ResetKind Kind, string Detail, string? BootReason = null)
{
    /// <summary>The word used in JSON and in metric labels.</summary>
    public string Word => Kind switch
    {
        ResetKind.PowerOrCrash => "power-or-crash",
        ResetKind.WatchdogHang => "watchdog-hang",
        ResetKind.WatchdogSilent => "watchdog-silent",
        ResetKind.Clean => "clean",
        ResetKind.Requested => "requested",
        _ => "agent-restart",
    };

    /// <summary><c>word: detail</c>.</summary>
    public override string ToString() => Detail.Length == 0 ? Word : $"{Word}: {Detail}";

    /// <summary>
    /// Puts together what the hardware says and what the last run wrote down. The record wins where it is more exact
    /// (it names the loop); the hardware wins where the record cannot know (it was still "running").
    /// </summary>
    /// <param name="last">The last run's record; null when there is none or it is torn.</param>
    /// <param name="bootId">This boot's id.</param>
    /// <param name="bootStatus">The watchdog's boot status; null when it cannot say.</param>
    public static ResetReason From(RunRecord? last, string bootId, WatchdogFlags? bootStatus)
    {
        var byWatchdog = bootStatus?.HasFlag(WatchdogFlags.CardReset) == true;
        var hardware = bootStatus is null ? "the hardware cannot say"
            : byWatchdog ? "the hardware confirms it"
            : "the hardware does not confirm it";
        if (last is null)
        {
            return byWatchdog
                ? new ResetReason(ResetKind.WatchdogSilent, "no record of an earlier run")
                : new ResetReason(ResetKind.PowerOrCrash, "no record of an earlier run");
        }

        if (last.BootId == bootId)
        {
            var how = last.State switch
            {
                RunState.Stopped => "it had been stopped in order",
                RunState.Hung => $"it ended while {last.Detail} hung",
                RunState.RebootRequested => $"it ended after a reboot was requested ({last.Detail})",
                _ => "it was killed or crashed",
            };
            return new ResetReason(ResetKind.AgentRestart, how, last.BootReason);
        }

        return last.State switch
        {
            RunState.Hung => new ResetReason(ResetKind.WatchdogHang, $"{last.Detail} ({hardware})"),
            RunState.RebootRequested => new ResetReason(ResetKind.Requested, last.Detail),
            RunState.Stopped when !byWatchdog => new ResetReason(ResetKind.Clean, ""),
            RunState.Stopped => new ResetReason(ResetKind.WatchdogSilent, "after the agent had been stopped"),
            _ when byWatchdog => new ResetReason(ResetKind.WatchdogSilent, "the agent was running"),
            _ when bootStatus is null => new ResetReason(
                ResetKind.PowerOrCrash, "the watchdog cannot say whether it fired"),
            _ => new ResetReason(ResetKind.PowerOrCrash, ""),
        };
    }
}
