namespace X0tta6bl4.Identity.Tests.Clock;

/// <summary>A wall clock and a monotonic clock that are moved apart, as NTP and a flat battery do.</summary>
internal sealed class TwoClocks(DateTimeOffset wall) : TimeProvider
{
    private long _ticks = 12_345;

    public DateTimeOffset Wall { get; set; } = wall;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => Wall;

    /// <summary>Time passes, for both.</summary>
    public void Pass(TimeSpan time)
    {
        _ticks += time.Ticks;
        Wall += time;
    }
}
