using System.Globalization;
using Prometheus;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Telemetry.Metrics;

/// <summary>
/// Symptoms and loop pulses as metrics, refreshed at each scrape. Subjects are counted, not labels: they come from the
/// board and the air.
/// </summary>
internal sealed class HealthMetrics
{
    private readonly HealthRegister _health;
    private readonly LoopPulses _loops;
    private readonly Gauge _symptoms;
    private readonly Counter _refused;
    private readonly Gauge _loopAge;
    private readonly Gauge _loopDeadline;
    private readonly Counter _loopBeats;
    private readonly Dictionary<(string Code, Severity Severity), int> _counts = [];
    private readonly HashSet<(string Code, Severity Severity)> _exported = [];

    internal HealthMetrics(IMetricFactory factory, HealthRegister health, LoopPulses loops)
    {
        _health = health;
        _loops = loops;
        _symptoms = factory.CreateGauge(
            "x0tta6bl4_symptom",
            "Subjects the symptom holds for now; absent when it holds for none.",
            ["code", "severity"]);
        _refused = factory.CreateCounter(
            "x0tta6bl4_symptoms_refused_total",
            "Symptoms not stored because the register was full.");
        _loopAge = factory.CreateGauge(
            "x0tta6bl4_loop_age_seconds",
            "Time since the critical loop last finished a round.",
            ["loop"]);
        _loopDeadline = factory.CreateGauge(
            "x0tta6bl4_loop_deadline_seconds",
            "Age at which the loop counts as hung and the watchdog is no longer fed.",
            ["loop"]);
        _loopBeats = factory.CreateCounter(
            "x0tta6bl4_loop_beats_total",
            "Rounds the critical loop has finished.",
            ["loop"]);
    }

    internal void Refresh()
    {
        foreach (var loop in _loops.All)
        {
            _loopAge.WithLabels(loop.Name).Set(loop.Age.TotalSeconds);
            _loopDeadline.WithLabels(loop.Name).Set(loop.Deadline.TotalSeconds);
            _loopBeats.WithLabels(loop.Name).IncTo(loop.Beats);
        }

        _refused.IncTo(_health.Refused);
        _counts.Clear();
        foreach (var symptom in _health.Current.Value)
        {
            var key = (symptom.Code, symptom.Severity);
            _counts[key] = _counts.GetValueOrDefault(key) + 1;
        }

        foreach (var gone in _exported.Where(key => !_counts.ContainsKey(key)).ToArray())
        {
            _symptoms.RemoveLabelled(gone.Code, Label(gone.Severity));
            _exported.Remove(gone);
        }

        foreach (var (key, count) in _counts)
        {
            _symptoms.WithLabels(key.Code, Label(key.Severity)).Set(count);
            _exported.Add(key);
        }
    }

    private static string Label(Severity severity) => severity.ToString().ToLower(CultureInfo.InvariantCulture);
}
