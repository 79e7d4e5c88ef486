using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>How a log line looks.</summary>
public enum LogFormat
{
    /// <summary>One JSON object a line, for machines.</summary>
    Json,

    /// <summary>One plain line, for people at a console (<c>--log-format text</c>).</summary>
    Text,
}

/// <summary>
/// Settings and limits of the log. The limits are sized for a router whose system log is a 64 KiB ring in RAM.
/// </summary>
public sealed record LogOptions
{
    /// <summary>
    /// Default longest line in bytes, newline included: OpenWrt's logd cuts at 1,024 with its own header.
    /// </summary>
    public const int DefaultLineBytesMax = 960;

    /// <summary>
    /// Least value of <see cref="LineBytesMax"/>: the fixed members of a JSON line need about 250 bytes.
    /// </summary>
    public const int LineBytesMin = 384;

    /// <summary>Least size of a buffer, and so the most <see cref="LineBytesMax"/> can be.</summary>
    public const int BufferBytesMin = 4 * 1024;

    /// <summary>Default lines of one event of one component within a minute.</summary>
    public const int DefaultRepeatsPerMinuteMax = 10;

    /// <summary>Default bytes of recent lines kept in memory for <c>doctor</c> and for a crash.</summary>
    public const int DefaultRecentBytesMax = 32 * 1024;

    /// <summary>Default bytes that may wait for a blocked standard output.</summary>
    public const int DefaultQueueBytesMax = 64 * 1024;

    /// <summary>How a line looks.</summary>
    public LogFormat Format { get; init; } = LogFormat.Json;

    /// <summary>Least level written at first; <see cref="AgentLog.Level"/> changes it at run time.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>Longest line in bytes of UTF-8, newline included. Longer values are cut with a marker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than <see cref="LineBytesMin"/> or more than
    /// <see cref="BufferBytesMin"/>.</exception>
    public int LineBytesMax
    {
        get;
        init =>
            field = value is >= LineBytesMin and <= BufferBytesMin
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(value),
                    value,
                    $"a log line has {LineBytesMin} to {BufferBytesMin} bytes");
    } = DefaultLineBytesMax;

    /// <summary>
    /// Lines of one event of one component within a minute; more are counted and summed up in one line.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int RepeatsPerMinuteMax
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "at least one line of an event must pass");
    } = DefaultRepeatsPerMinuteMax;

    /// <summary>Bytes of recent lines kept in memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than <see cref="BufferBytesMin"/>.</exception>
    public int RecentBytesMax { get; init => field = Buffer(value); } = DefaultRecentBytesMax;

    /// <summary>Bytes that may wait for a blocked standard output; lines beyond are counted and lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than <see cref="BufferBytesMin"/>.</exception>
    public int QueueBytesMax { get; init => field = Buffer(value); } = DefaultQueueBytesMax;

    private static int Buffer(int value) =>
        value >= BufferBytesMin
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value),
                value,
                $"a log buffer has at least {BufferBytesMin} bytes");
}
