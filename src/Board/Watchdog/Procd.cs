namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// The hand-over with OpenWrt's procd, which opens the watchdog in early boot and feeds it whether the router works or
/// not. From procd's watchdog.c and system.c (openwrt/procd): <c>stop</c> alone only ends the feeding and keeps the
/// device open, so that nobody could open it and the router would reset; together with <c>magicclose</c> it closes the
/// device. Both calls are synchronous. procd from before magicclose existed ignores the word: then the device stays
/// busy, and the feeding must be given back at once.
/// </summary>
internal sealed class Procd(ProgramRunner run)
{
    /// <summary>
    /// Makes procd close the device. It is disarmed for the few milliseconds until it is opened again.
    /// </summary>
    /// <returns>Null, or why not.</returns>
    public string? TakeOver() => Call("""{"magicclose":true,"stop":true}""");

    /// <summary>Makes procd open and feed the device again, and keep it armed when procd itself ends.</summary>
    /// <returns>Null, or why not.</returns>
    public string? GiveBack() => Call("""{"magicclose":false,"stop":false}""");

    private string? Call(string message)
    {
        var result = run("ubus", ["call", "system", "watchdog", message]);
        return result.ExitCode == 0 ? null : $"ubus call system watchdog '{message}': exit {result.ExitCode}: {result.Output}";
    }
}
