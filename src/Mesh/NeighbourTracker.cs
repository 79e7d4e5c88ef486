using System.Runtime.InteropServices;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;

namespace X0tta6bl4.Mesh;

/// <summary>
/// Finds direct neighbours that fell silent. The kernel keeps a dead neighbour in its table for 200 s
/// (BATADV_PURGE_TIMEOUT); the table's last-seen tells within seconds.
/// </summary>
/// <remarks>
/// A neighbour sends every originator interval (BATMAN_IV, 1 s) or ELP interval (BATMAN_V, 0.5 s). One that is silent for
/// <see cref="MeshOptions.NeighbourLostAfter"/> is sampled once more after <see cref="ConfirmAfter"/>: a message that was
/// merely late has arrived by then. <see cref="NextSampleIn"/> tells when the next neighbour can fall silent, so that the
/// loop looks exactly then instead of up to a whole poll later.
/// </remarks>
internal sealed class NeighbourTracker(MeshOptions options)
{
    /// <summary>Time between the first silent sample and the one that confirms it.</summary>
    public static readonly TimeSpan ConfirmAfter = TimeSpan.FromMilliseconds(200);

    /// <summary>Most neighbours followed, over all hard interfaces.</summary>
    public const int NeighboursMax = 512;

    private readonly Dictionary<Key, Link> _links = [];
    private readonly List<Key> _gone = [];
    private uint _round;

    /// <summary>Neighbours heard now.</summary>
    public int Alive { get; private set; }

    /// <summary>Neighbours not followed because <see cref="NeighboursMax"/> was reached, in the last round.</summary>
    public int Unfollowed { get; private set; }

    /// <summary>How long until a neighbour that stays silent crosses its limit; null when none is near.</summary>
    public TimeSpan? NextSampleIn { get; private set; }

    /// <summary>True when the row's neighbour is heard, so that the tables can say so.</summary>
    public bool IsAlive(in Neighbour row) =>
        _links.TryGetValue(new Key(row.Address, row.HardIfIndex), out var link) && link.Announced;

    /// <summary>Compares one dump with what is known and adds the differences to <paramref name="changes"/>.</summary>
    public void Update(ReadOnlySpan<Neighbour> rows, long timestamp, List<MeshChange> changes)
    {
        _round++;
        Unfollowed = 0;
        foreach (ref readonly var row in rows)
        {
            var key = new Key(row.Address, row.HardIfIndex);
            if (!_links.ContainsKey(key) && _links.Count >= NeighboursMax)
            {
                Unfollowed++;
                continue;
            }

            ref var link = ref CollectionsMarshal.GetValueRefOrAddDefault(_links, key, out _);
            link.Round = _round;
            link.LastSeen = TimeSpan.FromMilliseconds(row.LastSeenMs);
        }

        Alive = 0;
        NextSampleIn = null;
        foreach (var key in _links.Keys)
        {
            ref var link = ref CollectionsMarshal.GetValueRefOrNullRef(_links, key);
            Judge(key, ref link, timestamp, changes);
            Alive += link.Announced ? 1 : 0;
        }

        foreach (var key in _gone)
        {
            _links.Remove(key);
        }

        _gone.Clear();
    }

    /// <summary>Forgets everything, naming each live neighbour as lost: the mesh interface is gone.</summary>
    public void Clear(long timestamp, List<MeshChange> changes)
    {
        foreach (var (key, link) in _links)
        {
            if (link.Announced)
            {
                changes.Add(Lost(key, timestamp));
            }
        }

        _links.Clear();
        Alive = 0;
        Unfollowed = 0;
        NextSampleIn = null;
    }

    private void Judge(Key key, ref Link link, long timestamp, List<MeshChange> changes)
    {
        var heard = link.Round == _round && link.LastSeen < options.NeighbourLostAfter;
        if (heard)
        {
            link.SilentSamples = 0;
            Sooner(options.NeighbourLostAfter - link.LastSeen);
            if (!link.Announced)
            {
                link.Announced = true;
                changes.Add(new MeshChange(MeshChangeKind.NeighbourAppeared, timestamp, key.Address, key.InterfaceIndex));
            }

            return;
        }

        link.SilentSamples++;
        if (link.SilentSamples < PathTracker.LostSamples)
        {
            Sooner(ConfirmAfter);
            return;
        }

        if (link.Announced)
        {
            link.Announced = false;
            changes.Add(Lost(key, timestamp));
        }

        if (link.Round != _round)
        {
            _gone.Add(key);
        }
    }

    private void Sooner(TimeSpan candidate)
    {
        if (NextSampleIn is not { } current || candidate < current)
        {
            NextSampleIn = candidate;
        }
    }

    private static MeshChange Lost(Key key, long timestamp) =>
        new(MeshChangeKind.NeighbourLost, timestamp, key.Address, key.InterfaceIndex);

    private readonly record struct Key(MacAddress Address, uint InterfaceIndex);

    private struct Link
    {
        public TimeSpan LastSeen;
        public uint Round;
        public int SilentSamples;
        public bool Announced;
    }
}
