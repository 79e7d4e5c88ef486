using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>
/// The agent's log: one line a record on standard output, JSON or text, after the abstractions of
/// Microsoft.Extensions.Logging but without its package, providers or container. Built first in the process and
/// disposed last. Logging never throws and never waits for the reader of standard output; see <see cref="OutputPump"/>.
/// Thread-safe. Scopes are not supported: what a line needs to say is among its own fields.
/// </summary>
public sealed class AgentLog : ILoggerFactory
{
    /// <summary>
    /// Composers kept for reuse; more than the number of threads that log at the same instant is waste.
    /// </summary>
    private const int ComposersKept = 4;

    /// <summary>First and last event id of the log's own lines, which are never held back themselves.</summary>
    private const int OwnEventMin = 1000;
    private const int OwnEventMax = 1009;

    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly OutputPump _pump;
    private readonly ILogger _own;
    private readonly Lock _lock = new();
    private readonly RecentLines _recent;
    private readonly RepeatFilter _repeats;
    private readonly ITimer _summaryTimer;
    private readonly ConcurrentBag<Composer> _composers = [];
    private readonly long[] _written = new long[(int)LogLevel.None];
    private long _suppressed;
    private long _refused;
    private long _refusedSinceNotice;
    private volatile LogLevel _level;

    /// <param name="options">Format and limits.</param>
    /// <param name="output">Where lines go; may block or fail at any time.</param>
    /// <param name="time">Clock of the lines and of the repeat filter.</param>
    public AgentLog(LogOptions options, Stream output, TimeProvider time)
    {
        _options = options;
        _time = time;
        _level = options.Level;
        _recent = new RecentLines(options.RecentBytesMax);
        _repeats = new RepeatFilter(options.RepeatsPerMinuteMax);
        _pump = new OutputPump(output, options.QueueBytesMax);
        _own = CreateLogger("telemetry");
        _summaryTimer = time.CreateTimer(
            _ => WriteSummaries(),
            state: null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Least level written. May be changed at any time.</summary>
    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    /// <summary>Lines held back because their event repeated too often.</summary>
    public long LinesSuppressed => Interlocked.Read(ref _suppressed);

    /// <summary>Lines that did not reach standard output because it was blocked or closed.</summary>
    public long LinesDropped => Interlocked.Read(ref _refused) + _pump.FailedLines;

    /// <summary>File descriptor 1, unbuffered: every line is visible at once.</summary>
    public static Stream OpenStandardOutput() =>
        new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    /// <summary>Lines written on a level since start, lost ones included.</summary>
    public long LinesWritten(LogLevel level) => Interlocked.Read(ref _written[(int)level]);

    /// <summary>A copy of the newest lines, UTF-8, for <c>doctor</c> and for a crash report.</summary>
    public byte[] Recent()
    {
        lock (_lock)
        {
            return _recent.Copy();
        }
    }

    /// <summary>
    /// Waits until standard output has taken everything. False when it is still blocked after the time-out.
    /// </summary>
    public bool Flush(TimeSpan timeout) => _pump.Flush(timeout);

    /// <summary>
    /// A logger for a part. Of a type name such as <c>X0tta6bl4.Board.Leds.LedBoard</c> the module (<c>board</c>)
    /// becomes the line's component; any other name is used as it is.
    /// </summary>
    public ILogger CreateLogger(string categoryName) => new ComponentLogger(this, Component(categoryName));

    /// <summary>Not supported: there is one output.</summary>
    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException(
            "the agent's log has one output; give AgentLog another stream instead of a provider");

    /// <summary>Sums up what was held back, then waits up to a second for standard output.</summary>
    public void Dispose()
    {
        _summaryTimer.Dispose();
        WriteSummaries(all: true);
        _pump.Dispose();
        while (_composers.TryTake(out var composer))
        {
            composer.Dispose();
        }
    }

    internal void Write(
        string component,
        LogLevel level,
        EventId id,
        string message,
        IReadOnlyList<KeyValuePair<string, object?>>? fields,
        Exception? error)
    {
        if (id.Id is < OwnEventMin or > OwnEventMax && !Admits(id.Id, component, level))
        {
            return;
        }

        if (!_composers.TryTake(out var composer))
        {
            composer = new Composer(_options);
        }

        // Composed outside the lock: a field's ToString is foreign code and may itself log.
        var line = composer.Write(new LogRecord
        {
            Utc = _time.GetUtcNow(),
            Uptime = Uptime(),
            Level = level,
            Event = id,
            Component = component,
            Message = message,
            Activity = Activity.Current,
            Fields = fields,
            Error = error,
        });
        Interlocked.Increment(ref _written[(int)level]);
        Emit(line);
        if (_composers.Count < ComposersKept)
        {
            _composers.Add(composer);
        }
        else
        {
            composer.Dispose();
        }
    }

    private bool Admits(int eventId, string component, LogLevel level)
    {
        lock (_lock)
        {
            var now = Uptime();
            if (_repeats.Admits(eventId, component, level, now))
            {
                return true;
            }

            Interlocked.Increment(ref _suppressed);
            ArmSummaryLocked(now);
            return false;
        }
    }

    private void Emit(ReadOnlySpan<byte> line)
    {
        long lost;
        lock (_lock)
        {
            _recent.Add(line);
            if (!_pump.TryAppend(line))
            {
                Interlocked.Increment(ref _refused);
                _refusedSinceNotice++;
                return;
            }

            lost = _refusedSinceNotice;
            _refusedSinceNotice = 0;
        }

        if (lost > 0)
        {
            _own.LinesLost(lost);
        }
    }

    private void WriteSummaries(bool all = false)
    {
        IReadOnlyList<RepeatFilter.Repeat> ended;
        lock (_lock)
        {
            var now = Uptime();
            ended = _repeats.TakeEnded(all ? TimeSpan.MaxValue : now);
            ArmSummaryLocked(now);
        }

        foreach (var (eventId, component, level, count) in ended)
        {
            _own.LinesSuppressed(level, count, eventId, component, RepeatFilter.Window.TotalSeconds);
        }
    }

    private void ArmSummaryLocked(TimeSpan now)
    {
        if (_repeats.NextEnd() is { } next)
        {
            _summaryTimer.Change(next > now ? next - now : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private TimeSpan Uptime() => TimeSpan.FromSeconds(_time.GetTimestamp() / (double)_time.TimestampFrequency);

    private static string Component(string category)
    {
        const string Prefix = "X0tta6bl4.";
        if (!category.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return category;
        }

        var end = category.IndexOf('.', Prefix.Length);
        return category[Prefix.Length..(end < 0 ? category.Length : end)].ToLowerInvariant();
    }

    private sealed class Composer(LogOptions options) : IDisposable
    {
        private readonly JsonLine? _json = options.Format == LogFormat.Json ? new JsonLine(options.LineBytesMax) : null;
        private readonly TextLine? _text = options.Format == LogFormat.Text ? new TextLine(options.LineBytesMax) : null;

        internal ReadOnlySpan<byte> Write(in LogRecord record) =>
            _json is not null ? _json.Write(record) : _text!.Write(record);

        public void Dispose() => _json?.Dispose();
    }
}
