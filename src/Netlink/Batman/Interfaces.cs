namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// State and settings of one mesh interface: <c>BATADV_CMD_GET_MESH</c>. A setting is null when this kernel does not
/// report it: it depends on the kernel's version and build options, and one (network coding) has already died.
/// </summary>
public readonly partial record struct MeshInterface
{
    /// <summary>Version of the kernel module, for example "2022.3", <c>BATADV_ATTR_VERSION</c>.</summary>
    public string Version { get; init; }

    /// <summary>BATMAN_IV or BATMAN_V, <c>BATADV_ATTR_ALGO_NAME</c>.</summary>
    public string AlgorithmName { get; init; }

    /// <summary><c>BATADV_ATTR_MESH_IFINDEX</c>.</summary>
    public uint MeshIfIndex { get; init; }

    /// <summary>For example bat0, <c>BATADV_ATTR_MESH_IFNAME</c>; null when the kernel did not say.</summary>
    public string? MeshIfName { get; init; }

    /// <summary><c>BATADV_ATTR_MESH_ADDRESS</c>.</summary>
    public MacAddress MeshAddress { get; init; }

    /// <summary>The primary hard interface while one is active, <c>BATADV_ATTR_HARD_IFINDEX</c>.</summary>
    public uint? PrimaryIfIndex { get; init; }

    /// <summary><c>BATADV_ATTR_HARD_IFNAME</c>.</summary>
    public string? PrimaryIfName { get; init; }

    /// <summary>The address by which the mesh knows this node as originator, <c>BATADV_ATTR_HARD_ADDRESS</c>.</summary>
    public MacAddress? PrimaryAddress { get; init; }

    /// <summary>Version of the local translation table, <c>BATADV_ATTR_TT_TTVN</c>.</summary>
    public byte? TranslationTableVersion { get; init; }

    /// <summary>Bridge-loop-avoidance group, <c>BATADV_ATTR_BLA_CRC</c>.</summary>
    public ushort? BridgeLoopGroup { get; init; }

    /// <summary>What this node announces about multicast, <c>BATADV_ATTR_MCAST_FLAGS</c>.</summary>
    public MulticastFlags? MulticastFlags { get; init; }

    /// <summary><c>BATADV_ATTR_MCAST_FLAGS_PRIV</c>.</summary>
    public PrivateMulticastFlags? PrivateMulticastFlags { get; init; }

    /// <summary>The settings, which <see cref="BatmanClient.SetMesh"/> accepts back.</summary>
    public MeshSettings Settings { get; init; }

    /// <summary>A primary hard interface is active: the tables can be read.</summary>
    public bool IsUp => PrimaryIfIndex is not null;
}

/// <summary>
/// Settings of a mesh interface. Read: null means "this kernel does not report it". Written
/// (<c>BATADV_CMD_SET_MESH</c>): null means "leave as it is". The kernel silently ignores or clamps some values out
/// of range; read back what matters.
/// </summary>
public readonly partial record struct MeshSettings
{
    /// <summary>Send several OGMs in one frame (BATMAN_IV), <c>BATADV_ATTR_AGGREGATED_OGMS_ENABLED</c>.</summary>
    public bool? AggregatedOgms { get; init; }

    /// <summary>Drop frames between wifi clients (untagged), <c>BATADV_ATTR_AP_ISOLATION_ENABLED</c>.</summary>
    public bool? ApIsolation { get; init; }

    /// <summary>Firewall mark of isolated clients, <c>BATADV_ATTR_ISOLATION_MARK</c>.</summary>
    public uint? IsolationMark { get; init; }

    /// <summary>Bits of the mark that count; 0 switches it off, <c>BATADV_ATTR_ISOLATION_MASK</c>.</summary>
    public uint? IsolationMask { get; init; }

    /// <summary>Use several links at once, <c>BATADV_ATTR_BONDING_ENABLED</c>.</summary>
    public bool? Bonding { get; init; }

    /// <summary><c>BATADV_ATTR_BRIDGE_LOOP_AVOIDANCE_ENABLED</c>.</summary>
    public bool? BridgeLoopAvoidance { get; init; }

    /// <summary><c>BATADV_ATTR_DISTRIBUTED_ARP_TABLE_ENABLED</c>.</summary>
    public bool? DistributedArpTable { get; init; }

    /// <summary>Fragment frames larger than the link allows, <c>BATADV_ATTR_FRAGMENTATION_ENABLED</c>.</summary>
    public bool? Fragmentation { get; init; }

    /// <summary>Announced as a gateway, steps of 100 kbit/s, <c>BATADV_ATTR_GW_BANDWIDTH_DOWN</c>.</summary>
    public uint? GatewayBandwidthDown100Kbps { get; init; }

    /// <summary>Announced as a gateway, steps of 100 kbit/s, <c>BATADV_ATTR_GW_BANDWIDTH_UP</c>.</summary>
    public uint? GatewayBandwidthUp100Kbps { get; init; }

    /// <summary><c>BATADV_ATTR_GW_MODE</c>.</summary>
    public GatewayMode? GatewayMode { get; init; }

    /// <summary>
    /// When a client changes its gateway, <c>BATADV_ATTR_GW_SEL_CLASS</c>. BATMAN_IV: 1 and 2 keep it, 3 takes any
    /// better TQ, 4–255 is the TQ advantage it takes (default 20). BATMAN_V: the throughput advantage it takes, in steps of
    /// 100 kbit/s (default 50).
    /// </summary>
    public uint? GatewaySelectionClass { get; init; }

    /// <summary>0–255, taken off the TQ at every hop, <c>BATADV_ATTR_HOP_PENALTY</c>.</summary>
    public byte? HopPenalty { get; init; }

    /// <summary>Bit mask of debug classes, <c>BATADV_ATTR_LOG_LEVEL</c>.</summary>
    public uint? LogLevel { get; init; }

    /// <summary>Flood all multicast, <c>BATADV_ATTR_MULTICAST_FORCEFLOOD_ENABLED</c>.</summary>
    public bool? MulticastForceFlood { get; init; }

    /// <summary>Most unicast copies of one multicast packet, <c>BATADV_ATTR_MULTICAST_FANOUT</c>.</summary>
    public uint? MulticastFanout { get; init; }

    /// <summary>Dead since module version 2025.4, <c>BATADV_ATTR_NETWORK_CODING_ENABLED</c>.</summary>
    public bool? NetworkCoding { get; init; }

    /// <summary>Milliseconds between two OGMs, at least 40, <c>BATADV_ATTR_ORIG_INTERVAL</c>.</summary>
    public uint? OrigIntervalMs { get; init; }
}

/// <summary>One hard interface of a mesh: <c>BATADV_CMD_GET_HARDIF</c>.</summary>
public readonly partial record struct HardInterface
{
    /// <summary><c>BATADV_ATTR_MESH_IFINDEX</c>.</summary>
    public uint MeshIfIndex { get; init; }

    /// <summary><c>BATADV_ATTR_HARD_IFINDEX</c>.</summary>
    public uint HardIfIndex { get; init; }

    /// <summary><c>BATADV_ATTR_HARD_IFNAME</c>; one cached string for all dumps.</summary>
    public string Name { get; init; }

    /// <summary><c>BATADV_ATTR_HARD_ADDRESS</c>.</summary>
    public MacAddress Address { get; init; }

    /// <summary>Up, with a carrier, and used by the mesh, <c>BATADV_ATTR_ACTIVE</c>.</summary>
    public bool IsActive { get; init; }

    /// <summary>The settings, which <see cref="BatmanClient.SetHardInterface"/> accepts back.</summary>
    public HardInterfaceSettings Settings { get; init; }
}

/// <summary>
/// Settings of a hard interface. Read: null means "this kernel does not report it". Written
/// (<c>BATADV_CMD_SET_HARDIF</c>): null means "leave as it is".
/// </summary>
public readonly partial record struct HardInterfaceSettings
{
    /// <summary>0–255, added to the mesh's for this interface, <c>BATADV_ATTR_HOP_PENALTY</c> (Linux 5.8).</summary>
    public byte? HopPenalty { get; init; }

    /// <summary>BATMAN_V: milliseconds between two probes, <c>BATADV_ATTR_ELP_INTERVAL</c>.</summary>
    public uint? ElpIntervalMs { get; init; }

    /// <summary>
    /// BATMAN_V: taken instead of the estimate, steps of 100 kbit/s, 0 = estimate,
    /// <c>BATADV_ATTR_THROUGHPUT_OVERRIDE</c>.
    /// </summary>
    public uint? ThroughputOverride100Kbps { get; init; }
}

/// <summary>One VLAN on top of a mesh interface: <c>BATADV_CMD_GET_VLAN</c>.</summary>
public readonly partial record struct MeshVlan
{
    /// <summary><c>BATADV_ATTR_MESH_IFINDEX</c>.</summary>
    public uint MeshIfIndex { get; init; }

    /// <summary>802.1Q id, <c>BATADV_ATTR_VLANID</c>.</summary>
    public ushort VlanNumber { get; init; }

    /// <summary><c>BATADV_ATTR_AP_ISOLATION_ENABLED</c>.</summary>
    public bool ApIsolation { get; init; }
}

/// <summary>The end of a throughput measurement, from the <c>tpmeter</c> group.</summary>
public readonly partial record struct ThroughputMeterResult
{
    /// <summary>
    /// What <see cref="BatmanClient.StartThroughputMeter"/> returned, <c>BATADV_ATTR_TPMETER_COOKIE</c>.
    /// </summary>
    public uint Cookie { get; init; }

    /// <summary>The far end, <c>BATADV_ATTR_ORIG_ADDRESS</c>.</summary>
    public MacAddress Originator { get; init; }

    /// <summary>How it ended, <c>BATADV_ATTR_TPMETER_RESULT</c>.</summary>
    public ThroughputMeterStatus Status { get; init; }

    /// <summary>How long it ran, milliseconds, <c>BATADV_ATTR_TPMETER_TEST_TIME</c>.</summary>
    public uint TestTimeMs { get; init; }

    /// <summary>Acknowledged bytes, <c>BATADV_ATTR_TPMETER_BYTES</c>.</summary>
    public ulong Bytes { get; init; }

    /// <summary>Mean throughput, bytes a second; 0 when nothing ran.</summary>
    public double BytesPerSecond => TestTimeMs == 0 ? 0 : Bytes * 1000.0 / TestTimeMs;
}
