namespace X0tta6bl4.Telemetry.Health;

/// <summary>
/// The symptoms that hold now. Parts raise and clear them by code and subject; raising again only refreshes the text.
/// Thread-safe. Bounded: beyond <see cref="SymptomsMax"/> new symptoms are counted in <see cref="Refused"/>, not
/// stored.
/// </summary>
public sealed class HealthRegister(TimeProvider time)
{
    /// <summary>Most symptoms held at once.</summary>
    public const int SymptomsMax = 128;

    private readonly Lock _lock = new();
    private readonly long _startTimestamp = time.GetTimestamp();
    private readonly Dictionary<(string Code, string Subject), Symptom> _symptoms = [];
    private long _refused;

    /// <summary>All symptoms, worst first, then oldest first. Published on every change.</summary>
    public Latest<IReadOnlyList<Symptom>> Current { get; } = new([]);

    /// <summary>Symptoms not stored because the register was full.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Says that a problem holds. Idempotent; the first call fixes the time it began.</summary>
    public void Raise(string code, string subject, Severity severity, string text, string fix)
    {
        lock (_lock)
        {
            var key = (code, subject);
            if (!_symptoms.TryGetValue(key, out var known))
            {
                if (_symptoms.Count >= SymptomsMax)
                {
                    _refused++;
                    return;
                }

                known = new Symptom(
                    code,
                    subject,
                    severity,
                    text,
                    fix,
                    time.GetElapsedTime(_startTimestamp).TotalSeconds);
            }

            var next = known with { Severity = severity, Text = text, Fix = fix };
            if (_symptoms.TryGetValue(key, out var old) && old == next)
            {
                return;
            }

            _symptoms[key] = next;
            PublishLocked();
        }
    }

    /// <summary>Says that a problem no longer holds. Idempotent.</summary>
    public void Clear(string code, string subject = "")
    {
        lock (_lock)
        {
            if (_symptoms.Remove((code, subject)))
            {
                PublishLocked();
            }
        }
    }

    /// <summary>The same for every code that begins so: what raised them has gone.</summary>
    public void ClearAll(string codePrefix)
    {
        lock (_lock)
        {
            var gone = _symptoms.Keys.Where(key => key.Code.StartsWith(codePrefix, StringComparison.Ordinal)).ToList();
            foreach (var key in gone)
            {
                _symptoms.Remove(key);
            }

            if (gone.Count > 0)
            {
                PublishLocked();
            }
        }
    }

    /// <summary>Raise and clear in one, for a condition that was just checked.</summary>
    public void Set(bool holds, string code, string subject, Severity severity, string text, string fix)
    {
        if (holds)
        {
            Raise(code, subject, severity, text, fix);
        }
        else
        {
            Clear(code, subject);
        }
    }

    private void PublishLocked() => Current.Publish(
    [
        .. _symptoms.Values
            .OrderByDescending(s => s.Severity)
            .ThenBy(s => s.SinceSeconds)
            .ThenBy(s => s.Code, StringComparer.Ordinal)
            .ThenBy(s => s.Subject, StringComparer.Ordinal),
    ]);
}
