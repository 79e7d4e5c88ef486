using System.Runtime.InteropServices;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;

namespace X0tta6bl4.Mesh;

/// <summary>
/// Finds what changed between two originator dumps: batman-adv pushes none of it.
/// </summary>
/// <remarks>
/// The kernel walks its hash while routers come and go and has no generation counter for this table, so one dump may
/// show a row twice or miss one (linux net/batman-adv/bat_iv_ogm.c). Therefore nothing is called lost on one sample.
/// An originator has a row for each neighbour it was heard through; the best one carries the flag. A dump caught in
/// mid-update may flag none: the old next hop then stands.
/// Allocates nothing per originator once its table has grown.
/// </remarks>
internal sealed class PathTracker(MeshOptions options, TimeProvider time)
{
    /// <summary>Samples in which an originator must be missing or silent before it counts as lost.</summary>
    public const int LostSamples = 2;

    /// <summary>
    /// A new path is not called weak before this: its TQ climbs from zero while the receive window fills
    /// (BATADV_TQ_LOCAL_WINDOW_SIZE, 64 OGMs; half of it is enough to judge).
    /// </summary>
    public static readonly TimeSpan WeakGrace = TimeSpan.FromSeconds(30);

    /// <summary>Most originators followed; more are still shown in the tables, but without a change feed.</summary>
    public const int OriginatorsMax = 4096;

    private readonly Dictionary<MacAddress, Path> _paths = [];
    private readonly List<MacAddress> _gone = [];
    private uint _round;

    /// <summary>Reachable originators now.</summary>
    public int Reachable { get; private set; }

    /// <summary>Originators whose best path is weak now.</summary>
    public int Weak { get; private set; }

    /// <summary>Originators not followed because <see cref="OriginatorsMax"/> was reached, in the last round.</summary>
    public int Unfollowed { get; private set; }

    /// <summary>Compares one dump with what is known and adds the differences to <paramref name="changes"/>.</summary>
    public void Update(ReadOnlySpan<Originator> rows, long timestamp, List<MeshChange> changes)
    {
        _round++;
        Unfollowed = 0;
        foreach (ref readonly var row in rows)
        {
            See(in row);
        }

        Reachable = 0;
        Weak = 0;
        foreach (var address in _paths.Keys)
        {
            ref var path = ref CollectionsMarshal.GetValueRefOrNullRef(_paths, address);
            Judge(address, ref path, timestamp, changes);
            Reachable += path.Announced ? 1 : 0;
            Weak += path is { Announced: true, Weak: true } ? 1 : 0;
        }

        foreach (var address in _gone)
        {
            _paths.Remove(address);
        }

        _gone.Clear();
    }

    /// <summary>Forgets everything, naming each reachable originator as lost: the mesh interface is gone.</summary>
    public void Clear(long timestamp, List<MeshChange> changes)
    {
        foreach (var (address, path) in _paths)
        {
            if (path.Announced)
            {
                changes.Add(new MeshChange(
                    MeshChangeKind.OriginatorLost, timestamp, address, path.InterfaceIndex, From: path.NextHop));
            }
        }

        _paths.Clear();
        Reachable = 0;
        Weak = 0;
        Unfollowed = 0;
    }

    private void See(in Originator row)
    {
        if (!_paths.ContainsKey(row.Address) && _paths.Count >= OriginatorsMax)
        {
            Unfollowed++;
            return;
        }

        ref var path = ref CollectionsMarshal.GetValueRefOrAddDefault(_paths, row.Address, out _);
        if (path.Round != _round)
        {
            path.Round = _round;
            path.SeenBest = false;
            path.LastSeenMs = row.LastSeenMs;
        }

        if (row.IsBest)
        {
            path.SeenBest = true;
            path.NewNextHop = row.NextHop;
            path.NewInterfaceIndex = row.HardIfIndex;
            path.Quality = row.ThroughputKbps ?? row.Tq ?? 0;
            path.HasThroughput = row.ThroughputKbps is not null;
        }
    }

    private void Judge(MacAddress address, ref Path path, long timestamp, List<MeshChange> changes)
    {
        var present = path.Round == _round && path.LastSeenMs <= options.OriginatorLostAfter.TotalMilliseconds;
        if (!present)
        {
            path.MissedSamples++;
            if (path.MissedSamples >= LostSamples)
            {
                if (path.Announced)
                {
                    path.Announced = false;
                    changes.Add(new MeshChange(
                        MeshChangeKind.OriginatorLost, timestamp, address, path.InterfaceIndex, From: path.NextHop));
                }

                if (path.Round != _round)
                {
                    _gone.Add(address);
                }
            }

            return;
        }

        path.MissedSamples = 0;
        if (!path.SeenBest)
        {
            return;
        }

        if (!path.Announced)
        {
            path.Announced = true;
            path.AnnouncedAt = timestamp;
            path.Weak = false;
            path.Take();
            changes.Add(new MeshChange(
                MeshChangeKind.OriginatorAppeared, timestamp, address, path.InterfaceIndex, To: path.NextHop,
                Quality: path.Quality));
        }
        else if (path.NextHop != path.NewNextHop || path.InterfaceIndex != path.NewInterfaceIndex)
        {
            var from = path.NextHop;
            path.Take();
            changes.Add(new MeshChange(
                MeshChangeKind.NextHopChanged, timestamp, address, path.InterfaceIndex, From: from, To: path.NextHop,
                Quality: path.Quality));
        }

        JudgeQuality(address, ref path, timestamp, changes);
    }

    /// <summary>Two thresholds, so that a path at the border does not flap between them.</summary>
    private void JudgeQuality(MacAddress address, ref Path path, long timestamp, List<MeshChange> changes)
    {
        var (weakBelow, goodFrom) = path.HasThroughput
            ? (options.WeakThroughputKbps, options.GoodThroughputKbps)
            : (options.WeakTq, options.GoodTq);
        if (!path.Weak && path.Quality < weakBelow && time.GetElapsedTime(path.AnnouncedAt, timestamp) >= WeakGrace)
        {
            path.Weak = true;
            changes.Add(new MeshChange(
                MeshChangeKind.PathWeak, timestamp, address, path.InterfaceIndex, To: path.NextHop, Quality: path.Quality));
        }
        else if (path.Weak && path.Quality >= goodFrom)
        {
            path.Weak = false;
            changes.Add(new MeshChange(
                MeshChangeKind.PathGood, timestamp, address, path.InterfaceIndex, To: path.NextHop, Quality: path.Quality));
        }
    }

    private struct Path
    {
        public MacAddress NextHop;
        public MacAddress NewNextHop;
        public uint InterfaceIndex;
        public uint NewInterfaceIndex;
        public uint Quality;
        public uint LastSeenMs;
        public uint Round;
        public long AnnouncedAt;
        public int MissedSamples;
        public bool Announced;
        public bool SeenBest;
        public bool HasThroughput;
        public bool Weak;

        public void Take()
        {
            NextHop = NewNextHop;
            InterfaceIndex = NewInterfaceIndex;
        }
    }
}
