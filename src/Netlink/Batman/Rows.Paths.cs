using static X0tta6bl4.Netlink.Linux.BatadvAttr;

namespace X0tta6bl4.Netlink.Batman;

// How the rows about paths (originators, neighbours, gateways) are read. What is mandatory follows
// net/batman-adv/bat_iv_ogm.c and bat_v.c, the functions named *_dump_*.

public readonly partial record struct Originator : INetlinkRow<Originator>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_ORIG_ADDRESS)
        | (1UL << (int)BATADV_ATTR_NEIGH_ADDRESS)
        | (1UL << (int)BATADV_ATTR_HARD_IFINDEX)
        | (1UL << (int)BATADV_ATTR_LAST_SEEN_MSECS);
    private const ulong Metric = (1UL << (int)BATADV_ATTR_TQ) | (1UL << (int)BATADV_ATTR_THROUGHPUT);

    static RowProblem INetlinkRow<Originator>.Read(in NetlinkMessage message, NameCache names, out Originator row)
    {
        MacAddress address = default;
        MacAddress nextHop = default;
        uint hardIfIndex = 0;
        ReadOnlySpan<byte> hardIfName = default;
        byte? tq = null;
        uint? throughput = null;
        uint lastSeen = 0;
        bool isBest = false;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_ORIG_ADDRESS:
                    address = scan.Mac();
                    break;
                case BATADV_ATTR_NEIGH_ADDRESS:
                    nextHop = scan.Mac();
                    break;
                case BATADV_ATTR_HARD_IFINDEX:
                    hardIfIndex = scan.UInt32();
                    break;
                case BATADV_ATTR_HARD_IFNAME:
                    hardIfName = scan.Text();
                    break;
                case BATADV_ATTR_TQ:
                    tq = scan.Byte();
                    break;
                case BATADV_ATTR_THROUGHPUT:
                    throughput = scan.UInt32();
                    break;
                case BATADV_ATTR_LAST_SEEN_MSECS:
                    lastSeen = scan.UInt32();
                    break;
                case BATADV_ATTR_FLAG_BEST:
                    isBest = true;
                    break;
                default:
                    break;
            }
        }

        row = new Originator
        {
            Address = address,
            NextHop = nextHop,
            HardIfIndex = hardIfIndex,
            Tq = tq,
            ThroughputKbps = throughput,
            LastSeenMs = lastSeen,
            IsBest = isBest,
        };
        LearnName(names, hardIfIndex, hardIfName);
        return scan.Finish(Required, Metric);
    }

    /// <summary>The row carries only the index; its name goes to the cache (kernels before 5.14 send none).</summary>
    internal static void LearnName(NameCache names, uint index, ReadOnlySpan<byte> name)
    {
        if (index != 0 && !name.IsEmpty)
        {
            names.Learn(index, name);
        }
    }
}

public readonly partial record struct Neighbour : INetlinkRow<Neighbour>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_NEIGH_ADDRESS)
        | (1UL << (int)BATADV_ATTR_HARD_IFINDEX)
        | (1UL << (int)BATADV_ATTR_LAST_SEEN_MSECS);

    static RowProblem INetlinkRow<Neighbour>.Read(in NetlinkMessage message, NameCache names, out Neighbour row)
    {
        MacAddress address = default;
        uint hardIfIndex = 0;
        ReadOnlySpan<byte> hardIfName = default;
        uint lastSeen = 0;
        uint? throughput = null;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_NEIGH_ADDRESS:
                    address = scan.Mac();
                    break;
                case BATADV_ATTR_HARD_IFINDEX:
                    hardIfIndex = scan.UInt32();
                    break;
                case BATADV_ATTR_HARD_IFNAME:
                    hardIfName = scan.Text();
                    break;
                case BATADV_ATTR_LAST_SEEN_MSECS:
                    lastSeen = scan.UInt32();
                    break;
                case BATADV_ATTR_THROUGHPUT:
                    throughput = scan.UInt32();
                    break;
                default:
                    break;
            }
        }

        row = new Neighbour
        {
            Address = address,
            HardIfIndex = hardIfIndex,
            LastSeenMs = lastSeen,
            ThroughputKbps = throughput,
        };
        Originator.LearnName(names, hardIfIndex, hardIfName);
        return scan.Finish(Required);
    }
}

public readonly partial record struct Gateway : INetlinkRow<Gateway>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_ORIG_ADDRESS)
        | (1UL << (int)BATADV_ATTR_ROUTER)
        | (1UL << (int)BATADV_ATTR_BANDWIDTH_DOWN)
        | (1UL << (int)BATADV_ATTR_BANDWIDTH_UP);
    private const ulong Metric = (1UL << (int)BATADV_ATTR_TQ) | (1UL << (int)BATADV_ATTR_THROUGHPUT);

    static RowProblem INetlinkRow<Gateway>.Read(in NetlinkMessage message, NameCache names, out Gateway row)
    {
        MacAddress address = default;
        MacAddress router = default;
        uint? hardIfIndex = null;
        ReadOnlySpan<byte> hardIfName = default;
        byte? tq = null;
        uint? throughput = null;
        uint down = 0;
        uint up = 0;
        bool isSelected = false;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_ORIG_ADDRESS:
                    address = scan.Mac();
                    break;
                case BATADV_ATTR_ROUTER:
                    router = scan.Mac();
                    break;
                case BATADV_ATTR_HARD_IFINDEX:
                    hardIfIndex = scan.UInt32();
                    break;
                case BATADV_ATTR_HARD_IFNAME:
                    hardIfName = scan.Text();
                    break;
                case BATADV_ATTR_TQ:
                    tq = scan.Byte();
                    break;
                case BATADV_ATTR_THROUGHPUT:
                    throughput = scan.UInt32();
                    break;
                case BATADV_ATTR_BANDWIDTH_DOWN:
                    down = scan.UInt32();
                    break;
                case BATADV_ATTR_BANDWIDTH_UP:
                    up = scan.UInt32();
                    break;
                case BATADV_ATTR_FLAG_BEST:
                    isSelected = true;
                    break;
                default:
                    break;
            }
        }

        row = new Gateway
        {
            Address = address,
            Router = router,
            HardIfIndex = hardIfIndex,
            Tq = tq,
            Throughput100Kbps = throughput,
            BandwidthDown100Kbps = down,
            BandwidthUp100Kbps = up,
            IsSelected = isSelected,
        };
        Originator.LearnName(names, hardIfIndex ?? 0, hardIfName);
        return scan.Finish(Required, Metric);
    }
}
