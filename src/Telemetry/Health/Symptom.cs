namespace X0tta6bl4.Telemetry.Health;

/// <summary>
/// How bad a symptom is. The order is the order of display: the highest one decides LEDs and exit codes.
/// </summary>
public enum Severity
{
    /// <summary>Worth knowing, nothing is impaired.</summary>
    Info = 0,

    /// <summary>The router works, with less than it should have.</summary>
    Degraded = 1,

    /// <summary>The router does not do its main job.</summary>
    Critical = 2,
}

/// <summary>
/// One named problem that holds right now, in words for the person who must fix it. LED pattern, <c>status</c>,
/// <c>/readyz</c>, metrics and alerts all read the same symptoms, so they never contradict each other.
/// </summary>
/// <param name="Code">Stable dotted id, for example <c>board.watchdog-absent</c>; listed in docs/health.md.</param>
/// <param name="Subject">What it is about (interface, LED, file), or empty when the code says it all.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Text">What is wrong, one sentence.</param>
/// <param name="Fix">What to do about it, one sentence.</param>
/// <param name="SinceSeconds">Seconds on the monotonic clock (<see cref="HealthRegister"/>'s start = 0) when it was
/// first raised.</param>
public sealed record Symptom(
    string Code,
    string Subject,
    Severity Severity,
    string Text,
    string Fix,
    double SinceSeconds);
