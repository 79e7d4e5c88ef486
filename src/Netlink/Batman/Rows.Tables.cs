using static X0tta6bl4.Netlink.Linux.BatadvAttr;

namespace X0tta6bl4.Netlink.Batman;

// How the rows of the other tables are read. What is mandatory follows net/batman-adv/translation-table.c,
// bridge_loop_avoidance.c, distributed-arp-table.c and multicast.c, the functions named *_dump_*.

public readonly partial record struct LocalTranslation : INetlinkRow<LocalTranslation>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_TT_ADDRESS)
        | (1UL << (int)BATADV_ATTR_TT_CRC32)
        | (1UL << (int)BATADV_ATTR_TT_VID)
        | (1UL << (int)BATADV_ATTR_TT_FLAGS);

    static RowProblem INetlinkRow<LocalTranslation>.Read(
        in NetlinkMessage message,
        NameCache names,
        out LocalTranslation row
    )
    {
        MacAddress client = default;
        VlanId vlan = default;
        uint flags = 0;
        uint crc = 0;
        uint? lastSeen = null;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_TT_ADDRESS:
                    client = scan.Mac();
                    break;
                case BATADV_ATTR_TT_VID:
                    vlan = scan.Vlan();
                    break;
                case BATADV_ATTR_TT_FLAGS:
                    flags = scan.UInt32();
                    break;
                case BATADV_ATTR_TT_CRC32:
                    crc = scan.UInt32();
                    break;
                case BATADV_ATTR_LAST_SEEN_MSECS:
                    lastSeen = scan.UInt32();
                    break;
                default:
                    break;
            }
        }

        row = new LocalTranslation
        {
            Client = client,
            Vlan = vlan,
            Flags = (TranslationFlags)flags,
            Crc32 = crc,
            LastSeenMs = lastSeen,
        };
        return scan.Finish(Required);
    }
}

public readonly partial record struct GlobalTranslation : INetlinkRow<GlobalTranslation>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_TT_ADDRESS)
        | (1UL << (int)BATADV_ATTR_ORIG_ADDRESS)
        | (1UL << (int)BATADV_ATTR_TT_TTVN)
        | (1UL << (int)BATADV_ATTR_TT_LAST_TTVN)
        | (1UL << (int)BATADV_ATTR_TT_VID)
        | (1UL << (int)BATADV_ATTR_TT_FLAGS);

    static RowProblem INetlinkRow<GlobalTranslation>.Read(
        in NetlinkMessage message,
        NameCache names,
        out GlobalTranslation row
    )
    {
        MacAddress client = default;
        MacAddress originator = default;
        VlanId vlan = default;
        uint flags = 0;
        byte ttvn = 0;
        byte lastTtvn = 0;
        uint? crc = null;
        bool isBest = false;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_TT_ADDRESS:
                    client = scan.Mac();
                    break;
                case BATADV_ATTR_ORIG_ADDRESS:
                    originator = scan.Mac();
                    break;
                case BATADV_ATTR_TT_VID:
                    vlan = scan.Vlan();
                    break;
                case BATADV_ATTR_TT_FLAGS:
                    flags = scan.UInt32();
                    break;
                case BATADV_ATTR_TT_TTVN:
                    ttvn = scan.Byte();
                    break;
                case BATADV_ATTR_TT_LAST_TTVN:
                    lastTtvn = scan.Byte();
                    break;
                case BATADV_ATTR_TT_CRC32:
                    crc = scan.UInt32();
                    break;
                case BATADV_ATTR_FLAG_BEST:
                    isBest = true;
                    break;
                default:
                    break;
            }
        }

        row = new GlobalTranslation
        {
            Client = client,
            Vlan = vlan,
            Originator = originator,
            Flags = (TranslationFlags)flags,
            Ttvn = ttvn,
            LastTtvn = lastTtvn,
            Crc32 = crc,
            IsBest = isBest,
        };
        return scan.Finish(Required);
    }
}

public readonly partial record struct BridgeLoopClaim : INetlinkRow<BridgeLoopClaim>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_BLA_ADDRESS)
        | (1UL << (int)BATADV_ATTR_BLA_VID)
        | (1UL << (int)BATADV_ATTR_BLA_BACKBONE)
        | (1UL << (int)BATADV_ATTR_BLA_CRC);

    static RowProblem INetlinkRow<BridgeLoopClaim>.Read(
        in NetlinkMessage message,
        NameCache names,
        out BridgeLoopClaim row
    )
    {
        MacAddress client = default;
        VlanId vlan = default;
        MacAddress backbone = default;
        ushort crc = 0;
        bool isOwn = false;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_BLA_ADDRESS:
                    client = scan.Mac();
                    break;
                case BATADV_ATTR_BLA_VID:
                    vlan = scan.Vlan();
                    break;
                case BATADV_ATTR_BLA_BACKBONE:
                    backbone = scan.Mac();
                    break;
                case BATADV_ATTR_BLA_CRC:
                    crc = scan.UInt16();
                    break;
                case BATADV_ATTR_BLA_OWN:
                    isOwn = true;
                    break;
                default:
                    break;
            }
        }

        row = new BridgeLoopClaim
        {
            Client = client,
            Vlan = vlan,
            Backbone = backbone,
            Crc = crc,
            IsOwn = isOwn,
        };
        return scan.Finish(Required);
    }
}

public readonly partial record struct BridgeLoopBackbone : INetlinkRow<BridgeLoopBackbone>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_BLA_BACKBONE)
        | (1UL << (int)BATADV_ATTR_BLA_VID)
        | (1UL << (int)BATADV_ATTR_BLA_CRC)
        | (1UL << (int)BATADV_ATTR_LAST_SEEN_MSECS);

    static RowProblem INetlinkRow<BridgeLoopBackbone>.Read(
        in NetlinkMessage message,
        NameCache names,
        out BridgeLoopBackbone row
    )
    {
        MacAddress backbone = default;
        VlanId vlan = default;
        ushort crc = 0;
        uint lastSeen = 0;
        bool isOwn = false;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_BLA_BACKBONE:
                    backbone = scan.Mac();
                    break;
                case BATADV_ATTR_BLA_VID:
                    vlan = scan.Vlan();
                    break;
                case BATADV_ATTR_BLA_CRC:
                    crc = scan.UInt16();
                    break;
                case BATADV_ATTR_LAST_SEEN_MSECS:
                    lastSeen = scan.UInt32();
                    break;
                case BATADV_ATTR_BLA_OWN:
                    isOwn = true;
                    break;
                default:
                    break;
            }
        }

        row = new BridgeLoopBackbone
        {
            Backbone = backbone,
            Vlan = vlan,
            Crc = crc,
            LastSeenMs = lastSeen,
            IsOwn = isOwn,
        };
        return scan.Finish(Required);
    }
}

public readonly partial record struct DatCacheEntry : INetlinkRow<DatCacheEntry>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_DAT_CACHE_IP4ADDRESS)
        | (1UL << (int)BATADV_ATTR_DAT_CACHE_HWADDRESS)
        | (1UL << (int)BATADV_ATTR_DAT_CACHE_VID)
        | (1UL << (int)BATADV_ATTR_LAST_SEEN_MSECS);

    static RowProblem INetlinkRow<DatCacheEntry>.Read(in NetlinkMessage message, NameCache names, out DatCacheEntry row)
    {
        InetAddress address = default;
        MacAddress hardwareAddress = default;
        VlanId vlan = default;
        uint lastSeen = 0;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_DAT_CACHE_IP4ADDRESS:
                    address = scan.IPv4();
                    break;
                case BATADV_ATTR_DAT_CACHE_HWADDRESS:
                    hardwareAddress = scan.Mac();
                    break;
                case BATADV_ATTR_DAT_CACHE_VID:
                    vlan = scan.Vlan();
                    break;
                case BATADV_ATTR_LAST_SEEN_MSECS:
                    lastSeen = scan.UInt32();
                    break;
                default:
                    break;
            }
        }

        row = new DatCacheEntry
        {
            Address = address,
            HardwareAddress = hardwareAddress,
            Vlan = vlan,
            LastSeenMs = lastSeen,
        };
        return scan.Finish(Required);
    }
}

public readonly partial record struct OriginatorMulticast : INetlinkRow<OriginatorMulticast>
{
    private const ulong Required = 1UL << (int)BATADV_ATTR_ORIG_ADDRESS;

    static RowProblem INetlinkRow<OriginatorMulticast>.Read(
        in NetlinkMessage message,
        NameCache names,
        out OriginatorMulticast row
    )
    {
        MacAddress originator = default;
        uint? flags = null;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_ORIG_ADDRESS:
                    originator = scan.Mac();
                    break;
                case BATADV_ATTR_MCAST_FLAGS:
                    flags = scan.UInt32();
                    break;
                default:
                    break;
            }
        }

        row = new OriginatorMulticast { Originator = originator, Flags = (MulticastFlags?)flags };
        return scan.Finish(Required);
    }
}
