using System.Runtime.InteropServices;

namespace X0tta6bl4.Netlink.Linux;

/// <summary>linux/netlink.h: the frame every message travels in.</summary>
[UapiConstants("linux/netlink.h")]
internal static class NetlinkUapi
{
    public const int NETLINK_ROUTE = 0;
    public const int NETLINK_KOBJECT_UEVENT = 15;
    public const int NETLINK_GENERIC = 16;

    public const ushort NLM_F_REQUEST = 0x01;
    public const ushort NLM_F_MULTI = 0x02;
    public const ushort NLM_F_ACK = 0x04;
    public const ushort NLM_F_DUMP_INTR = 0x10;
    public const ushort NLM_F_ROOT = 0x100;
    public const ushort NLM_F_MATCH = 0x200;
    public const ushort NLM_F_DUMP = NLM_F_ROOT | NLM_F_MATCH;
    public const ushort NLM_F_REPLACE = 0x100;
    public const ushort NLM_F_EXCL = 0x200;
    public const ushort NLM_F_CREATE = 0x400;
    public const ushort NLM_F_CAPPED = 0x100;
    public const ushort NLM_F_ACK_TLVS = 0x200;

    public const int NLMSG_ALIGNTO = 4;
    public const int NLMSG_HDRLEN = 16;
    public const ushort NLMSG_NOOP = 0x1;
    public const ushort NLMSG_ERROR = 0x2;
    public const ushort NLMSG_DONE = 0x3;
    public const ushort NLMSG_OVERRUN = 0x4;
    public const ushort NLMSG_MIN_TYPE = 0x10;

    public const ushort NLMSGERR_ATTR_MSG = 1;
    public const ushort NLMSGERR_ATTR_OFFS = 2;

    public const int NETLINK_ADD_MEMBERSHIP = 1;
    public const int NETLINK_DROP_MEMBERSHIP = 2;
    public const int NETLINK_CAP_ACK = 10;
    public const int NETLINK_EXT_ACK = 11;

    public const int NLA_ALIGNTO = 4;
    public const int NLA_HDRLEN = 4;
    public const ushort NLA_F_NESTED = 1 << 15;
    public const ushort NLA_F_NET_BYTEORDER = 1 << 14;

    /// <summary>NLMSG_ALIGN and NLA_ALIGN: both round up to four.</summary>
    public static int Align(int length) => (length + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1);
}

/// <summary>The socket options this library sets (asm-generic/socket.h, linux/socket.h).</summary>
[UapiConstants("sys/socket.h")]
internal static class SocketUapi
{
    public const int AF_UNSPEC = 0;
    public const int AF_INET = 2;
    public const int AF_BRIDGE = 7;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;
    public const int SOL_SOCKET = 1;
    public const int SO_RCVBUF = 8;
    public const int SO_RCVBUFFORCE = 33;
    public const int SOL_NETLINK = 270;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOCK_NONBLOCK = 0x800;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/netlink.h", "struct nlmsghdr")]
internal struct NlMsgHdr
{
    public uint nlmsg_len;
    public ushort nlmsg_type;
    public ushort nlmsg_flags;
    public uint nlmsg_seq;
    public uint nlmsg_pid;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/netlink.h", "struct nlmsgerr")]
internal struct NlMsgErr
{
    public int error;
    public NlMsgHdr msg;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/netlink.h", "struct nlattr")]
internal struct NlAttr
{
    public ushort nla_len;
    public ushort nla_type;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/netlink.h", "struct sockaddr_nl")]
internal struct SockAddrNl
{
    public ushort nl_family;
    public ushort nl_pad;
    public uint nl_pid;
    public uint nl_groups;
}
