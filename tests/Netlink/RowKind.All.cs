using X0tta6bl4.Netlink.Batman;
using static X0tta6bl4.Netlink.Linux.BatadvAttr;
using static X0tta6bl4.Netlink.Linux.BatadvCmd;

namespace X0tta6bl4.Netlink.Tests;

internal abstract partial class RowKind
{
    private static readonly Gen<MacAddress> Mac = Gen.ULong.Select(value => new MacAddress(value));
    private static readonly Gen<VlanId> Vlan = Gen.UShort.Select(value => new VlanId(value));
    private static readonly Gen<byte?> MaybeByte = Gen.Byte.Nullable();
    private static readonly Gen<uint?> MaybeUInt = Gen.UInt.Nullable();
    private static readonly Gen<bool?> MaybeBool = Gen.Bool.Nullable();

    /// <summary>1–15 letters, as interface names are.</summary>
    private static readonly Gen<string> Name = Gen.String[Gen.Char['a', 'z'], 1, 15];

    public static IReadOnlyList<RowKind> All { get; } =
        [
            new Kind<Originator>(
                "originator",
                BATADV_CMD_GET_ORIGINATORS,
                Gen.Select(
                    Gen.Select(Mac, Mac, Gen.UInt[1, uint.MaxValue], Gen.UInt, Gen.Bool),
                    Gen.Select(Gen.Bool, Gen.Byte, Gen.UInt),
                    (row, metric) =>
                        new Originator
                        {
                            Address = row.Item1,
                            NextHop = row.Item2,
                            HardIfIndex = row.Item3,
                            LastSeenMs = row.Item4,
                            IsBest = row.Item5,
                            Tq = metric.Item1 ? metric.Item2 : null,
                            ThroughputKbps = metric.Item1 ? null : metric.Item3,
                        }
                ),
                row => KernelRows.Encode(row),
                (client, mesh, rows) => client.DumpOriginators(mesh, rows),
                BATADV_ATTR_ORIG_ADDRESS,
                BATADV_ATTR_NEIGH_ADDRESS,
                BATADV_ATTR_HARD_IFINDEX,
                BATADV_ATTR_LAST_SEEN_MSECS
            ),
            new Kind<Neighbour>(
                "neighbour",
                BATADV_CMD_GET_NEIGHBORS,
                Gen.Select(
                    Mac,
                    Gen.UInt,
                    Gen.UInt,
                    MaybeUInt,
                    (address, index, seen, throughput) =>
                        new Neighbour
                        {
                            Address = address,
                            HardIfIndex = index,
                            LastSeenMs = seen,
                            ThroughputKbps = throughput,
                        }
                ),
                row => KernelRows.Encode(row),
                (client, mesh, rows) => client.DumpNeighbours(mesh, rows),
                BATADV_ATTR_NEIGH_ADDRESS,
                BATADV_ATTR_HARD_IFINDEX,
                BATADV_ATTR_LAST_SEEN_MSECS
            ),
            new Kind<Gateway>(
                "gateway",
                BATADV_CMD_GET_GATEWAYS,
                Gen.Select(
                    Gen.Select(Mac, Mac, MaybeUInt, Gen.Bool),
                    Gen.Select(Gen.Bool, Gen.Byte, Gen.UInt),
                    Gen.Select(Gen.UInt, Gen.UInt),
                    (row, metric, bandwidth) =>
                        new Gateway
                        {
                            Address = row.Item1,
                            Router = row.Item2,
                            HardIfIndex = row.Item3,
                            IsSelected = row.Item4,
                            Tq = metric.Item1 ? metric.Item2 : null,
                            Throughput100Kbps = metric.Item1 ? null : metric.Item3,
                            BandwidthDown100Kbps = bandwidth.Item1,
                            BandwidthUp100Kbps = bandwidth.Item2,
                        }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpGateways(mesh, rows),
                BATADV_ATTR_ORIG_ADDRESS,
                BATADV_ATTR_ROUTER,
                BATADV_ATTR_BANDWIDTH_DOWN,
                BATADV_ATTR_BANDWIDTH_UP
            ),
            new Kind<LocalTranslation>(
                "local translation",
                BATADV_CMD_GET_TRANSTABLE_LOCAL,
                Gen.Select(
                    Mac,
                    Vlan,
                    Gen.Int,
                    Gen.UInt,
                    MaybeUInt,
                    (client, vlan, flags, crc, seen) =>
                        new LocalTranslation
                        {
                            Client = client,
                            Vlan = vlan,
                            Flags = (TranslationFlags)flags,
                            Crc32 = crc,
                            LastSeenMs = seen,
                        }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpLocalTranslations(mesh, rows),
                BATADV_ATTR_TT_ADDRESS,
                BATADV_ATTR_TT_CRC32,
                BATADV_ATTR_TT_VID,
                BATADV_ATTR_TT_FLAGS
            ),
            new Kind<GlobalTranslation>(
                "global translation",
                BATADV_CMD_GET_TRANSTABLE_GLOBAL,
                Gen.Select(
                    Gen.Select(Mac, Vlan, Mac, Gen.Int),
                    Gen.Select(Gen.Byte, Gen.Byte, MaybeUInt, Gen.Bool),
                    (row, rest) =>
                        new GlobalTranslation
                        {
                            Client = row.Item1,
                            Vlan = row.Item2,
                            Originator = row.Item3,
                            Flags = (TranslationFlags)row.Item4,
                            Ttvn = rest.Item1,
                            LastTtvn = rest.Item2,
                            Crc32 = rest.Item3,
                            IsBest = rest.Item4,
                        }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpGlobalTranslations(mesh, rows),
                BATADV_ATTR_TT_ADDRESS,
                BATADV_ATTR_ORIG_ADDRESS,
                BATADV_ATTR_TT_TTVN,
                BATADV_ATTR_TT_LAST_TTVN,
                BATADV_ATTR_TT_VID,
                BATADV_ATTR_TT_FLAGS
            ),
            new Kind<BridgeLoopClaim>(
                "bridge loop claim",
                BATADV_CMD_GET_BLA_CLAIM,
                Gen.Select(
                    Mac,
                    Vlan,
                    Mac,
                    Gen.UShort,
                    Gen.Bool,
                    (client, vlan, backbone, crc, own) =>
                        new BridgeLoopClaim
                        {
                            Client = client,
                            Vlan = vlan,
                            Backbone = backbone,
                            Crc = crc,
                            IsOwn = own,
                        }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpBridgeLoopClaims(mesh, rows),
                BATADV_ATTR_BLA_ADDRESS,
                BATADV_ATTR_BLA_VID,
                BATADV_ATTR_BLA_BACKBONE,
                BATADV_ATTR_BLA_CRC
            ),
            new Kind<BridgeLoopBackbone>(
                "bridge loop backbone",
                BATADV_CMD_GET_BLA_BACKBONE,
                Gen.Select(
                    Mac,
                    Vlan,
                    Gen.UShort,
                    Gen.UInt,
                    Gen.Bool,
                    (backbone, vlan, crc, seen, own) =>
                        new BridgeLoopBackbone
                        {
                            Backbone = backbone,
                            Vlan = vlan,
                            Crc = crc,
                            LastSeenMs = seen,
                            IsOwn = own,
                        }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpBridgeLoopBackbones(mesh, rows),
                BATADV_ATTR_BLA_BACKBONE,
                BATADV_ATTR_BLA_VID,
                BATADV_ATTR_BLA_CRC,
                BATADV_ATTR_LAST_SEEN_MSECS
            ),
            new Kind<DatCacheEntry>(
                "DAT cache entry",
                BATADV_CMD_GET_DAT_CACHE,
                Gen.Select(
                    Gen.Byte.Array[4],
                    Mac,
                    Vlan,
                    Gen.UInt,
                    (address, mac, vlan, seen) =>
                        new DatCacheEntry
                        {
                            Address = InetAddress.TryRead(address, out var inet) ? inet : default,
                            HardwareAddress = mac,
                            Vlan = vlan,
                            LastSeenMs = seen,
                        }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpDatCache(mesh, rows),
                BATADV_ATTR_DAT_CACHE_IP4ADDRESS,
                BATADV_ATTR_DAT_CACHE_HWADDRESS,
                BATADV_ATTR_DAT_CACHE_VID,
                BATADV_ATTR_LAST_SEEN_MSECS
            ),
            new Kind<OriginatorMulticast>(
                "multicast flags",
                BATADV_CMD_GET_MCAST_FLAGS,
                Gen.Select(
                    Mac,
                    Gen.Int.Nullable(),
                    (originator, flags) =>
                        new OriginatorMulticast { Originator = originator, Flags = (MulticastFlags?)flags }
                ),
                KernelRows.Encode,
                (client, mesh, rows) => client.DumpMulticast(mesh, rows),
                BATADV_ATTR_ORIG_ADDRESS
            ),
            new Kind<HardInterface>(
                "hard interface",
                BATADV_CMD_GET_HARDIF,
                Gen.Select(
                    Gen.Select(Gen.UInt, Gen.UInt, Name, Mac, Gen.Bool),
                    Gen.Select(MaybeByte, MaybeUInt, MaybeUInt),
                    (row, settings) =>
                        new HardInterface
                        {
                            MeshIfIndex = row.Item1,
                            HardIfIndex = row.Item2,
                            Name = row.Item3,
                            Address = row.Item4,
                            IsActive = row.Item5,
                            Settings = new HardInterfaceSettings
                            {
                                HopPenalty = settings.Item1,
                                ElpIntervalMs = settings.Item2,
                                ThroughputOverride100Kbps = settings.Item3,
                            },
                        }
                ),
                row => KernelRows.Encode(row),
                (client, mesh, rows) => client.DumpHardInterfaces(mesh, rows),
                BATADV_ATTR_MESH_IFINDEX,
                BATADV_ATTR_HARD_IFINDEX,
                BATADV_ATTR_HARD_IFNAME,
                BATADV_ATTR_HARD_ADDRESS
            ),
            new Kind<MeshInterface>(
                "mesh",
                BATADV_CMD_GET_MESH,
                Gen.Select(
                    Gen.Select(Name, Name, Gen.UInt, Name.Null(), Mac),
                    Gen.Select(MaybeByte, Gen.UShort.Nullable(), Gen.Int.Nullable(), Gen.Int.Nullable()),
                    Gen.Select(Gen.Bool, Gen.UInt, Name, Mac),
                    GenSettings(),
                    (identity, state, primary, settings) =>
                        new MeshInterface
                        {
                            Version = identity.Item1,
                            AlgorithmName = identity.Item2,
                            MeshIfIndex = identity.Item3,
                            MeshIfName = identity.Item4,
                            MeshAddress = identity.Item5,
                            TranslationTableVersion = state.Item1,
                            BridgeLoopGroup = state.Item2,
                            MulticastFlags = (MulticastFlags?)state.Item3,
                            PrivateMulticastFlags = (PrivateMulticastFlags?)state.Item4,
                            PrimaryIfIndex = primary.Item1 ? primary.Item2 : null,
                            PrimaryIfName = primary.Item1 ? primary.Item3 : null,
                            PrimaryAddress = primary.Item1 ? primary.Item4 : null,
                            Settings = settings,
                        }
                ),
                row => KernelRows.Encode(row),
                One<MeshInterface>((client, mesh) => client.GetMesh(mesh)),
                BATADV_ATTR_VERSION,
                BATADV_ATTR_ALGO_NAME,
                BATADV_ATTR_MESH_IFINDEX,
                BATADV_ATTR_MESH_ADDRESS
            ),
            new Kind<MeshVlan>(
                "VLAN",
                BATADV_CMD_GET_VLAN,
                Gen.Select(
                    Gen.UInt,
                    Gen.UShort,
                    Gen.Bool,
                    (mesh, vlan, isolation) =>
                        new MeshVlan
                        {
                            MeshIfIndex = mesh,
                            VlanNumber = vlan,
                            ApIsolation = isolation,
                        }
                ),
                row => KernelRows.Encode(row),
                One<MeshVlan>((client, mesh) => client.GetVlan(mesh, 1)),
                BATADV_ATTR_MESH_IFINDEX,
                BATADV_ATTR_VLANID,
                BATADV_ATTR_AP_ISOLATION_ENABLED
            ),
        ];

    private static Action<BatmanClient, uint, List<T>> One<T>(Func<BatmanClient, uint, T> get) =>
        (client, mesh, rows) =>
        {
            rows.Clear();
            rows.Add(get(client, mesh));
        };

    private static Gen<MeshSettings> GenSettings() =>
        Gen.Select(
            MaybeBool.Array[8],
            MaybeUInt.Array[8],
            MaybeByte.Array[2],
            (flags, numbers, bytes) =>
                new MeshSettings
                {
                    AggregatedOgms = flags[0],
                    ApIsolation = flags[1],
                    Bonding = flags[2],
                    BridgeLoopAvoidance = flags[3],
                    DistributedArpTable = flags[4],
                    Fragmentation = flags[5],
                    MulticastForceFlood = flags[6],
                    NetworkCoding = flags[7],
                    IsolationMark = numbers[0],
                    IsolationMask = numbers[1],
                    GatewayBandwidthDown100Kbps = numbers[2],
                    GatewayBandwidthUp100Kbps = numbers[3],
                    GatewaySelectionClass = numbers[4],
                    LogLevel = numbers[5],
                    MulticastFanout = numbers[6],
                    OrigIntervalMs = numbers[7],
                    GatewayMode = (GatewayMode?)bytes[0],
                    HopPenalty = bytes[1],
                }
        );
}
