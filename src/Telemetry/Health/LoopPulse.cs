namespace X0tta6bl4.Telemetry.Health;

/// <summary>
/// Proof that one loop still turns. The loop calls <see cref="Beat"/> each time it has done a whole round of real
/// work (never from a timer of its own); the watchdog is fed only while every critical pulse is younger than its
/// deadline.
/// </summary>
public sealed class LoopPulse
{
    private readonly TimeProvider _time;
    private long _lastBeat;
    private long _beats;

    internal LoopPulse(string name, TimeSpan deadline, TimeProvider time)
    {
        Name = name;
        Deadline = deadline;
        _time = time;
        _lastBeat = time.GetTimestamp();
    }

    /// <summary>Name of the loop, also the metric label.</summary>
    public string Name { get; }

    /// <summary>Longest time between two beats before the loop counts as hung.</summary>
    public TimeSpan Deadline { get; }

    /// <summary>Rounds done since start.</summary>
    public long Beats => Interlocked.Read(ref _beats);

    /// <summary>Time since the last beat, or since registration.</summary>
    public TimeSpan Age => _time.GetElapsedTime(Interlocked.Read(ref _lastBeat));

    /// <summary>True when the last beat is older than the deadline.</summary>
    public bool IsHung => Age > Deadline;

    /// <summary>Call after each finished round.</summary>
    public void Beat()
    {
        Interlocked.Exchange(ref _lastBeat, _time.GetTimestamp());
        Interlocked.Increment(ref _beats);
    }
}

/// <summary>
/// Every critical loop of the process, registered once at start. Read by the watchdog and by <c>/healthz</c>.
/// </summary>
public sealed class LoopPulses(TimeProvider time)
{
    private readonly Lock _lock = new();
    private LoopPulse[] _pulses = [];

    /// <summary>All registered pulses.</summary>
    public IReadOnlyList<LoopPulse> All => Volatile.Read(ref _pulses);

    /// <summary>Adds a loop whose stop must end in a hardware reset.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="deadline">Longest time between beats, well above the loop's slowest healthy round.</param>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public LoopPulse Register(string name, TimeSpan deadline)
    {
        lock (_lock)
        {
            if (_pulses.Any(p => p.Name == name))
            {
                throw new ArgumentException($"a loop named '{name}' is registered already", nameof(name));
            }

            var pulse = new LoopPulse(name, deadline, time);
            Volatile.Write(ref _pulses, [.. _pulses, pulse]);
            return pulse;
        }
    }

    /// <summary>The loops that have made no progress within their deadline.</summary>
    public IReadOnlyList<LoopPulse> Hung => [.. All.Where(p => p.IsHung)];
}
