using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Linux.BatadvAttr;

namespace X0tta6bl4.Netlink.Batman;

// How mesh, hard interface, VLAN and throughput-meter messages are read. What is mandatory follows
// net/batman-adv/netlink.c, the functions named *_fill.

public readonly partial record struct MeshInterface : INetlinkRow<MeshInterface>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_VERSION)
        | (1UL << (int)BATADV_ATTR_ALGO_NAME)
        | (1UL << (int)BATADV_ATTR_MESH_IFINDEX)
        | (1UL << (int)BATADV_ATTR_MESH_ADDRESS);

    static RowProblem INetlinkRow<MeshInterface>.Read(in NetlinkMessage message, NameCache names, out MeshInterface row)
    {
        row = new MeshInterface { Version = "", AlgorithmName = "" };
        var settings = default(MeshSettings);
        ReadOnlySpan<byte> meshName = default;
        ReadOnlySpan<byte> primaryName = default;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_VERSION:
                    row = row with { Version = names.Intern(scan.Text()) };
                    break;
                case BATADV_ATTR_ALGO_NAME:
                    row = row with { AlgorithmName = names.Intern(scan.Text()) };
                    break;
                case BATADV_ATTR_MESH_IFINDEX:
                    row = row with { MeshIfIndex = scan.UInt32() };
                    break;
                case BATADV_ATTR_MESH_IFNAME:
                    meshName = scan.Text();
                    break;
                case BATADV_ATTR_MESH_ADDRESS:
                    row = row with { MeshAddress = scan.Mac() };
                    break;
                case BATADV_ATTR_HARD_IFINDEX:
                    row = row with { PrimaryIfIndex = scan.UInt32() };
                    break;
                case BATADV_ATTR_HARD_IFNAME:
                    primaryName = scan.Text();
                    break;
                case BATADV_ATTR_HARD_ADDRESS:
                    row = row with { PrimaryAddress = scan.Mac() };
                    break;
                case BATADV_ATTR_TT_TTVN:
                    row = row with { TranslationTableVersion = scan.Byte() };
                    break;
                case BATADV_ATTR_BLA_CRC:
                    row = row with { BridgeLoopGroup = scan.UInt16() };
                    break;
                case BATADV_ATTR_MCAST_FLAGS:
                    row = row with { MulticastFlags = (MulticastFlags)scan.UInt32() };
                    break;
                case BATADV_ATTR_MCAST_FLAGS_PRIV:
                    row = row with { PrivateMulticastFlags = (PrivateMulticastFlags)scan.UInt32() };
                    break;
                default:
                    settings = MeshSettings.Read(settings, ref scan);
                    break;
            }
        }

        row = row with
        {
            Settings = settings,
            MeshIfName = meshName.IsEmpty ? null : names.Learn(row.MeshIfIndex, meshName),
            PrimaryIfName =
                row.PrimaryIfIndex is not { } index || primaryName.IsEmpty ? null : names.Learn(index, primaryName),
        };
        return scan.Finish(Required);
    }
}

public readonly partial record struct MeshSettings
{
    /// <summary>Takes the current attribute if it is a setting.</summary>
    internal static MeshSettings Read(in MeshSettings settings, ref BatadvScan scan) =>
        scan.Current switch
        {
            BATADV_ATTR_AGGREGATED_OGMS_ENABLED => settings with { AggregatedOgms = scan.Bool() },
            BATADV_ATTR_AP_ISOLATION_ENABLED => settings with { ApIsolation = scan.Bool() },
            BATADV_ATTR_ISOLATION_MARK => settings with { IsolationMark = scan.UInt32() },
            BATADV_ATTR_ISOLATION_MASK => settings with { IsolationMask = scan.UInt32() },
            BATADV_ATTR_BONDING_ENABLED => settings with { Bonding = scan.Bool() },
            BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED => settings with { BridgeLoopAvoidance = scan.Bool() },
            BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED => settings with { DistributedArpTable = scan.Bool() },
            BATADV_ATTR_FRAGMENTATION_ENABLED => settings with { Fragmentation = scan.Bool() },
            BATADV_ATTR_GW_BANDWIDTH_DOWN => settings with { GatewayBandwidthDown100Kbps = scan.UInt32() },
            BATADV_ATTR_GW_BANDWIDTH_UP => settings with { GatewayBandwidthUp100Kbps = scan.UInt32() },
            BATADV_ATTR_GW_MODE => settings with { GatewayMode = (GatewayMode)scan.Byte() },
            BATADV_ATTR_GW_SEL_CLASS => settings with { GatewaySelectionClass = scan.UInt32() },
            BATADV_ATTR_HOP_PENALTY => settings with { HopPenalty = scan.Byte() },
            BATADV_ATTR_LOG_LEVEL => settings with { LogLevel = scan.UInt32() },
            BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED => settings with { MulticastForceFlood = scan.Bool() },
            BATADV_ATTR_MULTICAST_FANOUT => settings with { MulticastFanout = scan.UInt32() },
            BATADV_ATTR_NETWORK_CODING_ENABLED => settings with { NetworkCoding = scan.Bool() },
            BATADV_ATTR_ORIG_INTERVAL => settings with { OrigIntervalMs = scan.UInt32() },
            _ => settings,
        };

    /// <summary>Appends every setting that has a value.</summary>
    internal void WriteTo(ref NetlinkWriter writer)
    {
        PutBool(ref writer, BATADV_ATTR_AGGREGATED_OGMS_ENABLED, AggregatedOgms);
        PutBool(ref writer, BATADV_ATTR_AP_ISOLATION_ENABLED, ApIsolation);
        PutUInt32(ref writer, BATADV_ATTR_ISOLATION_MARK, IsolationMark);
        PutUInt32(ref writer, BATADV_ATTR_ISOLATION_MASK, IsolationMask);
        PutBool(ref writer, BATADV_ATTR_BONDING_ENABLED, Bonding);
        PutBool(ref writer, BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED, BridgeLoopAvoidance);
        PutBool(ref writer, BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED, DistributedArpTable);
        PutBool(ref writer, BATADV_ATTR_FRAGMENTATION_ENABLED, Fragmentation);
        PutUInt32(ref writer, BATADV_ATTR_GW_BANDWIDTH_DOWN, GatewayBandwidthDown100Kbps);
        PutUInt32(ref writer, BATADV_ATTR_GW_BANDWIDTH_UP, GatewayBandwidthUp100Kbps);
        PutByte(ref writer, BATADV_ATTR_GW_MODE, (byte?)GatewayMode);
        PutUInt32(ref writer, BATADV_ATTR_GW_SEL_CLASS, GatewaySelectionClass);
        PutByte(ref writer, BATADV_ATTR_HOP_PENALTY, HopPenalty);
        PutUInt32(ref writer, BATADV_ATTR_LOG_LEVEL, LogLevel);
        PutBool(ref writer, BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED, MulticastForceFlood);
        PutUInt32(ref writer, BATADV_ATTR_MULTICAST_FANOUT, MulticastFanout);
        PutBool(ref writer, BATADV_ATTR_NETWORK_CODING_ENABLED, NetworkCoding);
        PutUInt32(ref writer, BATADV_ATTR_ORIG_INTERVAL, OrigIntervalMs);
    }

    internal static void PutBool(ref NetlinkWriter writer, BatadvAttr type, bool? value) =>
        PutByte(ref writer, type, value is { } b ? (byte)(b ? 1 : 0) : null);

    internal static void PutByte(ref NetlinkWriter writer, BatadvAttr type, byte? value)
    {
        if (value is { } b)
        {
            writer.PutByte((ushort)type, b);
        }
    }

    internal static void PutUInt32(ref NetlinkWriter writer, BatadvAttr type, uint? value)
    {
        if (value is { } u)
        {
            writer.PutUInt32((ushort)type, u);
        }
    }
}

public readonly partial record struct HardInterface : INetlinkRow<HardInterface>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_MESH_IFINDEX)
        | (1UL << (int)BATADV_ATTR_HARD_IFINDEX)
        | (1UL << (int)BATADV_ATTR_HARD_IFNAME)
        | (1UL << (int)BATADV_ATTR_HARD_ADDRESS);

    static RowProblem INetlinkRow<HardInterface>.Read(in NetlinkMessage message, NameCache names, out HardInterface row)
    {
        row = new HardInterface { Name = "" };
        var settings = default(HardInterfaceSettings);
        ReadOnlySpan<byte> name = default;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            switch (scan.Current)
            {
                case BATADV_ATTR_MESH_IFINDEX:
                    row = row with { MeshIfIndex = scan.UInt32() };
                    break;
                case BATADV_ATTR_HARD_IFINDEX:
                    row = row with { HardIfIndex = scan.UInt32() };
                    break;
                case BATADV_ATTR_HARD_IFNAME:
                    name = scan.Text();
                    break;
                case BATADV_ATTR_HARD_ADDRESS:
                    row = row with { Address = scan.Mac() };
                    break;
                case BATADV_ATTR_ACTIVE:
                    row = row with { IsActive = true };
                    break;
                case BATADV_ATTR_HOP_PENALTY:
                    settings = settings with { HopPenalty = scan.Byte() };
                    break;
                case BATADV_ATTR_ELP_INTERVAL:
                    settings = settings with { ElpIntervalMs = scan.UInt32() };
                    break;
                case BATADV_ATTR_THROUGHPUT_OVERRIDE:
                    settings = settings with { ThroughputOverride100Kbps = scan.UInt32() };
                    break;
                default:
                    break;
            }
        }

        row = row with { Settings = settings, Name = names.Learn(row.HardIfIndex, name) };
        return scan.Finish(Required);
    }
}

public readonly partial record struct HardInterfaceSettings
{
    /// <summary>Appends every setting that has a value.</summary>
    internal void WriteTo(ref NetlinkWriter writer)
    {
        MeshSettings.PutByte(ref writer, BATADV_ATTR_HOP_PENALTY, HopPenalty);
        MeshSettings.PutUInt32(ref writer, BATADV_ATTR_ELP_INTERVAL, ElpIntervalMs);
        MeshSettings.PutUInt32(ref writer, BATADV_ATTR_THROUGHPUT_OVERRIDE, ThroughputOverride100Kbps);
    }
}

public readonly partial record struct MeshVlan : INetlinkRow<MeshVlan>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_MESH_IFINDEX)
        | (1UL << (int)BATADV_ATTR_VLANID)
        | (1UL << (int)BATADV_ATTR_AP_ISOLATION_ENABLED);

    static RowProblem INetlinkRow<MeshVlan>.Read(in NetlinkMessage message, NameCache names, out MeshVlan row)
    {
        row = default;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            row = scan.Current switch
            {
                BATADV_ATTR_MESH_IFINDEX => row with { MeshIfIndex = scan.UInt32() },
                BATADV_ATTR_VLANID => row with { VlanNumber = scan.UInt16OrUInt32() },
                BATADV_ATTR_AP_ISOLATION_ENABLED => row with { ApIsolation = scan.Bool() },
                _ => row,
            };
        }

        return scan.Finish(Required);
    }
}

public readonly partial record struct ThroughputMeterResult : INetlinkRow<ThroughputMeterResult>
{
    private const ulong Required =
        (1UL << (int)BATADV_ATTR_TPMETER_COOKIE) | (1UL << (int)BATADV_ATTR_TPMETER_RESULT);

    static RowProblem INetlinkRow<ThroughputMeterResult>.Read(
        in NetlinkMessage message,
        NameCache names,
        out ThroughputMeterResult row
    )
    {
        row = default;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            row = scan.Current switch
            {
                BATADV_ATTR_TPMETER_COOKIE => row with { Cookie = scan.UInt32() },
                BATADV_ATTR_TPMETER_RESULT => row with { Status = (ThroughputMeterStatus)scan.Byte() },
                BATADV_ATTR_TPMETER_TEST_TIME => row with { TestTimeMs = scan.UInt32() },
                BATADV_ATTR_TPMETER_BYTES => row with { Bytes = scan.UInt64() },
                BATADV_ATTR_ORIG_ADDRESS => row with { Originator = scan.Mac() },
                _ => row,
            };
        }

        return scan.Finish(Required);
    }
}

/// <summary>The answer to <c>BATADV_CMD_TP_METER</c>.</summary>
internal readonly record struct ThroughputMeterCookie(uint Value) : INetlinkRow<ThroughputMeterCookie>
{
    static RowProblem INetlinkRow<ThroughputMeterCookie>.Read(
        in NetlinkMessage message,
        NameCache names,
        out ThroughputMeterCookie row
    )
    {
        row = default;
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            if (scan.Current == BATADV_ATTR_TPMETER_COOKIE)
            {
                row = new ThroughputMeterCookie(scan.UInt32());
            }
        }

        return scan.Finish(1UL << (int)BATADV_ATTR_TPMETER_COOKIE);
    }
}

/// <summary>One row of <c>BATADV_CMD_GET_ROUTING_ALGOS</c>.</summary>
internal readonly record struct RoutingAlgorithm(string Name) : INetlinkRow<RoutingAlgorithm>
{
    static RowProblem INetlinkRow<RoutingAlgorithm>.Read(
        in NetlinkMessage message,
        NameCache names,
        out RoutingAlgorithm row
    )
    {
        row = new RoutingAlgorithm("");
        var scan = new BatadvScan(message);
        while (scan.TryRead())
        {
            if (scan.Current == BATADV_ATTR_ALGO_NAME)
            {
                row = new RoutingAlgorithm(names.Intern(scan.Text()));
            }
        }

        return scan.Finish(1UL << (int)BATADV_ATTR_ALGO_NAME);
    }
}
