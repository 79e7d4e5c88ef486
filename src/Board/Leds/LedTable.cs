using X0tta6bl4.Board.Description;

namespace X0tta6bl4.Board.Leds;

/// <summary>
/// The one place that decides what a LED shows. Users of such routers read the status LED as: steady, fine; slow,
/// starting or joining; fast, hands off (failsafe, upgrade). Those meanings are kept, and a board with only a status
/// LED still tells all that matters; the other roles add detail.
/// </summary>
public static class LedTable
{
    /// <summary>What a LED of this role shows in this state.</summary>
    public static LedPattern Pattern(LedRole role, LedState state)
    {
        const LedPattern off = LedPattern.Off, on = LedPattern.On, slow = LedPattern.SlowBlink, fast = LedPattern.FastBlink;
        var row = state switch
        {
            //                       status mesh  uplink fault
            LedState.Healthy => (on, on, on, off),
            LedState.Degraded => (on, on, on, slow),
            LedState.Joining => (slow, slow, off, off),
            LedState.Isolated => (slow, off, off, slow),
            LedState.Booting => (slow, off, off, off),
            LedState.Updating => (fast, off, off, off),
            _ => (fast, off, off, on),
        };
        return role switch
        {
            LedRole.Status => row.Item1,
            LedRole.Mesh => row.Item2,
            LedRole.Uplink => row.Item3,
            _ => row.Item4,
        };
    }

    /// <summary>The state that wins when several hold.</summary>
    public static LedState Worst(LedState a, LedState b) => (LedState)Math.Max((int)a, (int)b);
}
