namespace X0tta6bl4.Identity.Clock;

/// <summary>
/// The time by which certificates and tokens are judged. Routers without a clock chip boot in 1970, and time servers err: it is
/// never earlier than what is proven to be past (the build, a certificate an authority of ours has signed, what was saved from
/// an earlier boot), counted on by the monotonic clock. A clock that is ahead cannot be told from the truth and is believed:
/// then everything has expired, which closes doors and opens none. Thread-safe.
/// </summary>
/// <param name="time">Wall clock and monotonic clock.</param>
/// <param name="past">A moment that is past for certain: the time of the build.</param>
public sealed class ValidationClock(TimeProvider time, DateTimeOffset past)
{
    /// <summary>A wall clock that loses more than this against the monotonic one was set back.</summary>
    public static readonly TimeSpan JumpMin = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private DateTimeOffset _floor = past;
    private long _floorAt = time.GetTimestamp();
    private DateTimeOffset _wall = time.GetUtcNow();
    private long _wallAt = time.GetTimestamp();
    private long _setBack;

    /// <summary>The time to judge by.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                var (wall, floor) = LookLocked();
                return wall > floor ? wall : floor;
            }
        }
    }

    /// <summary>The wall clock shows a time that is past for certain.</summary>
    public bool IsBehind
    {
        get
        {
            lock (_lock)
            {
                var (wall, floor) = LookLocked();
                return wall < floor;
            }
        }
    }

    /// <summary>How often the wall clock was found set back while the process ran.</summary>
    public long SetBack
    {
        get
        {
            lock (_lock)
            {
                LookLocked();
                return _setBack;
            }
        }
    }

    /// <summary>Says that a moment is past; an earlier one than is known changes nothing.</summary>
    /// <param name="moment">
    /// Vouched for by someone we trust, such as the notBefore of a certificate one of our authorities signed; never the wall
    /// clock, which one bad answer of a time server could set so far ahead that no certificate would ever be valid again.
    /// </param>
    public void Witness(DateTimeOffset moment)
    {
        lock (_lock)
        {
            var (_, floor) = LookLocked();
            if (moment > floor)
            {
                _floor = moment;
                _floorAt = time.GetTimestamp();
            }
        }
    }

    private (DateTimeOffset Wall, DateTimeOffset Floor) LookLocked()
    {
        var at = time.GetTimestamp();
        var wall = time.GetUtcNow();
        if (wall < _wall + time.GetElapsedTime(_wallAt, at) - JumpMin)
        {
            _setBack++;
        }

        _wall = wall;
        _wallAt = at;
        return (wall, _floor + time.GetElapsedTime(_floorAt, at));
    }
}
