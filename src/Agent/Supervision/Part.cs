using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Supervision;

/// <summary>
/// One part of the agent: something that runs until cancelled and owns what it opens. A part never starts another.
/// </summary>
/// <param name="Name">Unique, also the metric label and the subject of its symptoms.</param>
/// <param name="Critical">
/// True when the router is not looked after without it: its repeated failure ends the process, so that init starts
/// everything afresh; the watchdog is the last resort behind that.
/// </param>
/// <param name="Options">
/// What it was built from, compared by value on reload: only parts whose options changed are restarted.
/// </param>
/// <param name="RunAsync">Opens, works until cancelled, closes. Returning early counts as a failure.</param>
internal sealed record Part(string Name, bool Critical, object Options, Func<CancellationToken, Task> RunAsync)
{
    /// <summary>
    /// The pulse of the part's loop, beaten by the supervisor while the part waits for its restart: a part that is being
    /// mended does not hang, and must not reset the board before the process had its chance.
    /// </summary>
    public LoopPulse? Pulse { get; init; }
}
