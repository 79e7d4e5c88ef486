namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// One path to an originator: <c>BATADV_CMD_GET_ORIGINATORS</c>. An originator has one row for each neighbour that
/// forwards for it; <see cref="IsBest"/> marks the chosen one. Filtering on it hides links, so nothing here does.
/// </summary>
/// <remarks>
/// The kernel has no generation counter for this table: a dump that runs while it changes may repeat or miss a row
/// without a sign. Confirm a loss with a second sample.
/// </remarks>
public readonly partial record struct Originator
{
    /// <summary>The node's address, <c>BATADV_ATTR_ORIG_ADDRESS</c>.</summary>
    public MacAddress Address { get; init; }

    /// <summary>The neighbour this path goes through, <c>BATADV_ATTR_NEIGH_ADDRESS</c>.</summary>
    public MacAddress NextHop { get; init; }

    /// <summary>The hard interface towards the neighbour, <c>BATADV_ATTR_HARD_IFINDEX</c>.</summary>
    public uint HardIfIndex { get; init; }

    /// <summary>Path quality 0–255 with BATMAN_IV, <c>BATADV_ATTR_TQ</c>; null with BATMAN_V.</summary>
    public byte? Tq { get; init; }

    /// <summary>Path throughput, kbit/s, with BATMAN_V, <c>BATADV_ATTR_THROUGHPUT</c>; null with BATMAN_IV.</summary>
    public uint? ThroughputKbps { get; init; }

    /// <summary>
    /// Milliseconds since anything was heard of the originator (not of this path), <c>BATADV_ATTR_LAST_SEEN_MSECS</c>.
    /// </summary>
    public uint LastSeenMs { get; init; }

    /// <summary>The path in use, <c>BATADV_ATTR_FLAG_BEST</c>.</summary>
    public bool IsBest { get; init; }

    /// <summary>
    /// True for the row of a direct link. With BATMAN_IV its <see cref="Tq"/> is the link's, which the neighbour
    /// table does not carry.
    /// </summary>
    public bool IsDirect => Address == NextHop;
}

/// <summary>One link to a neighbour on one hard interface: <c>BATADV_CMD_GET_NEIGHBORS</c>.</summary>
/// <remarks>As with originators there is no generation counter: confirm a loss with a second sample.</remarks>
public readonly partial record struct Neighbour
{
    /// <summary>The neighbour's address on that link, <c>BATADV_ATTR_NEIGH_ADDRESS</c>.</summary>
    public MacAddress Address { get; init; }

    /// <summary>Our hard interface, <c>BATADV_ATTR_HARD_IFINDEX</c>.</summary>
    public uint HardIfIndex { get; init; }

    /// <summary>Milliseconds since it was last heard, <c>BATADV_ATTR_LAST_SEEN_MSECS</c>.</summary>
    public uint LastSeenMs { get; init; }

    /// <summary>
    /// Link throughput, kbit/s, with BATMAN_V, <c>BATADV_ATTR_THROUGHPUT</c>. Null with BATMAN_IV, whose link
    /// quality is in the originator row with <see cref="Originator.IsDirect"/>.
    /// </summary>
    public uint? ThroughputKbps { get; init; }
}

/// <summary>A gateway announced in the mesh: <c>BATADV_CMD_GET_GATEWAYS</c>.</summary>
public readonly partial record struct Gateway
{
    /// <summary>The gateway node, <c>BATADV_ATTR_ORIG_ADDRESS</c>.</summary>
    public MacAddress Address { get; init; }

    /// <summary>The neighbour towards it, <c>BATADV_ATTR_ROUTER</c>.</summary>
    public MacAddress Router { get; init; }

    /// <summary>The hard interface towards it, <c>BATADV_ATTR_HARD_IFINDEX</c>; null before Linux 5.14.</summary>
    public uint? HardIfIndex { get; init; }

    /// <summary>Path quality 0–255 with BATMAN_IV, <c>BATADV_ATTR_TQ</c>.</summary>
    public byte? Tq { get; init; }

    /// <summary>
    /// Path throughput in steps of 100 kbit/s with BATMAN_V, <c>BATADV_ATTR_THROUGHPUT</c>. The other tables send the
    /// same attribute in kbit/s; this one sends the kernel's inner unit (net/batman-adv/bat_v.c,
    /// batadv_v_gw_dump_entry does not multiply), and batctl divides it by ten for Mbit/s.
    /// </summary>
    public uint? Throughput100Kbps { get; init; }

    /// <summary>Announced download bandwidth in steps of 100 kbit/s, <c>BATADV_ATTR_BANDWIDTH_DOWN</c>.</summary>
    public uint BandwidthDown100Kbps { get; init; }

    /// <summary>Announced upload bandwidth in steps of 100 kbit/s, <c>BATADV_ATTR_BANDWIDTH_UP</c>.</summary>
    public uint BandwidthUp100Kbps { get; init; }

    /// <summary>The gateway this node uses, <c>BATADV_ATTR_FLAG_BEST</c>.</summary>
    public bool IsSelected { get; init; }
}

/// <summary>A client of this node: <c>BATADV_CMD_GET_TRANSTABLE_LOCAL</c>.</summary>
public readonly partial record struct LocalTranslation
{
    /// <summary>The client, <c>BATADV_ATTR_TT_ADDRESS</c>.</summary>
    public MacAddress Client { get; init; }

    /// <summary>Its VLAN, <c>BATADV_ATTR_TT_VID</c>.</summary>
    public VlanId Vlan { get; init; }

    /// <summary>Its state, <c>BATADV_ATTR_TT_FLAGS</c>.</summary>
    public TranslationFlags Flags { get; init; }

    /// <summary>CRC-32 over the VLAN's part of the local table, <c>BATADV_ATTR_TT_CRC32</c>.</summary>
    public uint Crc32 { get; init; }

    /// <summary>
    /// Milliseconds since it was last heard, <c>BATADV_ATTR_LAST_SEEN_MSECS</c>; null for
    /// <see cref="TranslationFlags.NoPurge"/> entries, which have no age.
    /// </summary>
    public uint? LastSeenMs { get; init; }
}

/// <summary>A client of another node: <c>BATADV_CMD_GET_TRANSTABLE_GLOBAL</c>.</summary>
public readonly partial record struct GlobalTranslation
{
    /// <summary>The client, <c>BATADV_ATTR_TT_ADDRESS</c>.</summary>
    public MacAddress Client { get; init; }

    /// <summary>Its VLAN, <c>BATADV_ATTR_TT_VID</c>.</summary>
    public VlanId Vlan { get; init; }

    /// <summary>The node that announces it, <c>BATADV_ATTR_ORIG_ADDRESS</c>.</summary>
    public MacAddress Originator { get; init; }

    /// <summary>Its state, <c>BATADV_ATTR_TT_FLAGS</c>.</summary>
    public TranslationFlags Flags { get; init; }

    /// <summary>Table version in which the node announced it, <c>BATADV_ATTR_TT_TTVN</c>.</summary>
    public byte Ttvn { get; init; }

    /// <summary>The node's newest table version, <c>BATADV_ATTR_TT_LAST_TTVN</c>.</summary>
    public byte LastTtvn { get; init; }

    /// <summary>
    /// CRC-32 over the VLAN's part of that node's table, <c>BATADV_ATTR_TT_CRC32</c>; null when the kernel does not
    /// know the VLAN of that node yet.
    /// </summary>
    public uint? Crc32 { get; init; }

    /// <summary>The announcing node in use for this client, <c>BATADV_ATTR_FLAG_BEST</c>.</summary>
    public bool IsBest { get; init; }
}

/// <summary>A client claimed by a bridge-loop-avoidance backbone: <c>BATADV_CMD_GET_BLA_CLAIM</c>.</summary>
public readonly partial record struct BridgeLoopClaim
{
    /// <summary>The claimed client, <c>BATADV_ATTR_BLA_ADDRESS</c>.</summary>
    public MacAddress Client { get; init; }

    /// <summary>Its VLAN, <c>BATADV_ATTR_BLA_VID</c>.</summary>
    public VlanId Vlan { get; init; }

    /// <summary>The backbone gateway that claimed it, <c>BATADV_ATTR_BLA_BACKBONE</c>.</summary>
    public MacAddress Backbone { get; init; }

    /// <summary>CRC-16 over that gateway's claims, <c>BATADV_ATTR_BLA_CRC</c>.</summary>
    public ushort Crc { get; init; }

    /// <summary>Claimed by this node, <c>BATADV_ATTR_BLA_OWN</c>.</summary>
    public bool IsOwn { get; init; }
}

/// <summary>A bridge-loop-avoidance backbone gateway: <c>BATADV_CMD_GET_BLA_BACKBONE</c>.</summary>
public readonly partial record struct BridgeLoopBackbone
{
    /// <summary>The gateway, <c>BATADV_ATTR_BLA_BACKBONE</c>.</summary>
    public MacAddress Backbone { get; init; }

    /// <summary>Its VLAN, <c>BATADV_ATTR_BLA_VID</c>.</summary>
    public VlanId Vlan { get; init; }

    /// <summary>CRC-16 over its claims, <c>BATADV_ATTR_BLA_CRC</c>.</summary>
    public ushort Crc { get; init; }

    /// <summary>Milliseconds since it was last heard, <c>BATADV_ATTR_LAST_SEEN_MSECS</c>.</summary>
    public uint LastSeenMs { get; init; }

    /// <summary>This node itself, <c>BATADV_ATTR_BLA_OWN</c>.</summary>
    public bool IsOwn { get; init; }
}

/// <summary>A cached ARP answer of the distributed ARP table: <c>BATADV_CMD_GET_DAT_CACHE</c>.</summary>
public readonly partial record struct DatCacheEntry
{
    /// <summary>The client's IPv4 address, <c>BATADV_ATTR_DAT_CACHE_IP4ADDRESS</c> (in network order).</summary>
    public InetAddress Address { get; init; }

    /// <summary>The client's MAC address, <c>BATADV_ATTR_DAT_CACHE_HWADDRESS</c>.</summary>
    public MacAddress HardwareAddress { get; init; }

    /// <summary>Its VLAN, <c>BATADV_ATTR_DAT_CACHE_VID</c>.</summary>
    public VlanId Vlan { get; init; }

    /// <summary>Milliseconds since it was last confirmed, <c>BATADV_ATTR_LAST_SEEN_MSECS</c>.</summary>
    public uint LastSeenMs { get; init; }
}

/// <summary>Multicast wishes of one originator: <c>BATADV_CMD_GET_MCAST_FLAGS</c>.</summary>
public readonly partial record struct OriginatorMulticast
{
    /// <summary>The node, <c>BATADV_ATTR_ORIG_ADDRESS</c>.</summary>
    public MacAddress Originator { get; init; }

    /// <summary>
    /// Its wishes, <c>BATADV_ATTR_MCAST_FLAGS</c>; null when the node does not speak multicast optimisation.
    /// </summary>
    public MulticastFlags? Flags { get; init; }
}
