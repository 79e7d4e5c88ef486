using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace X0tta6bl4.Telemetry.Health;

/// <summary>What readiness needs to know beyond loops and symptoms.</summary>
/// <param name="MeshSeen">The mesh has been read from the kernel at least once and still is.</param>
/// <param name="WatchdogWanted">A watchdog is configured for this board.</param>
/// <param name="WatchdogFed">That watchdog is open and was fed within its time-out.</param>
public sealed record ReadinessFacts(bool MeshSeen, bool WatchdogWanted, bool WatchdogFed);

/// <summary>
/// Why the agent is not alive or not ready; the same shape as a symptom, with the same codes where one exists.
/// </summary>
public sealed record HealthReason(string Code, string Subject, string Text, string Fix);

/// <summary>
/// The answer of <c>/healthz</c> and <c>/readyz</c>. Alive: no critical loop is hung; a supervisor that sees "not
/// alive" restarts the agent. Ready: alive, mesh seen, watchdog fed where one is wanted, and no critical symptom; who
/// sees "not ready" sends no work here, and restarting would not help.
/// </summary>
/// <param name="Alive">No critical loop is hung.</param>
/// <param name="Ready">Alive and doing its main job.</param>
/// <param name="NotAlive">Why not alive; empty when alive.</param>
/// <param name="NotReady">Why not ready, the reasons of <paramref name="NotAlive"/> first; empty when ready.</param>
public sealed record HealthReport(
    bool Alive, bool Ready, IReadOnlyList<HealthReason> NotAlive, IReadOnlyList<HealthReason> NotReady)
{
    /// <summary>Version of the JSON form.</summary>
    public const int Version = 1;

    /// <summary>Judges the present state. Cheap: reads what others published.</summary>
    public static HealthReport Judge(LoopPulses loops, HealthRegister health, ReadinessFacts facts)
    {
        HealthReason[] notAlive =
        [
            .. loops.Hung.Select(loop => new HealthReason(
                "health.loop-hung",
                loop.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the loop {loop.Name} has made no progress for {loop.Age.TotalSeconds:F1} s; "
                    + $"its deadline is {loop.Deadline.TotalSeconds:F1} s"),
                "nothing: the watchdog resets the board; keep the log for a report")),
        ];
        List<HealthReason> notReady = [.. notAlive];
        if (!facts.MeshSeen)
        {
            notReady.Add(new HealthReason(
                "health.mesh-not-seen",
                "",
                "the mesh has not been read from the kernel",
                "see 'x0tta6bl4 doctor': is batman-adv loaded and does the mesh interface exist?"));
        }

        if (facts is { WatchdogWanted: true, WatchdogFed: false })
        {
            notReady.Add(new HealthReason(
                "health.watchdog-not-fed",
                "",
                "the hardware watchdog is configured but not being fed",
                "see 'x0tta6bl4 watchdog'"));
        }

        notReady.AddRange(health.Current.Value
            .Where(symptom => symptom.Severity == Severity.Critical)
            .Select(symptom => new HealthReason(symptom.Code, symptom.Subject, symptom.Text, symptom.Fix)));
        return new HealthReport(notAlive.Length == 0, notReady.Count == 0, notAlive, notReady);
    }

    /// <summary><c>{"version":1,"alive":true,"reasons":[]}</c></summary>
    public void WriteLiveness(IBufferWriter<byte> to) => Write(to, "alive", Alive, NotAlive);

    /// <summary><c>{"version":1,"ready":false,"reasons":[{"code":…,"subject":…,"text":…,"fix":…}]}</c></summary>
    public void WriteReadiness(IBufferWriter<byte> to) => Write(to, "ready", Ready, NotReady);

    private static void Write(IBufferWriter<byte> to, string name, bool holds, IReadOnlyList<HealthReason> reasons)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteBoolean(name, holds);
        json.WriteStartArray("reasons");
        foreach (var reason in reasons)
        {
            json.WriteStartObject();
            json.WriteString("code", reason.Code);
            json.WriteString("subject", reason.Subject);
            json.WriteString("text", reason.Text);
            json.WriteString("fix", reason.Fix);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
