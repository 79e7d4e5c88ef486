using System.Diagnostics.CodeAnalysis;

namespace X0tta6bl4.Netlink.Batman;

/// <summary>How a dump ended when it ended without an error.</summary>
public enum DumpOutcome
{
    /// <summary>Every row the kernel had is in the list.</summary>
    Complete = 0,

    /// <summary>
    /// The mesh interface exists but has no active primary hard interface (the kernel answers ENOENT): there is no
    /// table to read, the list is empty, and this is a state to report, not a failure.
    /// </summary>
    MeshDown = 1,

    /// <summary>
    /// This kernel was built without the feature, or is older than the command (it answers EOPNOTSUPP); the list is
    /// empty.
    /// </summary>
    NotSupported = 2,
}

/// <summary>Gateway mode of a node: <c>enum batadv_gw_modes</c>, linux/batman_adv.h.</summary>
public enum GatewayMode
{
    /// <summary>No gateway handling.</summary>
    Off = 0,

    /// <summary>DHCP requests go to the selected gateway server.</summary>
    Client = 1,

    /// <summary>This node announces itself as a gateway.</summary>
    Server = 2,
}

/// <summary>
/// State of a client in a translation table: <c>enum batadv_tt_client_flags</c>, linux/batman_adv.h. Bits 0–7 travel
/// on the wire, bits 8–15 are local to this node.
/// </summary>
[Flags]
public enum TranslationFlags
{
    None = 0,

    /// <summary>The client is to be deleted from the table.</summary>
    Deleted = 1 << 0,

    /// <summary>The client roamed and its new place is not announced yet.</summary>
    Roamed = 1 << 1,

    /// <summary>Connected through a wifi interface (AP isolation looks at this).</summary>
    Wifi = 1 << 4,

    /// <summary>Isolated by the extended isolation feature.</summary>
    Isolated = 1 << 5,

    /// <summary>Never purged: an own address of this node.</summary>
    NoPurge = 1 << 8,

    /// <summary>In the local table but not announced yet.</summary>
    New = 1 << 9,

    /// <summary>Marked for removal, kept for one more originator interval.</summary>
    Pending = 1 << 10,

    /// <summary>Seen in the mesh, announced by no node yet.</summary>
    Temporary = 1 << 11,
}

/// <summary>
/// What an originator wants of multicast traffic: <c>enum batadv_mcast_flags</c>, linux/batadv_packet.h.
/// </summary>
[Flags]
public enum MulticastFlags
{
    None = 0,

    /// <summary>All packets to link-local groups that cannot be snooped.</summary>
    WantAllUnsnoopables = 1 << 0,

    /// <summary>All IPv4 multicast.</summary>
    WantAllIpv4 = 1 << 1,

    /// <summary>All IPv6 multicast.</summary>
    WantAllIpv6 = 1 << 2,

    /// <summary>Only what its listeners asked for in routable IPv4 groups: it has no IPv4 multicast router.</summary>
    WantNoRouterIpv4 = 1 << 3,

    /// <summary>Only what its listeners asked for in routable IPv6 groups: it has no IPv6 multicast router.</summary>
    WantNoRouterIpv6 = 1 << 4,
}

/// <summary>
/// What this node knows of its own bridge segment: <c>enum batadv_mcast_flags_priv</c>, linux/batman_adv.h. Without
/// <see cref="Bridged"/> the querier flags mean nothing.
/// </summary>
[Flags]
public enum PrivateMulticastFlags
{
    None = 0,

    /// <summary>There is a bridge on top of the mesh interface.</summary>
    Bridged = 1 << 0,

    /// <summary>An IGMP querier exists in the mesh.</summary>
    QuerierIpv4Exists = 1 << 1,

    /// <summary>An MLD querier exists in the mesh.</summary>
    QuerierIpv6Exists = 1 << 2,

    /// <summary>The IGMP querier is behind our own bridge segment.</summary>
    QuerierIpv4Shadowing = 1 << 3,

    /// <summary>The MLD querier is behind our own bridge segment.</summary>
    QuerierIpv6Shadowing = 1 << 4,
}

/// <summary>
/// How a throughput measurement ended: <c>enum batadv_tp_meter_reason</c>, linux/batman_adv.h. Values from 128 on
/// are errors. A newer kernel may send a value without a name here.
/// </summary>
[SuppressMessage("Design", "CA1008", Justification = "The kernel has no zero, and none must look like a result.")]
public enum ThroughputMeterStatus
{
    /// <summary>The sender finished.</summary>
    Complete = 3,

    /// <summary>The sender was stopped.</summary>
    Cancelled = 4,

    /// <summary>The receiver could not be reached or did not answer.</summary>
    DestinationUnreachable = 128,

    /// <summary>The retry limit was reached (unused by today's kernels).</summary>
    ResendLimit = 129,

    /// <summary>A measurement with the same node is running.</summary>
    AlreadyOngoing = 130,

    /// <summary>The kernel had no memory for it.</summary>
    MemoryError = 131,

    /// <summary>The outgoing interface refused to send.</summary>
    CannotSend = 132,

    /// <summary>Too many measurements at once (the kernel allows five).</summary>
    TooMany = 133,
}
