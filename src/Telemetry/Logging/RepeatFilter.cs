using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>
/// Holds back an event that repeats too often. Per event and component, the first lines of a minute pass; the rest is
/// counted and summed up in one line when the minute is over. A flapping link must not push everything else out of the
/// router's small log. Not thread-safe; the log's lock guards it.
/// </summary>
internal sealed class RepeatFilter(int perWindowMax)
{
    /// <summary>Events watched at once. Beyond it new events pass unwatched until windows end.</summary>
    internal const int EventsMax = 256;

    /// <summary>Length of a window.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(int Event, string Component), Entry> _entries = [];

    /// <summary>True when the line may be written. Critical lines always may.</summary>
    internal bool Admits(int eventId, string component, LogLevel level, TimeSpan now)
    {
        if (level == LogLevel.Critical)
        {
            return true;
        }

        if (!_entries.TryGetValue((eventId, component), out var entry))
        {
            if (_entries.Count >= EventsMax)
            {
                ForgetQuiet(now);
            }

            if (_entries.Count < EventsMax)
            {
                _entries[(eventId, component)] = new Entry { Ends = now + Window, Passed = 1 };
            }

            return true;
        }

        if (now >= entry.Ends && entry.Suppressed == 0)
        {
            entry.Ends = now + Window;
            entry.Passed = 0;
        }

        if (entry.Passed < perWindowMax)
        {
            entry.Passed++;
            return true;
        }

        entry.Suppressed++;
        entry.Worst = level > entry.Worst ? level : entry.Worst;
        return false;
    }

    /// <summary>Removes and returns what has been held back in windows that are over by now.</summary>
    internal IReadOnlyList<Repeat> TakeEnded(TimeSpan now)
    {
        List<Repeat> ended = [];
        foreach (var (key, entry) in _entries)
        {
            if (entry.Suppressed > 0 && now >= entry.Ends)
            {
                ended.Add(new Repeat(key.Event, key.Component, entry.Worst, entry.Suppressed));
            }
        }

        foreach (var repeat in ended)
        {
            _entries.Remove((repeat.Event, repeat.Component));
        }

        return ended;
    }

    /// <summary>When the next summing-up is due, or null when nothing is held back.</summary>
    internal TimeSpan? NextEnd()
    {
        TimeSpan? next = null;
        foreach (var entry in _entries.Values)
        {
            if (entry.Suppressed > 0 && (next is null || entry.Ends < next))
            {
                next = entry.Ends;
            }
        }

        return next;
    }

    private void ForgetQuiet(TimeSpan now)
    {
        foreach (
            var key in _entries.Where(e => e.Value.Suppressed == 0 && now >= e.Value.Ends).Select(e => e.Key).ToArray())
        {
            _entries.Remove(key);
        }
    }

    internal readonly record struct Repeat(int Event, string Component, LogLevel Worst, int Suppressed);

    private sealed class Entry
    {
        internal TimeSpan Ends { get; set; }

        internal int Passed { get; set; }

        internal int Suppressed { get; set; }

        internal LogLevel Worst { get; set; }
    }
}
