using System.Net;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// How much one source may ask of the authority, so that one router gone mad, or a stranger who guesses tokens, does not keep
/// the others out. Thread-safe.
/// </summary>
/// <remarks>
/// A source is an address, not a prefix: on a mesh all routers share one. TCP has shown that it is not forged.
/// </remarks>
internal sealed class SourceLimits(TimeProvider time)
{
    /// <summary>Most connections at a time.</summary>
    public const int ConnectionsMax = 16;

    /// <summary>Most connections of one source at a time.</summary>
    public const int ConnectionsOfSourceMax = 4;

    /// <summary>Most connections of one source in a minute. A router that renews hourly needs a few a day.</summary>
    public const int PerMinuteMax = 30;

    /// <summary>Most sources that are remembered; when there are more, the ones that asked longest ago are forgotten.</summary>
    public const int SourcesMax = 1024;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Source> _sources = [];
    private int _open;

    /// <summary>False when the connection is one too many; when true, <see cref="Leave"/> follows.</summary>
    public bool TryEnter(IPAddress address)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (!_sources.TryGetValue(address, out var source))
            {
                MakeRoom(now);
                _sources[address] = source = new Source { Since = now };
            }

            if (time.GetElapsedTime(source.Since, now) >= Window)
            {
                (source.Since, source.Count) = (now, 0);
            }

            if (_open >= ConnectionsMax || source.Open >= ConnectionsOfSourceMax || source.Count >= PerMinuteMax)
            {
                return false;
            }

            source.Count++;
            source.Open++;
            _open++;
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        lock (_lock)
        {
            _open--;
            _sources[address].Open--;
        }
    }

    /// <summary>Forgets the quarter that asked longest ago, so that it is not done for each newcomer.</summary>
    private void MakeRoom(long now)
    {
        if (_sources.Count < SourcesMax)
        {
            return;
        }

        foreach (var (address, _) in _sources.Where(s => s.Value.Open == 0)
            .OrderByDescending(s => time.GetElapsedTime(s.Value.Since, now)).Take(SourcesMax / 4).ToList())
        {
            _sources.Remove(address);
        }
    }

    private sealed class Source
    {
        public long Since { get; set; }

        public int Count { get; set; }

        public int Open { get; set; }
    }
}
