using System.Text.Json;
using X0tta6bl4.Mesh;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;

namespace X0tta6bl4.Agent.Control;

/// <summary>
/// The kernel's tables as JSON. Field names and units are those of batctl's JSON (batctl 2023.0, genl_json.c), because
/// scripts know them; what batctl does not have is added under names of our own.
/// </summary>
internal static class MeshJson
{
    private static readonly (string, uint)[] TranslationFlagNames =
    [
        ("del", (uint)TranslationFlags.Deleted),
        ("roam", (uint)TranslationFlags.Roamed),
        ("wifi", (uint)TranslationFlags.Wifi),
        ("isolated", (uint)TranslationFlags.Isolated),
        ("nopurge", (uint)TranslationFlags.NoPurge),
        ("new", (uint)TranslationFlags.New),
        ("pending", (uint)TranslationFlags.Pending),
        ("temp", (uint)TranslationFlags.Temporary),
    ];

    private static readonly (string, uint)[] MulticastFlagNames =
    [
        ("all_unsnoopables", (uint)MulticastFlags.WantAllUnsnoopables),
        ("want_all_ipv4", (uint)MulticastFlags.WantAllIpv4),
        ("want_all_ipv6", (uint)MulticastFlags.WantAllIpv6),
        ("want_no_rtr_ipv4", (uint)MulticastFlags.WantNoRouterIpv4),
        ("want_no_rtr_ipv6", (uint)MulticastFlags.WantNoRouterIpv6),
    ];

    private static readonly (string, uint)[] PrivateMulticastFlagNames =
    [
        ("bridged", (uint)PrivateMulticastFlags.Bridged),
        ("querier_ipv4_exists", (uint)PrivateMulticastFlags.QuerierIpv4Exists),
        ("querier_ipv6_exists", (uint)PrivateMulticastFlags.QuerierIpv6Exists),
        ("querier_ipv4_shadowing", (uint)PrivateMulticastFlags.QuerierIpv4Shadowing),
        ("querier_ipv6_shadowing", (uint)PrivateMulticastFlags.QuerierIpv6Shadowing),
    ];

    /// <summary>Bits of the kernel's debug log (batman-adv log.h, batadv_dbg_level), under batctl's names.</summary>
    private static readonly (string, uint)[] LogLevelNames =
    [
        ("batman", 1 << 0), ("routes", 1 << 1), ("tt", 1 << 2), ("bla", 1 << 3),
        ("dat", 1 << 4), ("nc", 1 << 5), ("mcast", 1 << 6), ("tp", 1 << 7),
    ];

    public static void Write(Utf8JsonWriter json, in Originator row, string interfaceName)
    {
        json.WriteStartObject();
        json.WriteNumber("hard_ifindex", row.HardIfIndex);
        json.WriteString("hard_ifname", interfaceName);
        WriteMac(json, "orig_address", row.Address);
        json.WriteBoolean("best", row.IsBest);
        json.WriteNumber("last_seen_msecs", row.LastSeenMs);
        WriteMac(json, "neigh_address", row.NextHop);
        WriteQuality(json, row.Tq, row.ThroughputKbps);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in NeighbourState state, string interfaceName)
    {
        json.WriteStartObject();
        json.WriteNumber("hard_ifindex", state.Row.HardIfIndex);
        json.WriteString("hard_ifname", interfaceName);
        json.WriteNumber("last_seen_msecs", state.Row.LastSeenMs);
        WriteMac(json, "neigh_address", state.Row.Address);
        WriteQuality(json, state.Tq, state.Row.ThroughputKbps);
        json.WriteBoolean("alive", state.IsAlive);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in Gateway row, string interfaceName)
    {
        json.WriteStartObject();
        if (row.HardIfIndex is { } index)
        {
            json.WriteNumber("hard_ifindex", index);
        }

        json.WriteString("hard_ifname", interfaceName);
        WriteMac(json, "orig_address", row.Address);
        json.WriteBoolean("best", row.IsSelected);
        WriteQuality(json, row.Tq, row.Throughput100Kbps);
        json.WriteNumber("bandwidth_up", row.BandwidthUp100Kbps);
        json.WriteNumber("bandwidth_down", row.BandwidthDown100Kbps);
        WriteMac(json, "router", row.Router);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in MeshInterface mesh)
    {
        json.WriteStartObject();
        json.WriteString("version", mesh.Version);
        json.WriteString("algo_name", mesh.AlgorithmName);
        json.WriteNumber("mesh_ifindex", mesh.MeshIfIndex);
        json.WriteString("mesh_ifname", mesh.MeshIfName);
        WriteMac(json, "mesh_address", mesh.MeshAddress);
        if (mesh is { PrimaryIfIndex: { } index, PrimaryAddress: { } address })
        {
            json.WriteNumber("hard_ifindex", index);
            json.WriteString("hard_ifname", mesh.PrimaryIfName);
            WriteMac(json, "hard_address", address);
        }

        WriteNumber(json, "tt_ttvn", mesh.TranslationTableVersion);
        WriteNumber(json, "bla_crc", mesh.BridgeLoopGroup);
        WriteFlags(json, "mcast_flags", (uint?)mesh.MulticastFlags, MulticastFlagNames);
        WriteFlags(json, "mcast_flags_priv", (uint?)mesh.PrivateMulticastFlags, PrivateMulticastFlagNames);
        Write(json, mesh.Settings);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in MeshSettings settings)
    {
        WriteBool(json, "aggregated_ogms_enabled", settings.AggregatedOgms);
        WriteBool(json, "ap_isolation_enabled", settings.ApIsolation);
        WriteNumber(json, "isolation_mark", settings.IsolationMark);
        WriteNumber(json, "isolation_mask", settings.IsolationMask);
        WriteBool(json, "bonding_enabled", settings.Bonding);
        WriteBool(json, "bridge_loop_avoidance_enabled", settings.BridgeLoopAvoidance);
        WriteBool(json, "distributed_arp_table_enabled", settings.DistributedArpTable);
        WriteBool(json, "fragmentation_enabled", settings.Fragmentation);
        WriteNumber(json, "gw_bandwidth_down", settings.GatewayBandwidthDown100Kbps);
        WriteNumber(json, "gw_bandwidth_up", settings.GatewayBandwidthUp100Kbps);
        if (settings.GatewayMode is { } mode)
        {
            json.WriteString("gw_mode", mode switch
            {
                GatewayMode.Off => "off",
                GatewayMode.Client => "client",
                GatewayMode.Server => "server",
                _ => $"{(int)mode}",
            });
        }

        WriteNumber(json, "gw_sel_class", settings.GatewaySelectionClass);
        WriteNumber(json, "hop_penalty", settings.HopPenalty);
        WriteFlags(json, "log_level", settings.LogLevel, LogLevelNames);
        WriteBool(json, "multicast_forceflood_enabled", settings.MulticastForceFlood);
        WriteNumber(json, "multicast_fanout", settings.MulticastFanout);
        WriteBool(json, "network_coding_enabled", settings.NetworkCoding);
        WriteNumber(json, "orig_interval", settings.OrigIntervalMs);
    }

    /// <param name="json">Where to.</param>
    /// <param name="state">What the agent knows of it.</param>
    /// <param name="kernel">What batman-adv says of it; null while it is not in the mesh, or where that does not matter.</param>
    /// <param name="meshInterface">The mesh interface.</param>
    public static void Write(
        Utf8JsonWriter json, HardInterfaceState state, HardInterface? kernel, string meshInterface)
    {
        json.WriteStartObject();
        json.WriteString("hard_ifname", state.Name);
        json.WriteNumber("hard_ifindex", state.Index);
        json.WriteBoolean("present", state.IsPresent);
        json.WriteBoolean("attached", state.IsAttached);
        json.WriteBoolean("up", state.IsUp);
        if (state.HasCarrier is { } carrier)
        {
            json.WriteBoolean("carrier", carrier);
        }

        json.WriteBoolean("wanted", state.IsWanted);
        json.WriteNumber("attachments", state.Attachments);
        if (kernel is { } row)
        {
            json.WriteNumber("mesh_ifindex", row.MeshIfIndex);
            json.WriteString("mesh_ifname", meshInterface);
            WriteMac(json, "hard_address", row.Address);
            json.WriteBoolean("active", row.IsActive);
            WriteNumber(json, "hop_penalty", row.Settings.HopPenalty);
            WriteNumber(json, "elp_interval", row.Settings.ElpIntervalMs);
            WriteNumber(json, "throughput_override", row.Settings.ThroughputOverride100Kbps);
        }

        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in LocalTranslation row)
    {
        json.WriteStartObject();
        WriteMac(json, "tt_address", row.Client);
        WriteVlan(json, "tt_vid", row.Vlan);
        WriteFlags(json, "tt_flags", (uint)row.Flags, TranslationFlagNames);
        json.WriteNumber("tt_crc32", row.Crc32);
        WriteNumber(json, "last_seen_msecs", row.LastSeenMs);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in GlobalTranslation row)
    {
        json.WriteStartObject();
        WriteMac(json, "tt_address", row.Client);
        WriteVlan(json, "tt_vid", row.Vlan);
        WriteFlags(json, "tt_flags", (uint)row.Flags, TranslationFlagNames);
        json.WriteNumber("tt_ttvn", row.Ttvn);
        json.WriteNumber("tt_last_ttvn", row.LastTtvn);
        WriteNumber(json, "tt_crc32", row.Crc32);
        WriteMac(json, "orig_address", row.Originator);
        json.WriteBoolean("best", row.IsBest);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in BridgeLoopClaim row)
    {
        json.WriteStartObject();
        WriteMac(json, "bla_address", row.Client);
        WriteVlan(json, "bla_vid", row.Vlan);
        WriteMac(json, "bla_backbone", row.Backbone);
        json.WriteNumber("bla_crc", row.Crc);
        json.WriteBoolean("bla_own", row.IsOwn);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in BridgeLoopBackbone row)
    {
        json.WriteStartObject();
        WriteMac(json, "bla_backbone", row.Backbone);
        WriteVlan(json, "bla_vid", row.Vlan);
        json.WriteNumber("bla_crc", row.Crc);
        json.WriteNumber("last_seen_msecs", row.LastSeenMs);
        json.WriteBoolean("bla_own", row.IsOwn);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in DatCacheEntry row)
    {
        json.WriteStartObject();
        json.WriteString("dat_cache_ip4address", row.Address.ToString());
        WriteMac(json, "dat_cache_hwaddress", row.HardwareAddress);
        WriteVlan(json, "dat_cache_vid", row.Vlan);
        json.WriteNumber("last_seen_msecs", row.LastSeenMs);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in OriginatorMulticast row)
    {
        json.WriteStartObject();
        WriteMac(json, "orig_address", row.Originator);
        WriteFlags(json, "mcast_flags", (uint?)row.Flags, MulticastFlagNames);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, in MeshChange change, string interfaceName, double ageSeconds)
    {
        json.WriteStartObject();
        json.WriteNumber("age_s", Math.Round(ageSeconds, 1));
        json.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(change.Kind.ToString()));
        if (!change.Subject.IsZero)
        {
            WriteMac(json, "address", change.Subject);
        }

        if (interfaceName.Length > 0)
        {
            json.WriteString("hard_ifname", interfaceName);
        }

        if (!change.From.IsZero)
        {
            WriteMac(json, "from", change.From);
        }

        if (!change.To.IsZero)
        {
            WriteMac(json, "to", change.To);
        }

        json.WriteEndObject();
    }

    public static void WriteMac(Utf8JsonWriter json, string name, MacAddress address)
    {
        Span<char> text = stackalloc char[MacAddress.TextLength];
        address.TryFormat(text, out _, default, null);
        json.WriteString(name, text);
    }

    private static void WriteQuality(Utf8JsonWriter json, byte? tq, uint? throughput)
    {
        WriteNumber(json, "tq", tq);
        WriteNumber(json, "throughput", throughput);
    }

    private static void WriteVlan(Utf8JsonWriter json, string name, VlanId vlan) => json.WriteNumber(name, vlan.Number);

    /// <summary>Each known bit by its name, and all of them as the kernel's number.</summary>
    private static void WriteFlags(Utf8JsonWriter json, string name, uint? flags, (string Name, uint Bit)[] names)
    {
        if (flags is not { } value)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (flag, bit) in names)
        {
            json.WriteBoolean(flag, (value & bit) != 0);
        }

        json.WriteNumber("raw", value);
        json.WriteEndObject();
    }

    private static void WriteBool(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } known)
        {
            json.WriteBoolean(name, known);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, uint? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
    }
}
