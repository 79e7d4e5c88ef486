using System.Buffers.Binary;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Fuzz;

/// <summary>
/// Well-formed inputs to start from: the family's lookup, one row with every attribute, and the end of a dump, for
/// each reader. What they lack a fuzzer finds by itself; what they have it would need days to find.
/// </summary>
internal static class Seeds
{
    private static readonly byte[] Scratch = new byte[NetlinkLimits.ReceiveBufferBytes];

    public static byte[] For(int target)
    {
        var parts = new List<byte[]>();
        if (target is >= 1 and <= 12 or 19)
        {
            parts.Add(Family());
        }

        var command = target == 19 ? BatadvCmd.BATADV_CMD_SET_MESH : BatadvCmd.BATADV_CMD_GET_MESH;
        parts.Add(
            target switch
            {
                >= 13 and <= 15 or 17 => RouteRow(target),
                18 => Framed("add@/devices/virtual/net/bat0\0SUBSYSTEM=net\0INTERFACE=bat0\0BATTYPE=gw\0"u8),
                _ => BatadvRow(command),
            }
        );
        parts.Add(Done());
        return [(byte)target, .. parts.SelectMany(part => part)];
    }

    /// <summary>What the controller answers to the two lookups of an event socket.</summary>
    public static byte[] Lookups() => [.. Family(), .. Family()];

    private static byte[] Family()
    {
        var writer = new NetlinkWriter(Scratch, GenetlinkUapi.GENL_ID_CTRL, 0);
        writer.PutStruct(new GenlMsgHdr { cmd = GenetlinkUapi.CTRL_CMD_NEWFAMILY, version = 2 });
        writer.PutString(GenetlinkUapi.CTRL_ATTR_FAMILY_NAME, BatmanUapi.BATADV_NL_NAME);
        writer.PutUInt16(GenetlinkUapi.CTRL_ATTR_FAMILY_ID, 0x1c);
        int groups = writer.BeginNested(GenetlinkUapi.CTRL_ATTR_MCAST_GROUPS);
        int group = writer.BeginNested(1);
        writer.PutString(GenetlinkUapi.CTRL_ATTR_MCAST_GRP_NAME, BatmanUapi.BATADV_NL_MCAST_GROUP_CONFIG);
        writer.PutUInt32(GenetlinkUapi.CTRL_ATTR_MCAST_GRP_ID, 7);
        writer.EndNested(group);
        writer.EndNested(groups);
        return Framed(writer.Finish(0, 0));
    }

    private static byte[] BatadvRow(BatadvCmd command)
    {
        var writer = new NetlinkWriter(Scratch, 0x1c, NetlinkUapi.NLM_F_MULTI);
        writer.PutStruct(new GenlMsgHdr { cmd = (byte)command, version = 1 });
        foreach (var attribute in Enum.GetValues<BatadvAttr>())
        {
            Put(ref writer, attribute);
        }

        return Framed(writer.Finish(0, 0));
    }

    private static void Put(ref NetlinkWriter writer, BatadvAttr attribute)
    {
        string name = attribute.ToString();
        ushort type = (ushort)attribute;
        if (name.EndsWith("_IP4ADDRESS", StringComparison.Ordinal))
        {
            writer.PutUInt32(type, 1);
        }
        else if (
            name.EndsWith("ADDRESS", StringComparison.Ordinal)
            || attribute is BatadvAttr.BATADV_ATTR_ROUTER or BatadvAttr.BATADV_ATTR_BLA_BACKBONE
        )
        {
            writer.PutMac(type, new MacAddress(type));
        }
        else if (name.EndsWith("NAME", StringComparison.Ordinal) || attribute == BatadvAttr.BATADV_ATTR_VERSION)
        {
            writer.PutString(type, "mesh0");
        }
        else if (name.EndsWith("_ENABLED", StringComparison.Ordinal) || IsByte(attribute))
        {
            writer.PutByte(type, 1);
        }
        else if (name.EndsWith("_VID", StringComparison.Ordinal) || attribute == BatadvAttr.BATADV_ATTR_BLA_CRC)
        {
            writer.PutUInt16(type, 1);
        }
        else if (attribute == BatadvAttr.BATADV_ATTR_TPMETER_BYTES)
        {
            writer.PutUInt64(type, 1);
        }
        else
        {
            writer.PutUInt32(type, 1);
        }
    }

    private static bool IsByte(BatadvAttr attribute) =>
        attribute
            is BatadvAttr.BATADV_ATTR_TQ
                or BatadvAttr.BATADV_ATTR_TT_TTVN
                or BatadvAttr.BATADV_ATTR_TT_LAST_TTVN
                or BatadvAttr.BATADV_ATTR_GW_MODE
                or BatadvAttr.BATADV_ATTR_HOP_PENALTY
                or BatadvAttr.BATADV_ATTR_TPMETER_RESULT;

    private static byte[] RouteRow(int target)
    {
        ushort type = target switch
        {
            14 => RtnetlinkUapi.RTM_NEWADDR,
            15 => RtnetlinkUapi.RTM_NEWNEIGH,
            _ => RtnetlinkUapi.RTM_NEWLINK,
        };
        var writer = new NetlinkWriter(Scratch, type, NetlinkUapi.NLM_F_MULTI);
        switch (target)
        {
            case 14:
                writer.PutStruct(new IfAddrMsg { ifa_family = SocketUapi.AF_INET, ifa_index = 1 });
                writer.PutUInt32(IfAddrUapi.IFA_LOCAL, 1);
                break;
            case 15:
                writer.PutStruct(new NdMsg { ndm_family = SocketUapi.AF_INET, ndm_ifindex = 1 });
                writer.PutUInt32(NeighbourUapi.NDA_DST, 1);
                writer.PutMac(NeighbourUapi.NDA_LLADDR, MacAddress.Broadcast);
                break;
            default:
                writer.PutStruct(new IfInfoMsg { ifi_index = 1 });
                writer.PutString(IfLinkUapi.IFLA_IFNAME, "mesh0");
                writer.PutUInt32(IfLinkUapi.IFLA_MASTER, 7);
                int info = writer.BeginNested(IfLinkUapi.IFLA_LINKINFO);
                writer.PutString(IfLinkUapi.IFLA_INFO_KIND, "veth");
                writer.EndNested(info);
                writer.PutBytes(IfLinkUapi.IFLA_STATS64, new byte[25 * sizeof(ulong)]);
                break;
        }

        return Framed(writer.Finish(0, 0));
    }

    private static byte[] Done()
    {
        var writer = new NetlinkWriter(Scratch, NetlinkUapi.NLMSG_DONE, NetlinkUapi.NLM_F_MULTI);
        int none = 0;
        writer.PutStruct(in none);
        return Framed(writer.Finish(0, 0));
    }

    private static byte[] Framed(ReadOnlySpan<byte> datagram)
    {
        byte[] framed = new byte[2 + datagram.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(framed, (ushort)datagram.Length);
        datagram.CopyTo(framed.AsSpan(2));
        return framed;
    }
}
