using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace X0tta6bl4.Netlink.Linux;

/// <summary>linux/ethtool.h and the ioctl number of linux/sockios.h.</summary>
[UapiConstants("linux/ethtool.h")]
internal static class EthtoolUapi
{
    public const uint ETHTOOL_GSTRINGS = 0x1b;
    public const uint ETHTOOL_GSTATS = 0x1d;
    public const uint ETHTOOL_GSSET_INFO = 0x37;
    public const uint ETH_SS_STATS = 1;
    public const int ETH_GSTRING_LEN = 32;
}

/// <summary>linux/sockios.h.</summary>
[UapiConstants("linux/sockios.h")]
internal static class SockiosUapi
{
    public const int SIOCETHTOOL = 0x8946;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/ethtool.h", "struct ethtool_sset_info", IsPrefix = true)]
internal struct EthtoolSsetInfo
{
    public uint cmd;
    public uint reserved;
    public ulong sset_mask;

    // C has data[] here: one u32 for each bit of the mask. We ask for one set.
    public uint data;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/ethtool.h", "struct ethtool_gstrings")]
internal struct EthtoolGstrings
{
    public uint cmd;
    public uint string_set;
    public uint len;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/ethtool.h", "struct ethtool_stats")]
internal struct EthtoolStats
{
    public uint cmd;
    public uint n_stats;
}

[InlineArray(IfUapi.IFNAMSIZ)]
internal struct IfName
{
    private byte _element;
}

/// <summary>The name and the one member of the union that SIOCETHTOOL uses; the union is larger.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
[UapiStruct("linux/if.h", "struct ifreq")]
internal struct IfReq
{
    public IfName ifr_name;
    public nint ifr_data;
}
