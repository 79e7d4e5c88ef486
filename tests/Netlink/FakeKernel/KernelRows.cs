using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;
using X0tta6bl4.Netlink.Route;
using static X0tta6bl4.Netlink.Linux.BatadvAttr;
using static X0tta6bl4.Netlink.Tests.KernelBytes;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>
/// The kernel's side of every record: the body of the message it would send (net/batman-adv, *_dump_*, *_fill).
/// </summary>
internal static class KernelRows
{
    public static byte[] Encode(Originator row, string hardIfName = "mesh0") =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_ORIGINATORS),
            Mac(BATADV_ATTR_ORIG_ADDRESS, row.Address),
            Mac(BATADV_ATTR_NEIGH_ADDRESS, row.NextHop),
            Text(BATADV_ATTR_HARD_IFNAME, hardIfName),
            U32(BATADV_ATTR_HARD_IFINDEX, row.HardIfIndex),
            U8(BATADV_ATTR_TQ, row.Tq),
            U32(BATADV_ATTR_THROUGHPUT, row.ThroughputKbps),
            U32(BATADV_ATTR_LAST_SEEN_MSECS, row.LastSeenMs),
            Flag(BATADV_ATTR_FLAG_BEST, row.IsBest)
        );

    public static byte[] Encode(Neighbour row, string hardIfName = "mesh0") =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_NEIGHBORS),
            Mac(BATADV_ATTR_NEIGH_ADDRESS, row.Address),
            Text(BATADV_ATTR_HARD_IFNAME, hardIfName),
            U32(BATADV_ATTR_HARD_IFINDEX, row.HardIfIndex),
            U32(BATADV_ATTR_LAST_SEEN_MSECS, row.LastSeenMs),
            U32(BATADV_ATTR_THROUGHPUT, row.ThroughputKbps)
        );

    public static byte[] Encode(Gateway row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_GATEWAYS),
            Flag(BATADV_ATTR_FLAG_BEST, row.IsSelected),
            Mac(BATADV_ATTR_ORIG_ADDRESS, row.Address),
            U8(BATADV_ATTR_TQ, row.Tq),
            U32(BATADV_ATTR_THROUGHPUT, row.Throughput100Kbps),
            Mac(BATADV_ATTR_ROUTER, row.Router),
            Text(BATADV_ATTR_HARD_IFNAME, "mesh0"),
            U32(BATADV_ATTR_HARD_IFINDEX, row.HardIfIndex),
            U32(BATADV_ATTR_BANDWIDTH_DOWN, row.BandwidthDown100Kbps),
            U32(BATADV_ATTR_BANDWIDTH_UP, row.BandwidthUp100Kbps)
        );

    public static byte[] Encode(LocalTranslation row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_TRANSTABLE_LOCAL),
            Mac(BATADV_ATTR_TT_ADDRESS, row.Client),
            U32(BATADV_ATTR_TT_CRC32, row.Crc32),
            U16(BATADV_ATTR_TT_VID, row.Vlan.Raw),
            U32(BATADV_ATTR_TT_FLAGS, (uint)row.Flags),
            U32(BATADV_ATTR_LAST_SEEN_MSECS, row.LastSeenMs)
        );

    public static byte[] Encode(GlobalTranslation row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_TRANSTABLE_GLOBAL),
            Mac(BATADV_ATTR_TT_ADDRESS, row.Client),
            Mac(BATADV_ATTR_ORIG_ADDRESS, row.Originator),
            U8(BATADV_ATTR_TT_TTVN, row.Ttvn),
            U8(BATADV_ATTR_TT_LAST_TTVN, row.LastTtvn),
            U32(BATADV_ATTR_TT_CRC32, row.Crc32),
            U16(BATADV_ATTR_TT_VID, row.Vlan.Raw),
            U32(BATADV_ATTR_TT_FLAGS, (uint)row.Flags),
            Flag(BATADV_ATTR_FLAG_BEST, row.IsBest)
        );

    public static byte[] Encode(BridgeLoopClaim row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_BLA_CLAIM),
            Flag(BATADV_ATTR_BLA_OWN, row.IsOwn),
            Mac(BATADV_ATTR_BLA_ADDRESS, row.Client),
            U16(BATADV_ATTR_BLA_VID, row.Vlan.Raw),
            Mac(BATADV_ATTR_BLA_BACKBONE, row.Backbone),
            U16(BATADV_ATTR_BLA_CRC, row.Crc)
        );

    public static byte[] Encode(BridgeLoopBackbone row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_BLA_BACKBONE),
            Flag(BATADV_ATTR_BLA_OWN, row.IsOwn),
            Mac(BATADV_ATTR_BLA_BACKBONE, row.Backbone),
            U16(BATADV_ATTR_BLA_VID, row.Vlan.Raw),
            U16(BATADV_ATTR_BLA_CRC, row.Crc),
            U32(BATADV_ATTR_LAST_SEEN_MSECS, row.LastSeenMs)
        );

    public static byte[] Encode(DatCacheEntry row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_DAT_CACHE),
            Attribute((int)BATADV_ATTR_DAT_CACHE_IP4ADDRESS, row.Address),
            Mac(BATADV_ATTR_DAT_CACHE_HWADDRESS, row.HardwareAddress),
            U16(BATADV_ATTR_DAT_CACHE_VID, row.Vlan.Raw),
            U32(BATADV_ATTR_LAST_SEEN_MSECS, row.LastSeenMs)
        );

    public static byte[] Encode(OriginatorMulticast row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_GET_MCAST_FLAGS),
            Mac(BATADV_ATTR_ORIG_ADDRESS, row.Originator),
            U32(BATADV_ATTR_MCAST_FLAGS, (uint?)row.Flags)
        );

    public static byte[] Encode(HardInterface row, byte command = (byte)BatadvCmd.BATADV_CMD_GET_HARDIF) =>
        Join(
            GenericHeader(command),
            U32(BATADV_ATTR_MESH_IFINDEX, row.MeshIfIndex),
            Text(BATADV_ATTR_MESH_IFNAME, "bat0"),
            U32(BATADV_ATTR_HARD_IFINDEX, row.HardIfIndex),
            Text(BATADV_ATTR_HARD_IFNAME, row.Name),
            Mac(BATADV_ATTR_HARD_ADDRESS, row.Address),
            Flag(BATADV_ATTR_ACTIVE, row.IsActive),
            U8(BATADV_ATTR_HOP_PENALTY, row.Settings.HopPenalty),
            U32(BATADV_ATTR_ELP_INTERVAL, row.Settings.ElpIntervalMs),
            U32(BATADV_ATTR_THROUGHPUT_OVERRIDE, row.Settings.ThroughputOverride100Kbps)
        );

    /// <summary>The kernel puts the 16-bit id into a 32-bit attribute (batadv_netlink_vlan_fill).</summary>
    public static byte[] Encode(MeshVlan row, byte command = (byte)BatadvCmd.BATADV_CMD_GET_VLAN) =>
        Join(
            GenericHeader(command),
            U32(BATADV_ATTR_MESH_IFINDEX, row.MeshIfIndex),
            U32(BATADV_ATTR_VLANID, row.VlanNumber),
            U8(BATADV_ATTR_AP_ISOLATION_ENABLED, Bool(row.ApIsolation))
        );

    public static byte[] Encode(ThroughputMeterResult row) =>
        Join(
            GenericHeader((byte)BatadvCmd.BATADV_CMD_TP_METER),
            U32(BATADV_ATTR_TPMETER_COOKIE, row.Cookie),
            U32(BATADV_ATTR_TPMETER_TEST_TIME, row.TestTimeMs),
            Attribute((int)BATADV_ATTR_PAD),
            Attribute((int)BATADV_ATTR_TPMETER_BYTES, row.Bytes),
            U8(BATADV_ATTR_TPMETER_RESULT, (byte)row.Status),
            Mac(BATADV_ATTR_ORIG_ADDRESS, row.Originator)
        );

    public static byte[] Encode(MeshInterface row, byte command = (byte)BatadvCmd.BATADV_CMD_GET_MESH) =>
        Join(
            GenericHeader(command),
            Text(BATADV_ATTR_VERSION, row.Version),
            Text(BATADV_ATTR_ALGO_NAME, row.AlgorithmName),
            U32(BATADV_ATTR_MESH_IFINDEX, row.MeshIfIndex),
            Text(BATADV_ATTR_MESH_IFNAME, row.MeshIfName),
            Mac(BATADV_ATTR_MESH_ADDRESS, row.MeshAddress),
            U8(BATADV_ATTR_TT_TTVN, row.TranslationTableVersion),
            U16(BATADV_ATTR_BLA_CRC, row.BridgeLoopGroup),
            U32(BATADV_ATTR_MCAST_FLAGS, (uint?)row.MulticastFlags),
            U32(BATADV_ATTR_MCAST_FLAGS_PRIV, (uint?)row.PrivateMulticastFlags),
            U32(BATADV_ATTR_HARD_IFINDEX, row.PrimaryIfIndex),
            Text(BATADV_ATTR_HARD_IFNAME, row.PrimaryIfName),
            row.PrimaryAddress is { } address ? Mac(BATADV_ATTR_HARD_ADDRESS, address) : [],
            Encode(row.Settings)
        );

    public static byte[] Encode(MeshSettings settings) =>
        Join(
            U8(BATADV_ATTR_AGGREGATED_OGMS_ENABLED, Bool(settings.AggregatedOgms)),
            U8(BATADV_ATTR_AP_ISOLATION_ENABLED, Bool(settings.ApIsolation)),
            U32(BATADV_ATTR_ISOLATION_MARK, settings.IsolationMark),
            U32(BATADV_ATTR_ISOLATION_MASK, settings.IsolationMask),
            U8(BATADV_ATTR_BONDING_ENABLED, Bool(settings.Bonding)),
            U8(BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED, Bool(settings.BridgeLoopAvoidance)),
            U8(BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED, Bool(settings.DistributedArpTable)),
            U8(BATADV_ATTR_FRAGMENTATION_ENABLED, Bool(settings.Fragmentation)),
            U32(BATADV_ATTR_GW_BANDWIDTH_DOWN, settings.GatewayBandwidthDown100Kbps),
            U32(BATADV_ATTR_GW_BANDWIDTH_UP, settings.GatewayBandwidthUp100Kbps),
            U8(BATADV_ATTR_GW_MODE, (byte?)settings.GatewayMode),
            U32(BATADV_ATTR_GW_SEL_CLASS, settings.GatewaySelectionClass),
            U8(BATADV_ATTR_HOP_PENALTY, settings.HopPenalty),
            U32(BATADV_ATTR_LOG_LEVEL, settings.LogLevel),
            U8(BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED, Bool(settings.MulticastForceFlood)),
            U32(BATADV_ATTR_MULTICAST_FANOUT, settings.MulticastFanout),
            U8(BATADV_ATTR_NETWORK_CODING_ENABLED, Bool(settings.NetworkCoding)),
            U32(BATADV_ATTR_ORIG_INTERVAL, settings.OrigIntervalMs)
        );

    /// <summary>An RTM_NEWLINK body; the address family is settable because bridges send AF_BRIDGE ones.</summary>
    public static byte[] Encode(Link row, byte family = 0) =>
        Join(
            [family, 0],
            BitConverter.GetBytes(row.HardwareType),
            BitConverter.GetBytes(row.Index),
            BitConverter.GetBytes((uint)row.Flags),
            new byte[4],
            Attribute(IfLinkUapi.IFLA_IFNAME, row.Name),
            Attribute(IfLinkUapi.IFLA_MTU, row.Mtu),
            Attribute(IfLinkUapi.IFLA_OPERSTATE, [(byte)row.OperationalState]),
            row.HasCarrier is { } carrier ? Attribute(IfLinkUapi.IFLA_CARRIER, [Bool(carrier)]) : [],
            row.CarrierChanges is { } changes ? Attribute(IfLinkUapi.IFLA_CARRIER_CHANGES, changes) : [],
            row.MasterIndex is { } master ? Attribute(IfLinkUapi.IFLA_MASTER, master) : [],
            row.ParentIndex is { } parent ? Attribute(IfLinkUapi.IFLA_LINK, parent) : [],
            row.Address is { } address ? Attribute(IfLinkUapi.IFLA_ADDRESS, address) : [],
            row.Statistics is { } statistics ? Attribute(IfLinkUapi.IFLA_STATS64, Encode(statistics)) : [],
            row.Kind is { } kind ? Nested(IfLinkUapi.IFLA_LINKINFO, Attribute(IfLinkUapi.IFLA_INFO_KIND, kind)) : []
        );

    public static byte[] Encode(InterfaceAddress row)
    {
        byte[] local = Attribute(IfAddrUapi.IFA_LOCAL, row.Address);
        byte[] address = Attribute(IfAddrUapi.IFA_ADDRESS, row.Peer.HasValue ? row.Peer : row.Address);
        return Join(
            [(byte)(row.Address.IsIPv4 ? 2 : 10), row.PrefixLength, (byte)row.Flags, row.Scope],
            BitConverter.GetBytes(row.InterfaceIndex),
            address,
            row.Address.IsIPv4 || row.Peer.HasValue ? local : [],
            Attribute(IfAddrUapi.IFA_FLAGS, row.Flags)
        );
    }

    public static byte[] Encode(NeighbourEntry row) =>
        Join(
            [(byte)(row.Address.IsIPv4 ? 2 : 10), 0, 0, 0],
            BitConverter.GetBytes(row.InterfaceIndex),
            BitConverter.GetBytes((ushort)row.State),
            [0, 1],
            Attribute(NeighbourUapi.NDA_DST, row.Address),
            row.HardwareAddress is { } address ? Attribute(NeighbourUapi.NDA_LLADDR, address) : []
        );

    private static byte[] Encode(LinkStatistics row)
    {
        ulong[] numbers =
        [
            row.ReceivedPackets,
            row.SentPackets,
            row.ReceivedBytes,
            row.SentBytes,
            row.ReceiveErrors,
            row.SendErrors,
            row.ReceiveDropped,
            row.SendDropped,
        ];

        // A real kernel's struct is longer.
        return Join(numbers.SelectMany(BitConverter.GetBytes).ToArray(), new byte[17 * 8]);
    }

    private static byte[] Mac(BatadvAttr type, MacAddress value) => Attribute((int)type, value);

    private static byte[] U8(BatadvAttr type, byte? value) => value is { } v ? Attribute((int)type, [v]) : [];

    private static byte[] U16(BatadvAttr type, ushort? value) => value is { } v ? Attribute((int)type, v) : [];

    private static byte[] U32(BatadvAttr type, uint? value) => value is { } v ? Attribute((int)type, v) : [];

    private static byte[] Text(BatadvAttr type, string? value) => value is null ? [] : Attribute((int)type, value);

    private static byte[] Flag(BatadvAttr type, bool value) => value ? Attribute((int)type) : [];

    private static byte? Bool(bool? value) => value is { } v ? Bool(v) : null;

    private static byte Bool(bool value) => value ? (byte)1 : (byte)0;
}
