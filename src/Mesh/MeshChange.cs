using X0tta6bl4.Netlink;

namespace X0tta6bl4.Mesh;

/// <summary>What can change in the mesh, as seen by this router.</summary>
public enum MeshChangeKind
{
    /// <summary>A router is reachable that was not.</summary>
    OriginatorAppeared,

    /// <summary>A router is no longer reachable: gone from the table, or silent too long, in two samples.</summary>
    OriginatorLost,

    /// <summary>Packets to a router now leave through another neighbour or interface.</summary>
    NextHopChanged,

    /// <summary>The best path to a router fell below the weak threshold.</summary>
    PathWeak,

    /// <summary>A weak path rose above the good threshold again.</summary>
    PathGood,

    /// <summary>A router is heard directly that was not.</summary>
    NeighbourAppeared,

    /// <summary>A direct neighbour is silent, or gone from the table, in two samples.</summary>
    NeighbourLost,

    /// <summary>The mesh interface began to work.</summary>
    MeshUp,

    /// <summary>The mesh interface stopped working.</summary>
    MeshDown,

    /// <summary>An interface was put (back) into the mesh by the agent.</summary>
    HardInterfaceAttached,

    /// <summary>The kernel chose another gateway, or none.</summary>
    GatewayChanged,
}

/// <summary>One change. Holds no strings that are made anew, so a storm of them stays cheap.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Timestamp">When it was seen, on the monotonic clock (<see cref="TimeProvider.GetTimestamp"/>).</param>
/// <param name="Subject">The originator or neighbour, where the kind has one.</param>
/// <param name="InterfaceIndex">The hard interface, 0 where the kind has none.</param>
/// <param name="InterfaceName">Its name, empty where the kind has none.</param>
/// <param name="From">The next hop or gateway before, where the kind has one.</param>
/// <param name="To">The next hop or gateway now, where the kind has one.</param>
/// <param name="Quality">TQ (0 to 255, BATMAN_IV) or throughput in kbit/s (BATMAN_V) of the path, 0 if none.</param>
public readonly record struct MeshChange(
    MeshChangeKind Kind,
    long Timestamp,
    MacAddress Subject = default,
    uint InterfaceIndex = 0,
    string InterfaceName = "",
    MacAddress From = default,
    MacAddress To = default,
    uint Quality = 0);
