using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>Everything one log line says, before it is laid out.</summary>
internal readonly struct LogRecord
{
    internal required DateTimeOffset Utc { get; init; }

    /// <summary>
    /// Monotonic clock, on Linux the time since boot: comparable with dmesg and sane before the clock is set.
    /// </summary>
    internal required TimeSpan Uptime { get; init; }

    internal required LogLevel Level { get; init; }

    internal required EventId Event { get; init; }

    internal required string Component { get; init; }

    internal required string Message { get; init; }

    internal Activity? Activity { get; init; }

    internal IReadOnlyList<KeyValuePair<string, object?>>? Fields { get; init; }

    internal Exception? Error { get; init; }
}
