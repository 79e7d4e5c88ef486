namespace X0tta6bl4.Netlink.Route;

/// <summary>Interface flags, <c>IFF_*</c> of linux/if.h. Bits without a name here are kept.</summary>
[Flags]
public enum LinkFlags
{
    None = 0,

    /// <summary>Administratively up.</summary>
    Up = 1 << 0,
    Broadcast = 1 << 1,
    Loopback = 1 << 3,
    PointToPoint = 1 << 4,

    /// <summary>Resources allocated, operationally up or unknown.</summary>
    Running = 1 << 6,
    NoArp = 1 << 7,
    Promiscuous = 1 << 8,
    Multicast = 1 << 12,

    /// <summary>The driver sees a carrier.</summary>
    LowerUp = 1 << 16,
    Dormant = 1 << 17,
}

/// <summary>RFC 2863 operational state, <c>IF_OPER_*</c> of linux/if.h.</summary>
public enum OperationalState
{
    Unknown = 0,
    NotPresent = 1,
    Down = 2,
    LowerLayerDown = 3,
    Testing = 4,
    Dormant = 5,
    Up = 6,
}

/// <summary>State of an ARP or NDP entry, <c>NUD_*</c> of linux/neighbour.h.</summary>
[Flags]
public enum NeighbourStates
{
    None = 0,
    Incomplete = 0x01,
    Reachable = 0x02,
    Stale = 0x04,
    Delay = 0x08,
    Probe = 0x10,
    Failed = 0x20,
    NoArp = 0x40,
    Permanent = 0x80,
}

/// <summary>Traffic counters of a link since it was created, <c>IFLA_STATS64</c> (linux/if_link.h).</summary>
public readonly record struct LinkStatistics
{
    public ulong ReceivedPackets { get; init; }
    public ulong SentPackets { get; init; }
    public ulong ReceivedBytes { get; init; }
    public ulong SentBytes { get; init; }
    public ulong ReceiveErrors { get; init; }
    public ulong SendErrors { get; init; }
    public ulong ReceiveDropped { get; init; }
    public ulong SendDropped { get; init; }
}

/// <summary>A network interface: RTM_NEWLINK (linux/rtnetlink.h, linux/if_link.h).</summary>
public readonly partial record struct Link
{
    /// <summary><c>ifi_index</c>, from 1.</summary>
    public uint Index { get; init; }

    /// <summary><c>IFLA_IFNAME</c>; one cached string for all dumps.</summary>
    public string Name { get; init; }

    /// <summary>
    /// <c>IFLA_INFO_KIND</c>: batadv, bridge, veth, dummy, vlan …; null for hardware, wifi and loopback.
    /// </summary>
    public string? Kind { get; init; }

    /// <summary>The bridge, mesh or bond it belongs to, <c>IFLA_MASTER</c>; null when it is free.</summary>
    public uint? MasterIndex { get; init; }

    /// <summary>The link below a VLAN, or the other end of a veth pair, <c>IFLA_LINK</c>.</summary>
    public uint? ParentIndex { get; init; }

    /// <summary><c>ifi_flags</c>.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary><c>IFLA_OPERSTATE</c>.</summary>
    public OperationalState OperationalState { get; init; }

    /// <summary><c>IFLA_CARRIER</c>; null when the kernel did not say.</summary>
    public bool? HasCarrier { get; init; }

    /// <summary>How often the carrier came or went, <c>IFLA_CARRIER_CHANGES</c>: a flapping cable shows here.</summary>
    public uint? CarrierChanges { get; init; }

    /// <summary>Bytes, <c>IFLA_MTU</c>.</summary>
    public uint Mtu { get; init; }

    /// <summary><c>IFLA_ADDRESS</c> when it is an Ethernet address.</summary>
    public MacAddress? Address { get; init; }

    /// <summary><c>ifi_type</c>: 1 is Ethernet, 772 loopback (linux/if_arp.h).</summary>
    public ushort HardwareType { get; init; }

    /// <summary><c>IFLA_STATS64</c>; null when the kernel did not say.</summary>
    public LinkStatistics? Statistics { get; init; }

    /// <summary>Administratively up.</summary>
    public bool IsUp => Flags.HasFlag(LinkFlags.Up);
}

/// <summary>An address on an interface: RTM_NEWADDR (linux/if_addr.h).</summary>
public readonly partial record struct InterfaceAddress
{
    /// <summary><c>ifa_index</c>.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary><c>IFA_LOCAL</c>, or <c>IFA_ADDRESS</c> where the kernel sends only that (IPv6).</summary>
    public InetAddress Address { get; init; }

    /// <summary>The far end of a point-to-point address, <c>IFA_ADDRESS</c>; default when there is none.</summary>
    public InetAddress Peer { get; init; }

    /// <summary><c>ifa_prefixlen</c>, 0–32 or 0–128.</summary>
    public byte PrefixLength { get; init; }

    /// <summary><c>ifa_scope</c>: 0 global, 253 link, 254 host (linux/rtnetlink.h RT_SCOPE_*).</summary>
    public byte Scope { get; init; }

    /// <summary><c>IFA_F_*</c>: 0x08 duplicate, 0x40 tentative, 0x80 permanent.</summary>
    public uint Flags { get; init; }
}

/// <summary>An entry of the ARP or NDP table: RTM_NEWNEIGH (linux/neighbour.h).</summary>
public readonly partial record struct NeighbourEntry
{
    /// <summary><c>ndm_ifindex</c>.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary><c>NDA_DST</c>.</summary>
    public InetAddress Address { get; init; }

    /// <summary><c>NDA_LLADDR</c>; null while unresolved or not Ethernet.</summary>
    public MacAddress? HardwareAddress { get; init; }

    /// <summary><c>ndm_state</c>.</summary>
    public NeighbourStates State { get; init; }
}

/// <summary>What a <see cref="RouteEvent"/> is about.</summary>
public enum RouteEventKind
{
    /// <summary>Events were lost: everything known from events is stale, dump again.</summary>
    ResyncNeeded = 0,

    /// <summary>A link appeared or changed; the record carries its new state.</summary>
    LinkChanged = 1,

    /// <summary>A link is gone.</summary>
    LinkRemoved = 2,

    /// <summary>An address was added or changed.</summary>
    AddressChanged = 3,

    /// <summary>An address is gone.</summary>
    AddressRemoved = 4,

    /// <summary>A neighbour entry appeared or changed (only with <see cref="RouteGroups.Neighbours"/>).</summary>
    NeighbourChanged = 5,

    /// <summary>A neighbour entry is gone (only with <see cref="RouteGroups.Neighbours"/>).</summary>
    NeighbourRemoved = 6,
}

/// <summary>Something rtnetlink pushed; small and by value, because a flapping link sends many.</summary>
public readonly record struct RouteEvent
{
    public RouteEventKind Kind { get; init; }

    /// <summary>The interface; 0 for <see cref="RouteEventKind.ResyncNeeded"/>.</summary>
    public uint InterfaceIndex { get; init; }

    /// <summary>Link events: its name (cached string).</summary>
    public string? InterfaceName { get; init; }

    /// <summary>Link events: its kind, as in <see cref="Link.Kind"/>.</summary>
    public string? LinkKind { get; init; }

    /// <summary>Link events: its master; null when it has none.</summary>
    public uint? MasterIndex { get; init; }

    /// <summary>Link events: its flags.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary>Link events: its state.</summary>
    public OperationalState OperationalState { get; init; }

    /// <summary>Link events: its carrier.</summary>
    public bool? HasCarrier { get; init; }

    /// <summary>Address and neighbour events: the address.</summary>
    public InetAddress Address { get; init; }

    /// <summary>Address events: prefix length.</summary>
    public byte PrefixLength { get; init; }

    /// <summary>Neighbour events: the MAC address.</summary>
    public MacAddress? HardwareAddress { get; init; }

    /// <summary>Neighbour events: the state.</summary>
    public NeighbourStates NeighbourState { get; init; }
}

/// <summary>Which events a <see cref="RouteEventSocket"/> listens to.</summary>
[Flags]
public enum RouteGroups
{
    None = 0,

    /// <summary>RTNLGRP_LINK.</summary>
    Links = 1,

    /// <summary>RTNLGRP_IPV4_IFADDR and RTNLGRP_IPV6_IFADDR.</summary>
    Addresses = 2,

    /// <summary>RTNLGRP_NEIGH: chatty on a busy LAN.</summary>
    Neighbours = 4,
}
