using System.Runtime.InteropServices;

namespace X0tta6bl4.Netlink.Linux;

/// <summary>linux/rtnetlink.h: message types and groups.</summary>
[UapiConstants("linux/rtnetlink.h")]
internal static class RtnetlinkUapi
{
    public const ushort RTM_NEWLINK = 16;
    public const ushort RTM_DELLINK = 17;
    public const ushort RTM_GETLINK = 18;
    public const ushort RTM_NEWADDR = 20;
    public const ushort RTM_DELADDR = 21;
    public const ushort RTM_GETADDR = 22;
    public const ushort RTM_NEWNEIGH = 28;
    public const ushort RTM_DELNEIGH = 29;
    public const ushort RTM_GETNEIGH = 30;

    public const uint RTNLGRP_LINK = 1;
    public const uint RTNLGRP_NEIGH = 3;
    public const uint RTNLGRP_IPV4_IFADDR = 5;
    public const uint RTNLGRP_IPV6_IFADDR = 9;

    public const byte RT_SCOPE_UNIVERSE = 0;
    public const byte RT_SCOPE_LINK = 253;
    public const byte RT_SCOPE_HOST = 254;

    public const uint RTEXT_FILTER_SKIP_STATS = 1 << 3;
}

/// <summary>linux/if_link.h: attributes of a link.</summary>
[UapiConstants("linux/if_link.h")]
internal static class IfLinkUapi
{
    public const ushort IFLA_ADDRESS = 1;
    public const ushort IFLA_IFNAME = 3;
    public const ushort IFLA_MTU = 4;
    public const ushort IFLA_LINK = 5;
    public const ushort IFLA_MASTER = 10;
    public const ushort IFLA_OPERSTATE = 16;
    public const ushort IFLA_LINKINFO = 18;
    public const ushort IFLA_STATS64 = 23;
    public const ushort IFLA_EXT_MASK = 29;
    public const ushort IFLA_CARRIER = 33;
    public const ushort IFLA_CARRIER_CHANGES = 35;

    public const ushort IFLA_INFO_KIND = 1;
    public const ushort IFLA_INFO_DATA = 2;
}

/// <summary>linux/veth.h.</summary>
[UapiConstants("linux/veth.h")]
internal static class VethUapi
{
    public const ushort VETH_INFO_PEER = 1;
}

/// <summary>linux/if.h and linux/if_arp.h.</summary>
[UapiConstants("linux/if.h")]
internal static class IfUapi
{
    public const int IFNAMSIZ = 16;
    public const uint IFF_UP = 1 << 0;
    public const uint IFF_BROADCAST = 1 << 1;
    public const uint IFF_LOOPBACK = 1 << 3;
    public const uint IFF_POINTOPOINT = 1 << 4;
    public const uint IFF_RUNNING = 1 << 6;
    public const uint IFF_NOARP = 1 << 7;
    public const uint IFF_PROMISC = 1 << 8;
    public const uint IFF_MULTICAST = 1 << 12;
    public const uint IFF_LOWER_UP = 1 << 16;
    public const uint IFF_DORMANT = 1 << 17;
}

/// <summary>linux/if_addr.h.</summary>
[UapiConstants("linux/if_addr.h")]
internal static class IfAddrUapi
{
    public const ushort IFA_ADDRESS = 1;
    public const ushort IFA_LOCAL = 2;
    public const ushort IFA_BROADCAST = 4;
    public const ushort IFA_FLAGS = 8;
}

/// <summary>linux/neighbour.h.</summary>
[UapiConstants("linux/neighbour.h")]
internal static class NeighbourUapi
{
    public const ushort NDA_DST = 1;
    public const ushort NDA_LLADDR = 2;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/rtnetlink.h", "struct ifinfomsg")]
internal struct IfInfoMsg
{
    public byte ifi_family;
    public byte __ifi_pad;
    public ushort ifi_type;
    public int ifi_index;
    public uint ifi_flags;
    public uint ifi_change;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/if_addr.h", "struct ifaddrmsg")]
internal struct IfAddrMsg
{
    public byte ifa_family;
    public byte ifa_prefixlen;
    public byte ifa_flags;
    public byte ifa_scope;
    public uint ifa_index;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/neighbour.h", "struct ndmsg")]
internal struct NdMsg
{
    public byte ndm_family;
    public byte ndm_pad1;
    public ushort ndm_pad2;
    public int ndm_ifindex;
    public ushort ndm_state;
    public byte ndm_flags;
    public byte ndm_type;
}

/// <summary>The counters every kernel since 2.6.35 sends; newer ones append more.</summary>
[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/if_link.h", "struct rtnl_link_stats64", IsPrefix = true)]
internal struct RtnlLinkStats64
{
    public ulong rx_packets;
    public ulong tx_packets;
    public ulong rx_bytes;
    public ulong tx_bytes;
    public ulong rx_errors;
    public ulong tx_errors;
    public ulong rx_dropped;
    public ulong tx_dropped;
}
