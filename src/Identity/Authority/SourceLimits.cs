using System.Net;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// How much one source may ask of the authority, so that one router gone mad, or a stranger who guesses tokens, does not keep
/// the others out. Thread-safe.
/// </summary>
/// <remarks>
/// A source is an address, not a prefix: on a mesh all routers share one. TCP has shown that it is not forged. But somebody may
/// have many, so places that are taken are not kept: whoever comes when all are, pushes out a connection that is not being
/// decided about, first of a source that never got a certificate, the oldest. An honest one lives for less than a second.
/// </remarks>
internal sealed class SourceLimits(TimeProvider time)
{
    /// <summary>Most connections at a time.</summary>
    public const int ConnectionsMax = 16;

    /// <summary>Most connections of one source at a time.</summary>
    public const int ConnectionsOfSourceMax = 4;

    /// <summary>Most connections of one source in a minute. A router that renews hourly needs a few a day.</summary>
    public const int PerMinuteMax = 30;

    /// <summary>
    /// Most sources that are remembered; when there are more, the ones that asked longest ago are forgotten, those that
    /// got a certificate last.
    /// </summary>
    public const int SourcesMax = 1024;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Source> _sources = [];

    /// <summary>The places that are taken, the oldest first.</summary>
    private readonly List<Place> _places = [];

    /// <summary>Null when the connection is one too many; otherwise the place is disposed with it.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="close">Closes it, when another one needs its place.</param>
    public Place? TryEnter(IPAddress address, Action close)
    {
        Place? pushed = null;
        Place place;
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

            if (source.Open >= ConnectionsOfSourceMax || source.Count >= PerMinuteMax)
            {
                return null;
            }

            if (_places.Count >= ConnectionsMax)
            {
                var idle = _places.Where(p => !p.IsDeciding).ToList();
                pushed = idle.Find(p => !p.Source.IsKnown) ?? idle.FirstOrDefault();
                if (pushed is null)
                {
                    return null;
                }

                Free(pushed);
            }

            source.Count++;
            source.Open++;
            place = new Place(this, source, close);
            _places.Add(place);
        }

        pushed?.Close();
        return place;
    }

    private void Free(Place place)
    {
        if (_places.Remove(place))
        {
            place.Source.Open--;
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
            .OrderBy(s => s.Value.IsKnown).ThenByDescending(s => time.GetElapsedTime(s.Value.Since, now)).Take(SourcesMax / 4).ToList())
        {
            _sources.Remove(address);
        }
    }

    /// <summary>The place of one connection.</summary>
    internal sealed class Place(SourceLimits limits, Source source, Action close) : IDisposable
    {
        internal Source Source => source;

        internal bool IsDeciding { get; private set; }

        internal Action Close => close;

        /// <summary>A whole request has come: it is not pushed out before there is an answer.</summary>
        /// <returns>False when it was pushed out already.</returns>
        public bool Decide()
        {
            lock (limits._lock)
            {
                return IsDeciding = limits._places.Contains(this);
            }
        }

        /// <summary>The answer is on its way.</summary>
        /// <param name="isIssued">It was a certificate: somebody the authority knows is at this address.</param>
        public void Decided(bool isIssued)
        {
            lock (limits._lock)
            {
                IsDeciding = false;
                source.IsKnown |= isIssued;
            }
        }

        /// <summary>The connection has ended.</summary>
        public void Dispose()
        {
            lock (limits._lock)
            {
                limits.Free(this);
            }
        }
    }

    /// <summary>An address, and what came from there.</summary>
    internal sealed class Source
    {
        public long Since { get; set; }

        public int Count { get; set; }

        public int Open { get; set; }

        public bool IsKnown { get; set; }
    }
}
