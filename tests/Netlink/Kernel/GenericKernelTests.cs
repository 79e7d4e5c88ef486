using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Ethtool;
using X0tta6bl4.Netlink.Generic;
using X0tta6bl4.Netlink.Linux;
using X0tta6bl4.Netlink.Route;
using X0tta6bl4.Netlink.Uevent;

namespace X0tta6bl4.Netlink.Tests.Kernel;

/// <summary>Generic netlink, uevents and ethtool against this machine's kernel.</summary>
public class GenericKernelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void The_controller_knows_itself_and_its_notify_group() =>
        NetworkNamespace.Run(() =>
        {
            using var connection = Connect();

            var controller = GenericController.Find(connection, "nlctrl");

            Assert.NotNull(controller);
            Assert.Equal(GenetlinkUapi.GENL_ID_CTRL, controller.Id);
            Assert.True(controller.Groups.ContainsKey("notify"));
        });

    [Fact]
    public void A_family_that_does_not_exist_is_null() =>
        NetworkNamespace.Run(() =>
        {
            using var connection = Connect();

            Assert.Null(GenericController.Find(connection, "nosuchfamily"));
        });

    [Fact]
    public void Without_the_module_opening_the_client_says_so_and_the_event_socket_waits_for_it() =>
        NetworkNamespace.Run(() =>
        {
            using (var connection = Connect())
            {
                Assert.SkipWhen(
                    GenericController.Find(connection, "batadv") is not null,
                    "this kernel has batman-adv; the virtual rack tests that part"
                );
            }

            Assert.True(Assert.Throws<NetlinkException>(BatmanClient.Open).IsFamilyMissing);
            using var events = BatmanEventSocket.Open();
            Assert.False(events.IsModuleLoaded);
            Assert.Equal(0, events.Receive([], TimeSpan.Zero));
        });

    [Fact]
    public void A_link_that_comes_and_goes_is_two_uevents() =>
        NetworkNamespace.Run(() =>
        {
            using var uevents = UeventSocket.Open();
            using var client = RouteClient.Open();
            try
            {
                client.CreateVeth("mesh0", "peer0");
            }
            catch (NetlinkException error) when (error.ErrorNumber == Errno.EOPNOTSUPP)
            {
                Assert.Skip($"this kernel has no veth links: {error.Message}");
            }

            Assert.True(client.TryGetLink("mesh0", out var link));
            client.DeleteLink(link.Index);
            var received = new List<NetworkUevent>();
            while (!received.Exists(e => e is { Action: "remove", InterfaceName: "mesh0" }))
            {
                Assert.True(uevents.Receive(received, Patience) > 0, "no uevent for the removed link");
            }

            var added = received.First(e => e is { Action: "add", InterfaceName: "mesh0" });
            Assert.Equal(link.Index, added.InterfaceIndex);
            Assert.Equal("/devices/virtual/net/mesh0", added.DevicePath);
            Assert.Null(added.BatmanType);
        });

    [Fact]
    public void A_drivers_statistics_have_names_and_values_and_cost_nothing_the_second_time() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();
            try
            {
                client.CreateVeth("mesh0", "peer0");
            }
            catch (NetlinkException error) when (error.ErrorNumber == Errno.EOPNOTSUPP)
            {
                Assert.Skip($"this kernel has no veth links: {error.Message}");
            }

            Assert.True(client.TryGetLink("peer0", out var peer));
            using var ethtool = EthtoolClient.Open();
            var statistics = new List<EthtoolStatistic>();
            ethtool.ReadStatistics("mesh0", statistics);

            // Every veth says which link is its other end (drivers/net/veth.c).
            Assert.Equal(peer.Index, statistics.Single(s => s.Name == "peer_ifindex").Value);

            for (int i = 0; i < 3; i++)
            {
                ethtool.ReadStatistics("mesh0", statistics);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            ethtool.ReadStatistics("mesh0", statistics);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        });

    [Fact]
    public void Statistics_of_a_link_without_any_are_empty_and_of_no_link_an_error() =>
        NetworkNamespace.Run(() =>
        {
            using var ethtool = EthtoolClient.Open();
            var statistics = new List<EthtoolStatistic> { default };

            ethtool.ReadStatistics("lo", statistics);
            Assert.Empty(statistics);
            Assert.True(
                Assert.Throws<NetlinkException>(() => ethtool.ReadStatistics("nosuch0", statistics)).IsNoSuchInterface
            );
            Assert.Throws<ArgumentException>(() => ethtool.ReadStatistics("a-name-of-16-byt", statistics));
        });

    private static NetlinkConnection Connect() =>
        new(NetlinkSocket.Open(NetlinkUapi.NETLINK_GENERIC, NetlinkLimits.RequestQueueBytes), TimeProvider.System);
}
