using X0tta6bl4.Netlink.Batman;
using MeshInfo = X0tta6bl4.Netlink.Batman.MeshInterface;

namespace X0tta6bl4.Mesh;

/// <summary>Whether there is a mesh to look at, and if not, why.</summary>
public enum MeshState
{
    /// <summary>Nothing was read yet.</summary>
    Starting,

    /// <summary>The mesh interface works.</summary>
    Up,

    /// <summary>The mesh interface exists and has no active hard interface.</summary>
    NoActiveHardInterface,

    /// <summary>The mesh interface does not exist.</summary>
    NoInterface,

    /// <summary>The kernel has no batman-adv.</summary>
    NoModule,

    /// <summary>The agent may not read the tables.</summary>
    NoPermission,

    /// <summary>The kernel's answers cannot be read; the log has the error.</summary>
    ReadFailed,
}

/// <summary>An interface that should be in the mesh, and how it is.</summary>
/// <param name="Name">Interface name.</param>
/// <param name="Index">Interface index, 0 while absent.</param>
/// <param name="IsPresent">The kernel has an interface of this name.</param>
/// <param name="IsAttached">It belongs to our mesh interface.</param>
/// <param name="IsUp">It is administratively up.</param>
/// <param name="HasCarrier">Its driver sees a carrier; null when it does not say.</param>
/// <param name="IsWanted">The configuration names it; false for one somebody else put in.</param>
/// <param name="Attachments">How often the agent put it into the mesh.</param>
public sealed record HardInterfaceState(
    string Name,
    uint Index,
    bool IsPresent,
    bool IsAttached,
    bool IsUp,
    bool? HasCarrier,
    bool IsWanted,
    long Attachments);

/// <summary>One direct neighbour with the agent's judgement of it.</summary>
/// <param name="Row">The kernel's row.</param>
/// <param name="IsAlive">Heard within the configured time.</param>
/// <param name="Tq">BATMAN_IV: quality of the direct link, from the originator table; null when it has no direct row.</param>
public readonly record struct NeighbourState(Neighbour Row, bool IsAlive, byte? Tq);

/// <summary>
/// The mesh as one router sees it, at one moment. Immutable: readers keep it as long as they like. Tables are in the
/// kernel's order, every row of them, best path or not.
/// </summary>
public sealed record MeshSnapshot
{
    /// <summary>Before the first read.</summary>
    public static MeshSnapshot Empty { get; } = new();

    /// <summary>Counts snapshots, from 1.</summary>
    public long Sequence { get; init; }

    /// <summary>When it was taken, on the monotonic clock.</summary>
    public long Timestamp { get; init; }

    /// <summary>When the originator table in it was read: it is read less often than the neighbours.</summary>
    public long OriginatorsTimestamp { get; init; }

    /// <summary>When the neighbour table in it was read.</summary>
    public long NeighboursTimestamp { get; init; }

    /// <summary>Whether there is a mesh.</summary>
    public MeshState State { get; init; }

    /// <summary>Name of the mesh interface; empty before the first read.</summary>
    public string Interface { get; init; } = "";

    /// <summary>Index of the mesh interface, 0 while absent.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary>State and settings of the mesh interface; null while it cannot be read.</summary>
    public MeshInfo? Info { get; init; }

    /// <summary>The interfaces that are or should be in the mesh.</summary>
    public IReadOnlyList<HardInterfaceState> HardInterfaces { get; init; } = [];

    /// <summary>Paths, one row for each originator and neighbour.</summary>
    public Originator[] Originators { get; init; } = [];

    /// <summary>Direct neighbours.</summary>
    public NeighbourState[] Neighbours { get; init; } = [];

    /// <summary>Announced gateways.</summary>
    public Gateway[] Gateways { get; init; } = [];

    /// <summary>Originators reachable now, by the change feed's rules.</summary>
    public int Reachable { get; init; }

    /// <summary>Of those, the ones on a weak path.</summary>
    public int WeakPaths { get; init; }

    /// <summary>Neighbours heard now.</summary>
    public int AliveNeighbours { get; init; }

    /// <summary>Originators in the table but beyond the change feed's limit.</summary>
    public int UnfollowedOriginators { get; init; }

    /// <summary>Neighbours in the table but beyond the change feed's limit.</summary>
    public int UnfollowedNeighbours { get; init; }

    /// <summary>How long until the originator table is read again, if nothing happens before.</summary>
    public TimeSpan NextOriginatorsIn { get; init; }

    /// <summary>Name of a hard interface by its index; its number when unknown.</summary>
    public string InterfaceName(uint index)
    {
        foreach (var hardInterface in HardInterfaces)
        {
            if (hardInterface.Index == index)
            {
                return hardInterface.Name;
            }
        }

        return $"#{index}";
    }
}
