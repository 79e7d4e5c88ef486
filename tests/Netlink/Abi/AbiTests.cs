using System.Reflection;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;
using X0tta6bl4.Netlink.Route;
using X0tta6bl4.Tests.Abi;

namespace X0tta6bl4.Netlink.Tests.Abi;

/// <summary>Every kernel struct and constant of src/Netlink against the UAPI headers of both machines.</summary>
public class AbiTests
{
    private static readonly Type[] Types = typeof(NetlinkLimits).Assembly.GetTypes();

    [Theory]
    [InlineData("gcc")]
    [InlineData("aarch64-linux-gnu-gcc")]
    public void Structs_and_constants_are_those_of_the_headers(string compiler)
    {
        var probe = Everything();
        string? said = probe.Check(compiler);

        Assert.SkipWhen(said is null, $"needs {compiler}");
        Assert.Equal("", said);
        Assert.True(probe.Count > 250, $"only {probe.Count} facts: some types lost their mark");
    }

    [Fact]
    public void A_wrong_fact_is_found()
    {
        var probe = new AbiProbe();
        probe.AddConstants(typeof(GenetlinkUapi), "linux/genetlink.h");
        probe.AddConstant("CTRL_CMD_GETFAMILY", 4);
        probe.AddStruct(typeof(GenlMsgHdr), "linux/genetlink.h", "struct nlmsghdr", isPrefix: false);

        string? said = probe.Check("gcc");

        Assert.SkipWhen(said is null, "needs gcc");
        Assert.Contains("CTRL_CMD_GETFAMILY is not 4", said, StringComparison.Ordinal);
        Assert.Contains("sizeof(struct nlmsghdr) is not 4", said, StringComparison.Ordinal);
        Assert.DoesNotContain("GENL_HDRLEN is not", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_blittable_struct_of_the_library_is_marked()
    {
        var unmarked = Types
            .Where(type => type is { IsValueType: true, IsEnum: false, IsPrimitive: false, IsNested: false })
            .Where(type => type.Namespace == typeof(NetlinkUapi).Namespace)
            .Where(type => type.GetCustomAttribute<UapiStructAttribute>() is null && type != typeof(IfName));

        Assert.Empty(unmarked);
    }

    private static AbiProbe Everything()
    {
        var probe = new AbiProbe();
        foreach (var type in Types)
        {
            if (type.GetCustomAttribute<UapiConstantsAttribute>() is { } constants)
            {
                probe.AddConstants(type, constants.Header);
            }

            if (type.GetCustomAttribute<UapiStructAttribute>() is { } layout)
            {
                probe.AddStruct(type, layout.Header, layout.Name, layout.IsPrefix);
            }
        }

        AddBatmanEnums(probe);
        AddRouteEnums(probe);
        return probe;
    }

    /// <summary>The public enums have names of our own.</summary>
    private static void AddBatmanEnums(AbiProbe probe)
    {
        probe.Include("linux/types.h");
        probe.Include("linux/batadv_packet.h");
        probe.AddConstant("BATADV_GW_MODE_OFF", GatewayMode.Off);
        probe.AddConstant("BATADV_GW_MODE_CLIENT", GatewayMode.Client);
        probe.AddConstant("BATADV_GW_MODE_SERVER", GatewayMode.Server);
        probe.AddConstant("BATADV_TT_CLIENT_DEL", TranslationFlags.Deleted);
        probe.AddConstant("BATADV_TT_CLIENT_ROAM", TranslationFlags.Roamed);
        probe.AddConstant("BATADV_TT_CLIENT_WIFI", TranslationFlags.Wifi);
        probe.AddConstant("BATADV_TT_CLIENT_ISOLA", TranslationFlags.Isolated);
        probe.AddConstant("BATADV_TT_CLIENT_NOPURGE", TranslationFlags.NoPurge);
        probe.AddConstant("BATADV_TT_CLIENT_NEW", TranslationFlags.New);
        probe.AddConstant("BATADV_TT_CLIENT_PENDING", TranslationFlags.Pending);
        probe.AddConstant("BATADV_TT_CLIENT_TEMP", TranslationFlags.Temporary);
        probe.AddConstant("BATADV_MCAST_WANT_ALL_UNSNOOPABLES", MulticastFlags.WantAllUnsnoopables);
        probe.AddConstant("BATADV_MCAST_WANT_ALL_IPV4", MulticastFlags.WantAllIpv4);
        probe.AddConstant("BATADV_MCAST_WANT_ALL_IPV6", MulticastFlags.WantAllIpv6);
        probe.AddConstant("BATADV_MCAST_WANT_NO_RTR4", MulticastFlags.WantNoRouterIpv4);
        probe.AddConstant("BATADV_MCAST_WANT_NO_RTR6", MulticastFlags.WantNoRouterIpv6);
        probe.AddConstant("BATADV_MCAST_FLAGS_BRIDGED", PrivateMulticastFlags.Bridged);
        probe.AddConstant("BATADV_MCAST_FLAGS_QUERIER_IPV4_EXISTS", PrivateMulticastFlags.QuerierIpv4Exists);
        probe.AddConstant("BATADV_MCAST_FLAGS_QUERIER_IPV6_EXISTS", PrivateMulticastFlags.QuerierIpv6Exists);
        probe.AddConstant("BATADV_MCAST_FLAGS_QUERIER_IPV4_SHADOWING", PrivateMulticastFlags.QuerierIpv4Shadowing);
        probe.AddConstant("BATADV_MCAST_FLAGS_QUERIER_IPV6_SHADOWING", PrivateMulticastFlags.QuerierIpv6Shadowing);
        probe.AddConstant("BATADV_TP_REASON_COMPLETE", ThroughputMeterStatus.Complete);
        probe.AddConstant("BATADV_TP_REASON_CANCEL", ThroughputMeterStatus.Cancelled);
        probe.AddConstant("BATADV_TP_REASON_DST_UNREACHABLE", ThroughputMeterStatus.DestinationUnreachable);
        probe.AddConstant("BATADV_TP_REASON_RESEND_LIMIT", ThroughputMeterStatus.ResendLimit);
        probe.AddConstant("BATADV_TP_REASON_ALREADY_ONGOING", ThroughputMeterStatus.AlreadyOngoing);
        probe.AddConstant("BATADV_TP_REASON_MEMORY_ERROR", ThroughputMeterStatus.MemoryError);
        probe.AddConstant("BATADV_TP_REASON_CANT_SEND", ThroughputMeterStatus.CannotSend);
        probe.AddConstant("BATADV_TP_REASON_TOO_MANY", ThroughputMeterStatus.TooMany);
    }

    private static void AddRouteEnums(AbiProbe probe)
    {
        probe.AddConstant("IFF_UP", LinkFlags.Up);
        probe.AddConstant("IFF_BROADCAST", LinkFlags.Broadcast);
        probe.AddConstant("IFF_LOOPBACK", LinkFlags.Loopback);
        probe.AddConstant("IFF_POINTOPOINT", LinkFlags.PointToPoint);
        probe.AddConstant("IFF_RUNNING", LinkFlags.Running);
        probe.AddConstant("IFF_NOARP", LinkFlags.NoArp);
        probe.AddConstant("IFF_PROMISC", LinkFlags.Promiscuous);
        probe.AddConstant("IFF_MULTICAST", LinkFlags.Multicast);
        probe.AddConstant("IFF_LOWER_UP", LinkFlags.LowerUp);
        probe.AddConstant("IFF_DORMANT", LinkFlags.Dormant);
        probe.AddConstant("IF_OPER_UNKNOWN", OperationalState.Unknown);
        probe.AddConstant("IF_OPER_NOTPRESENT", OperationalState.NotPresent);
        probe.AddConstant("IF_OPER_DOWN", OperationalState.Down);
        probe.AddConstant("IF_OPER_LOWERLAYERDOWN", OperationalState.LowerLayerDown);
        probe.AddConstant("IF_OPER_TESTING", OperationalState.Testing);
        probe.AddConstant("IF_OPER_DORMANT", OperationalState.Dormant);
        probe.AddConstant("IF_OPER_UP", OperationalState.Up);
        probe.AddConstant("NUD_INCOMPLETE", NeighbourStates.Incomplete);
        probe.AddConstant("NUD_REACHABLE", NeighbourStates.Reachable);
        probe.AddConstant("NUD_STALE", NeighbourStates.Stale);
        probe.AddConstant("NUD_DELAY", NeighbourStates.Delay);
        probe.AddConstant("NUD_PROBE", NeighbourStates.Probe);
        probe.AddConstant("NUD_FAILED", NeighbourStates.Failed);
        probe.AddConstant("NUD_NOARP", NeighbourStates.NoArp);
        probe.AddConstant("NUD_PERMANENT", NeighbourStates.Permanent);
    }
}
