using X0tta6bl4.Netlink.Linux;
using X0tta6bl4.Netlink.Route;
using static X0tta6bl4.Netlink.Tests.FakeKernel;
using static X0tta6bl4.Netlink.Tests.KernelBytes;

namespace X0tta6bl4.Netlink.Tests;

public sealed class RouteTests : IDisposable
{
    private readonly FakeKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void Creating_a_mesh_interface_sends_its_kind_and_algorithm()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, 0));
        using var client = Client();

        client.CreateBatadv("bat0", "BATMAN_V");

        // RTM_NEWLINK, REQUEST|ACK|EXCL|CREATE; ifinfomsg; IFLA_IFNAME; IFLA_LINKINFO { KIND, DATA { ALGO_NAME } }.
        byte[] expected = FromHex(
            """
            50000000 1000 0506 01000000 67120000  00000000 00000000 00000000 00000000
            0900 0300 6261743000 000000
            2400 1280  0b00 0100 62617461647600 00  1400 0280  0d00 0100 4241544d414e5f5600 000000
            """
        );
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(_kernel.Last.Bytes));
    }

    [Fact]
    public void A_kernel_without_the_module_is_told_from_one_that_refuses()
    {
        int errno = Errno.EOPNOTSUPP;
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, errno, "Unknown device type"));
        using var client = Client();

        var missing = Assert.Throws<NetlinkException>(() => client.CreateBatadv("bat0"));
        errno = Errno.EEXIST;
        var taken = Assert.Throws<NetlinkException>(() => client.CreateBatadv("bat0"));

        Assert.True(missing.IsFamilyMissing);
        Assert.Contains("modprobe batman-adv", missing.Message, StringComparison.Ordinal);
        Assert.True(taken.IsAlreadyThere);
        Assert.False(taken.IsFamilyMissing);
    }

    [Fact]
    public void Enslaving_and_releasing_are_the_same_attribute()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, 0));
        using var client = Client();

        client.SetMaster(3, 7);
        byte[] enslave = _kernel.Last.Bytes;
        client.ReleaseMaster(3);
        byte[] release = _kernel.Last.Bytes;

        Assert.Equal(
            "280000001000050001000000671200000000000003000000000000000000000008000A0007000000",
            Convert.ToHexString(enslave)
        );
        Assert.Equal("08000A0000000000", Convert.ToHexString(release)[^16..]);
    }

    [Fact]
    public void Up_changes_only_the_up_flag()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, 0));
        using var client = Client();

        client.SetUp(3, true);
        Assert.Equal("00000000030000000100000001000000", Convert.ToHexString(_kernel.Last.Bytes)[32..]);
        client.SetUp(3, false);
        Assert.Equal("00000000030000000000000001000000", Convert.ToHexString(_kernel.Last.Bytes)[32..]);
    }

    [Fact]
    public void A_refused_change_says_what_on_which_link_and_why()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, Errno.EPERM));
        using var client = Client();

        var error = Assert.Throws<NetlinkException>(() => client.SetMtu(3, 1532));

        Assert.Equal(
            "setting the MTU to 1532 on link 3 failed: EPERM (operation not permitted). "
                + "It needs CAP_NET_ADMIN: run as root or grant the capability.",
            error.Message
        );
    }

    [Fact]
    public void A_link_that_does_not_exist_is_false_not_an_error()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, Errno.ENODEV));
        using var client = Client();

        Assert.False(client.TryGetLink("bat9", out _));
        Assert.False(client.TryGetLink(99, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-name-of-16-byt")]
    public void Names_no_interface_can_have_are_refused_before_the_kernel_is_asked(string name)
    {
        using var client = Client();

        Assert.Throws<ArgumentException>(() => client.CreateBatadv(name));
        Assert.Throws<ArgumentException>(() => client.CreateVeth("veth0", name));
        Assert.Empty(_kernel.Requests);
    }

    [Fact]
    public void Nonsense_prefixes_are_refused_before_the_kernel_is_asked()
    {
        using var client = Client();

        Assert.Throws<ArgumentException>(() => client.AddAddress(1, default, 0));
        Assert.Throws<ArgumentException>(() => client.AddAddress(1, InetAddress.Parse("192.0.2.1"), 33));
        Assert.Empty(_kernel.Requests);
    }

    [Fact]
    public void Any_link_is_read_back_equal() =>
        RouteGen.Links.Sample(
            link =>
            {
                using var kernel = new FakeKernel
                {
                    Handler = (k, request) => k.Reply(Typed(request, 16, KernelRows.Encode(link)), Done(request)),
                };
                using var client = new RouteClient(kernel, kernel.Clock);
                var rows = new List<Link>();
                client.DumpLinks(rows);
                return rows.Count == 1 && rows[0] == link;
            },
            iter: 2_000
        );

    [Fact]
    public void Any_address_is_read_back_equal() =>
        RouteGen.Addresses.Sample(
            address =>
            {
                using var kernel = new FakeKernel
                {
                    Handler = (k, request) => k.Reply(Typed(request, 20, KernelRows.Encode(address)), Done(request)),
                };
                using var client = new RouteClient(kernel, kernel.Clock);
                var rows = new List<InterfaceAddress>();
                client.DumpAddresses(rows);
                return rows.Count == 1 && rows[0] == address;
            },
            iter: 2_000
        );

    [Fact]
    public void Any_neighbour_entry_is_read_back_equal() =>
        RouteGen.Neighbours.Sample(
            entry =>
            {
                using var kernel = new FakeKernel
                {
                    Handler = (k, request) => k.Reply(Typed(request, 28, KernelRows.Encode(entry)), Done(request)),
                };
                using var client = new RouteClient(kernel, kernel.Clock);
                var rows = new List<NeighbourEntry>();
                client.DumpNeighbours(rows);
                return rows.Count == 1 && rows[0] == entry;
            },
            iter: 2_000
        );

    [Fact]
    public void Bridge_ports_and_foreign_families_are_no_rows_of_these_tables()
    {
        byte[] bridgePort = KernelRows.Encode(Mesh0, family: 7);
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(Typed(request, 16, bridgePort), Typed(request, 16, KernelRows.Encode(Mesh0)), Done(request));
        using var client = Client();
        var links = new List<Link>();

        client.DumpLinks(links);

        Assert.Equal(Mesh0, Assert.Single(links));
        Assert.Equal("mesh0", client.InterfaceName(3));
    }

    [Fact]
    public void A_link_message_cut_at_any_byte_gives_an_error_or_a_shorter_link()
    {
        byte[] whole = KernelRows.Encode(Mesh0);
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            using var kernel = new FakeKernel
            {
                Handler = (k, request) => k.Reply(Typed(request, 16, cut), Done(request)),
            };
            using var client = new RouteClient(kernel, kernel.Clock);
            var rows = new List<Link> { default };

            var error = Record.Exception(() => client.DumpLinks(rows));

            if (error is null)
            {
                Assert.Equal("mesh0", Assert.Single(rows).Name);
            }
            else
            {
                Assert.IsType<NetlinkException>(error);
                Assert.Empty(rows);
            }
        }
    }

    [Fact]
    public void Any_bytes_give_rows_or_a_netlink_error_and_nothing_else() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 5])
            .Sample(
                (body, kind) =>
                {
                    ushort type = (ushort)(kind switch { 0 or 1 => 16, 2 or 3 => 20, _ => 28 });
                    if (body.Length > 0)
                    {
                        body[0] = (byte)(kind < 2 ? 0 : kind % 2 == 0 ? 2 : 10);
                    }

                    using var kernel = new FakeKernel
                    {
                        Handler = (k, request) => k.Reply(Typed(request, type, body), Done(request)),
                    };
                    using var client = new RouteClient(kernel, kernel.Clock);
                    try
                    {
                        client.DumpLinks([]);
                        client.DumpAddresses([]);
                        client.DumpNeighbours([]);
                    }
                    catch (NetlinkException error)
                    {
                        Assert.NotEqual(NetlinkFailure.TimedOut, error.Failure);
                    }
                },
                iter: 10_000
            );

    internal static Link Mesh0 { get; } =
        new()
        {
            Index = 3,
            Name = "mesh0",
            Kind = "veth",
            MasterIndex = 7,
            ParentIndex = 4,
            Flags = LinkFlags.Up | LinkFlags.LowerUp | LinkFlags.Running,
            OperationalState = OperationalState.Up,
            HasCarrier = true,
            CarrierChanges = 2,
            Mtu = 1532,
            Address = MacAddress.Parse("02:00:00:00:00:03"),
            HardwareType = 1,
            Statistics = new LinkStatistics { ReceivedPackets = 1, SentBytes = ulong.MaxValue },
        };

    private static byte[] Typed(FakeRequest request, ushort type, byte[] body) =>
        Message(type, NetlinkUapi.NLM_F_MULTI, request.Sequence, request.Port, body);

    private RouteClient Client() => new(_kernel, _kernel.Clock);
}
