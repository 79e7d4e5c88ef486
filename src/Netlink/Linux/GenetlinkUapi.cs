using System.Runtime.InteropServices;

namespace X0tta6bl4.Netlink.Linux;

/// <summary>linux/genetlink.h: families found by name, and the controller that knows them.</summary>
[UapiConstants("linux/genetlink.h")]
internal static class GenetlinkUapi
{
    public const ushort GENL_ID_CTRL = 0x10;
    public const int GENL_HDRLEN = 4;
    public const int GENL_NAMSIZ = 16;

    public const byte CTRL_CMD_NEWFAMILY = 1;
    public const byte CTRL_CMD_DELFAMILY = 2;
    public const byte CTRL_CMD_GETFAMILY = 3;

    public const ushort CTRL_ATTR_FAMILY_ID = 1;
    public const ushort CTRL_ATTR_FAMILY_NAME = 2;
    public const ushort CTRL_ATTR_VERSION = 3;
    public const ushort CTRL_ATTR_HDRSIZE = 4;
    public const ushort CTRL_ATTR_MAXATTR = 5;
    public const ushort CTRL_ATTR_MCAST_GROUPS = 7;

    public const ushort CTRL_ATTR_MCAST_GRP_NAME = 1;
    public const ushort CTRL_ATTR_MCAST_GRP_ID = 2;
}

[StructLayout(LayoutKind.Sequential)]
[UapiStruct("linux/genetlink.h", "struct genlmsghdr")]
internal struct GenlMsgHdr
{
    public byte cmd;
    public byte version;
    public ushort reserved;
}
