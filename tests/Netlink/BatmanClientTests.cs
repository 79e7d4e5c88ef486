using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Linux.BatadvAttr;
using static X0tta6bl4.Netlink.Linux.BatadvCmd;
using static X0tta6bl4.Netlink.Tests.FakeKernel;
using static X0tta6bl4.Netlink.Tests.KernelBytes;

namespace X0tta6bl4.Netlink.Tests;

public sealed class BatmanClientTests : IDisposable
{
    private const uint Bat0 = 7;
    private static readonly MacAddress Node = MacAddress.Parse("02:00:00:00:00:0c");
    private readonly FakeKernel _kernel = new();

    [Fact]
    public void An_originator_of_BATMAN_IV_is_read_from_the_kernels_bytes()
    {
        // genlmsghdr 08 01; ORIG_ADDRESS 9, NEIGH_ADDRESS 24, HARD_IFNAME 7, HARD_IFINDEX 6, TQ 25,
        // LAST_SEEN_MSECS 23, FLAG_BEST 22: the order of batadv_iv_ogm_orig_dump_subentry.
        byte[] body = FromHex(
            """
            08010000  0a000900 02000000000c 0000  0a001800 02000000000b 0000
            0a000700 6d6573683000 0000  08000600 03000000  05001900 c8000000
            08001700 e8030000  04001600
            """
        );
        _kernel.Handler = (kernel, request) => kernel.Reply(Row(request, body), Done(request));
        using var client = Client();
        var rows = new List<Originator>();

        client.DumpOriginators(Bat0, rows);

        var expected = new Originator
        {
            Address = Node,
            NextHop = MacAddress.Parse("02:00:00:00:00:0b"),
            HardIfIndex = 3,
            Tq = 200,
            ThroughputKbps = null,
            LastSeenMs = 1000,
            IsBest = true,
        };
        Assert.Equal(expected, Assert.Single(rows));
        Assert.False(rows[0].IsDirect);
        Assert.Equal("mesh0", client.InterfaceName(3));
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(KernelRows.Encode(expected)));
    }

    [Fact]
    public void The_dump_request_has_the_bytes_batctl_sends()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Done(request));
        using var client = Client();

        client.DumpOriginators(Bat0, []);

        // nlmsghdr with family 0x1c, REQUEST|DUMP, sequence 2 (1 was the lookup); genlmsghdr; MESH_IFINDEX 3 = 7.
        byte[] expected = FromHex("1c000000 1c00 0103 02000000 67120000  08010000  08000300 07000000");
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(_kernel.Last.Bytes));
    }

    [Theory]
    [InlineData((byte)BATADV_CMD_GET_NEIGHBORS)]
    [InlineData((byte)BATADV_CMD_GET_GATEWAYS)]
    [InlineData((byte)BATADV_CMD_GET_TRANSTABLE_LOCAL)]
    [InlineData((byte)BATADV_CMD_GET_TRANSTABLE_GLOBAL)]
    [InlineData((byte)BATADV_CMD_GET_BLA_CLAIM)]
    [InlineData((byte)BATADV_CMD_GET_BLA_BACKBONE)]
    [InlineData((byte)BATADV_CMD_GET_DAT_CACHE)]
    [InlineData((byte)BATADV_CMD_GET_MCAST_FLAGS)]
    [InlineData((byte)BATADV_CMD_GET_HARDIF)]
    [InlineData((byte)BATADV_CMD_GET_ORIGINATORS)]
    public void Every_dump_asks_with_its_own_command(byte command)
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Done(request));
        using var client = Client();

        RowKind.All.Single(kind => (byte)kind.Command == command).Dump(client, Bat0);

        Assert.Equal(command, _kernel.Last.Command);
        Assert.Equal(0x301, _kernel.Last.Flags);
        Assert.Equal(Bat0, BitConverter.ToUInt32(_kernel.Last.Attributes()[(int)BATADV_ATTR_MESH_IFINDEX]));
    }

    [Fact]
    public void One_outgoing_interfaces_table_is_asked_for_by_its_index()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Done(request));
        using var client = Client();

        client.DumpOriginators(Bat0, 3, []);
        Assert.Equal(3u, BitConverter.ToUInt32(_kernel.Last.Attributes()[(int)BATADV_ATTR_HARD_IFINDEX]));
        client.DumpNeighbours(Bat0, 4, []);
        Assert.Equal(4u, BitConverter.ToUInt32(_kernel.Last.Attributes()[(int)BATADV_ATTR_HARD_IFINDEX]));
    }

    [Fact]
    public void A_mesh_without_an_active_interface_has_no_primary()
    {
        var mesh = new MeshInterface
        {
            Version = "2022.3",
            AlgorithmName = "BATMAN_V",
            MeshIfIndex = Bat0,
            MeshIfName = "bat0",
            MeshAddress = Node,
        };
        _kernel.Handler = (kernel, request) => kernel.Reply(Single(request, KernelRows.Encode(mesh)));
        using var client = Client();

        var read = client.GetMesh(Bat0);

        Assert.Equal(mesh, read);
        Assert.False(read.IsUp);
    }

    [Fact]
    public void A_VLAN_id_is_read_from_sixteen_and_from_thirty_two_bits()
    {
        byte[] narrow = Join(
            GenericHeader((byte)BATADV_CMD_GET_VLAN),
            Attribute((int)BATADV_ATTR_MESH_IFINDEX, Bat0),
            Attribute((int)BATADV_ATTR_VLANID, (ushort)42),
            Attribute((int)BATADV_ATTR_AP_ISOLATION_ENABLED, [1])
        );
        var vlan = new MeshVlan
        {
            MeshIfIndex = Bat0,
            VlanNumber = 42,
            ApIsolation = true,
        };
        byte[][] bodies = [narrow, KernelRows.Encode(vlan)];
        int asked = 0;
        _kernel.Handler = (kernel, request) => kernel.Reply(Single(request, bodies[asked++]));
        using var client = Client();

        Assert.Equal(vlan, client.GetVlan(Bat0, 42));
        Assert.Equal(vlan, client.GetVlan(Bat0, 42));
        Assert.Equal(new byte[] { 42, 0 }, _kernel.Last.Attributes()[(int)BATADV_ATTR_VLANID]);
    }

    [Fact]
    public void One_hard_interface_is_asked_for_by_its_index_and_a_refusal_names_it()
    {
        var expected = new HardInterface
        {
            MeshIfIndex = Bat0,
            HardIfIndex = 3,
            Name = "mesh0",
            Address = Node,
            IsActive = true,
            Settings = new HardInterfaceSettings { HopPenalty = 15, ElpIntervalMs = 500 },
        };
        bool isKnown = true;
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(
                isKnown ? Single(request, KernelRows.Encode(expected)) : Error(request, Errno.EINVAL)
            );
        using var client = Client();

        var read = client.GetHardInterface(Bat0, 3);
        isKnown = false;
        var error = Assert.Throws<NetlinkException>(() => client.GetHardInterface(Bat0, 4));

        Assert.Equal(expected, read);
        Assert.Equal((byte)BATADV_CMD_GET_HARDIF, _kernel.Last.Command);
        Assert.Equal(NetlinkUapi.NLM_F_REQUEST, _kernel.Last.Flags);
        Assert.Equal(4u, BitConverter.ToUInt32(_kernel.Last.Attributes()[(int)BATADV_ATTR_HARD_IFINDEX]));
        Assert.Equal(
            "BATADV_CMD_GET_HARDIF on mesh interface 7 (BATADV_ATTR_HARD_IFINDEX 4) failed: EINVAL (invalid argument). "
                + "It is no mesh interface, or the other interface is no part of it: check `batctl if`.",
            error.Message
        );
    }

    [Fact]
    public void A_VLAN_the_mesh_does_not_have_is_said_with_the_remedy()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, Errno.ENOENT));
        using var client = Client();

        var error = Assert.Throws<NetlinkException>(() => client.SetVlan(Bat0, 42, apIsolation: true));

        Assert.Contains("VLAN 42", error.Message, StringComparison.Ordinal);
        Assert.Contains("ip link add link bat0 type vlan", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsFamilyMissing);
    }

    [Fact]
    public void The_routing_algorithms_are_named()
    {
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(
                Row(request, Join(GenericHeader(4), Attribute((int)BATADV_ATTR_ALGO_NAME, "BATMAN_V"))),
                Row(request, Join(GenericHeader(4), Attribute((int)BATADV_ATTR_ALGO_NAME, "BATMAN_IV"))),
                Done(request)
            );
        using var client = Client();
        var names = new List<string>();

        client.GetRoutingAlgorithms(names);

        Assert.Equal(["BATMAN_V", "BATMAN_IV"], names);
        Assert.False(_kernel.Last.Attributes().ContainsKey((int)BATADV_ATTR_MESH_IFINDEX));
    }

    [Fact]
    public void Setting_a_mesh_sends_only_what_is_set_and_waits_for_the_acknowledgement()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, 0));
        using var client = Client();

        client.SetMesh(
            Bat0,
            new MeshSettings
            {
                GatewayMode = GatewayMode.Client,
                OrigIntervalMs = 5000,
                Bonding = false,
            }
        );

        Assert.Equal((byte)BATADV_CMD_SET_MESH, _kernel.Last.Command);
        Assert.Equal(NetlinkUapi.NLM_F_REQUEST | NetlinkUapi.NLM_F_ACK, _kernel.Last.Flags);
        var attributes = _kernel.Last.Attributes();
        Assert.Equal(4, attributes.Count);
        Assert.Equal([1], attributes[(int)BATADV_ATTR_GW_MODE]);
        Assert.Equal([0], attributes[(int)BATADV_ATTR_BONDING_ENABLED]);
        Assert.Equal(5000u, BitConverter.ToUInt32(attributes[(int)BATADV_ATTR_ORIG_INTERVAL]));
    }

    [Fact]
    public void Setting_a_hard_interface_and_a_VLAN_names_them()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, 0));
        using var client = Client();

        client.SetHardInterface(
            Bat0,
            3,
            new HardInterfaceSettings
            {
                HopPenalty = 30,
                ElpIntervalMs = 500,
                ThroughputOverride100Kbps = 1000,
            }
        );
        var hardInterface = _kernel.Last.Attributes();
        client.SetVlan(Bat0, 42, apIsolation: true);
        var vlan = _kernel.Last.Attributes();

        Assert.Equal(3u, BitConverter.ToUInt32(hardInterface[(int)BATADV_ATTR_HARD_IFINDEX]));
        Assert.Equal([30], hardInterface[(int)BATADV_ATTR_HOP_PENALTY]);
        Assert.Equal(500u, BitConverter.ToUInt32(hardInterface[(int)BATADV_ATTR_ELP_INTERVAL]));
        Assert.Equal(1000u, BitConverter.ToUInt32(hardInterface[(int)BATADV_ATTR_THROUGHPUT_OVERRIDE]));
        Assert.Equal([42, 0], vlan[(int)BATADV_ATTR_VLANID]);
        Assert.Equal([1], vlan[(int)BATADV_ATTR_AP_ISOLATION_ENABLED]);
    }

    [Fact]
    public void A_throughput_measurement_returns_its_cookie_and_can_be_cancelled()
    {
        _kernel.Handler = (kernel, request) =>
        {
            if (request.Command == (byte)BATADV_CMD_TP_METER)
            {
                kernel.Reply(
                    Single(request, Join(GenericHeader(2), Attribute((int)BATADV_ATTR_TPMETER_COOKIE, 0xdead_beefu)))
                );
            }
            else
            {
                kernel.Reply(Error(request, 0));
            }
        };
        using var client = Client();

        Assert.Equal(0xdead_beefu, client.StartThroughputMeter(Bat0, Node, TimeSpan.FromSeconds(2)));
        var start = _kernel.Last.Attributes();
        client.CancelThroughputMeter(Bat0, Node);

        Assert.Equal(2000u, BitConverter.ToUInt32(start[(int)BATADV_ATTR_TPMETER_TEST_TIME]));
        Assert.Equal((byte)BATADV_CMD_TP_METER_CANCEL, _kernel.Last.Command);
        Assert.Equal([2, 0, 0, 0, 0, 0x0c], _kernel.Last.Attributes()[(int)BATADV_ATTR_ORIG_ADDRESS]);
    }

    [Fact]
    public void A_module_that_is_not_loaded_is_said_with_the_remedy()
    {
        _kernel.FamilyId = null;
        using var client = Client();

        var error = Assert.Throws<NetlinkException>(() => client.GetMesh(Bat0));

        Assert.True(error.IsFamilyMissing);
        Assert.Equal(
            "looking up the generic netlink family on batadv failed: ENOENT (no such entry). "
                + "The batman-adv module is not loaded: `modprobe batman-adv`.",
            error.Message
        );
    }

    [Fact]
    public void A_module_that_was_reloaded_is_found_again()
    {
        _kernel.Handler = (kernel, request) =>
        {
            bool isCurrent = request.Type == kernel.FamilyId;
            kernel.Reply(isCurrent ? Done(request) : Error(request, Errno.ENOENT));
        };
        using var client = Client();
        Assert.Equal(DumpOutcome.Complete, client.DumpNeighbours(Bat0, []));

        _kernel.FamilyId = 0x2a;

        Assert.Equal(DumpOutcome.Complete, client.DumpNeighbours(Bat0, []));
        Assert.Equal(0x2a, _kernel.Last.Type);
    }

    [Fact]
    public void A_module_that_was_unloaded_is_not_taken_for_a_mesh_that_is_down()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, Errno.ENOENT));
        using var client = Client();
        Assert.Equal(DumpOutcome.MeshDown, client.DumpNeighbours(Bat0, []));

        _kernel.FamilyId = null;

        var rows = new List<Neighbour> { default };
        Assert.True(Assert.Throws<NetlinkException>(() => client.DumpNeighbours(Bat0, rows)).IsFamilyMissing);
        Assert.Empty(rows);
    }

    [Fact]
    public void An_interface_renamed_between_two_dumps_has_its_new_name()
    {
        string name = "mesh0";
        var row = new Neighbour { Address = Node, HardIfIndex = 3 };
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(Row(request, KernelRows.Encode(row, name)), Done(request));
        using var client = Client();

        client.DumpNeighbours(Bat0, []);
        string? before = client.InterfaceName(3);
        name = "lan1";
        client.DumpNeighbours(Bat0, []);

        Assert.Equal("mesh0", before);
        Assert.Equal("lan1", client.InterfaceName(3));
        Assert.Null(client.InterfaceName(4));
    }

    [Fact]
    public void Disposing_the_client_closes_its_socket()
    {
        Client().Dispose();

        Assert.True(_kernel.IsDisposed);
    }

    public void Dispose() => _kernel.Dispose();

    private static byte[] Single(FakeRequest request, byte[] body) =>
        Message(request.Type, 0, request.Sequence, request.Port, body);

    private BatmanClient Client() => new(_kernel, _kernel.Clock);
}
