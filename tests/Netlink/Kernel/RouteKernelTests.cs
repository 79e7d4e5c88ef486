using X0tta6bl4.Netlink.Route;

namespace X0tta6bl4.Netlink.Tests.Kernel;

/// <summary>The rtnetlink client against this machine's kernel.</summary>
public class RouteKernelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_fresh_namespace_has_the_loopback_link() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();
            var links = new List<Link>();

            client.DumpLinks(links);

            var loopback = links.Single(link => link.Name == "lo");
            Assert.True(loopback.Flags.HasFlag(LinkFlags.Loopback));
            Assert.Equal(772, loopback.HardwareType);
            Assert.Equal(65536u, loopback.Mtu);
            Assert.NotNull(loopback.Statistics);
            Assert.Equal("lo", client.InterfaceName(loopback.Index));
            Assert.True(client.TryGetLink(loopback.Index, out var again));
            Assert.Equal(loopback.Name, again.Name);
            Assert.False(client.TryGetLink("nosuch0", out _));
            Assert.False(client.TryGetLink(4711, out _));
            Assert.Equal(default, client.Counters);
        });

    [Fact]
    public void A_veth_pair_is_created_set_up_and_deleted_and_every_step_is_pushed() =>
        NetworkNamespace.Run(() =>
        {
            using var events = RouteEventSocket.Open();
            using var client = RouteClient.Open();

            Create(client, () => client.CreateVeth("mesh0", "peer0"), "veth");
            var mesh0 = Get(client, "mesh0");
            var peer0 = Get(client, "peer0");
            Assert.Equal("veth", mesh0.Kind);
            Assert.Equal(peer0.Index, mesh0.ParentIndex);
            Assert.NotNull(mesh0.Address);
            Assert.False(mesh0.IsUp);

            client.SetMtu(mesh0.Index, 1532);
            client.SetUp(mesh0.Index, true);
            client.SetUp(peer0.Index, true);
            mesh0 = Get(client, "mesh0");
            Assert.True(mesh0.IsUp);
            Assert.Equal(1532u, mesh0.Mtu);
            Assert.True(mesh0.HasCarrier);

            client.SetUp(peer0.Index, false);
            Assert.False(Get(client, "mesh0").HasCarrier);

            client.DeleteLink(mesh0.Index);
            Assert.False(client.TryGetLink("mesh0", out _));
            Assert.False(client.TryGetLink("peer0", out _));

            var seen = Drain(events, last => last.Kind == RouteEventKind.LinkRemoved && last.InterfaceName == "mesh0");
            var ofMesh0 = seen.Where(e => e.InterfaceIndex == mesh0.Index).ToList();
            Assert.Equal(RouteEventKind.LinkChanged, ofMesh0[0].Kind);
            Assert.Equal("veth", ofMesh0[0].LinkKind);
            Assert.Contains(ofMesh0, e => e.Flags.HasFlag(LinkFlags.Up) && e.HasCarrier == true);
            Assert.Contains(ofMesh0, e => e.Flags.HasFlag(LinkFlags.Up) && e.HasCarrier == false);
            Assert.Equal(RouteEventKind.LinkRemoved, ofMesh0[^1].Kind);
            Assert.DoesNotContain(seen, e => e.Kind == RouteEventKind.ResyncNeeded);
        });

    [Fact]
    public void A_link_is_enslaved_and_released_and_the_release_is_no_deletion() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();
            Create(client, () => client.CreateLink("br0", "bridge"), "bridge");
            Create(client, () => client.CreateVeth("mesh0", "peer0"), "veth");
            var bridge = Get(client, "br0");
            var port = Get(client, "mesh0");
            using var events = RouteEventSocket.Open();

            client.SetMaster(port.Index, bridge.Index);
            Assert.Equal(bridge.Index, Get(client, "mesh0").MasterIndex);
            client.ReleaseMaster(port.Index);
            Assert.Null(Get(client, "mesh0").MasterIndex);
            client.ReleaseMaster(port.Index);
            client.DeleteLink(bridge.Index);

            var seen = Drain(events, last => last.Kind == RouteEventKind.LinkRemoved && last.InterfaceName == "br0");
            var ofPort = seen.Where(e => e.InterfaceIndex == port.Index).ToList();
            Assert.Contains(ofPort, e => e.MasterIndex == bridge.Index);
            Assert.Null(ofPort[^1].MasterIndex);
            Assert.DoesNotContain(ofPort, e => e.Kind == RouteEventKind.LinkRemoved);
        });

    [Fact]
    public void Addresses_are_added_listed_and_removed() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();
            Assert.True(client.TryGetLink("lo", out var loopback));
            client.SetUp(loopback.Index, true);
            using var events = RouteEventSocket.Open();
            var v4 = InetAddress.Parse("192.0.2.1");
            var v6 = InetAddress.Parse("2001:db8::1");

            client.AddAddress(loopback.Index, v4, 24);
            bool hasIPv6 = TryAdd(() => client.AddAddress(loopback.Index, v6, 64));
            Assert.True(
                Assert.Throws<NetlinkException>(() => client.AddAddress(loopback.Index, v4, 24)).IsAlreadyThere
            );

            var addresses = new List<InterfaceAddress>();
            client.DumpAddresses(addresses);
            var added = addresses.Single(a => a.Address == v4);
            Assert.Equal(24, added.PrefixLength);
            Assert.Equal(loopback.Index, added.InterfaceIndex);
            Assert.False(added.Peer.HasValue);
            Assert.Contains(addresses, a => a.Address == InetAddress.Parse("127.0.0.1") && a.Scope == 254);
            Assert.Equal(hasIPv6, addresses.Any(a => a.Address == v6 && a.PrefixLength == 64));

            client.RemoveAddress(loopback.Index, v4, 24);
            client.DumpAddresses(addresses);
            Assert.DoesNotContain(addresses, a => a.Address == v4);
            var gone = Assert.Throws<NetlinkException>(() => client.RemoveAddress(loopback.Index, v4, 24));
            Assert.Equal(Linux.Errno.EADDRNOTAVAIL, gone.ErrorNumber);

            var seen = Drain(events, last => last.Kind == RouteEventKind.AddressRemoved && last.Address == v4);
            Assert.Contains(seen, e => e.Kind == RouteEventKind.AddressChanged && e.Address == v4);
        });

    [Fact]
    public void The_neighbour_table_is_listed() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();
            Create(client, () => client.CreateVeth("mesh0", "peer0"), "veth");
            var mesh0 = Get(client, "mesh0");
            client.SetUp(mesh0.Index, true);
            client.SetUp(Get(client, "peer0").Index, true);
            var entries = new List<NeighbourEntry> { default };

            client.DumpNeighbours(entries);

            // IPv6 puts its multicast neighbours there by itself; without IPv6 the table is empty.
            Assert.All(entries, entry => Assert.True(entry.Address.HasValue));
        });

    [Fact]
    public void The_kernels_refusals_are_named() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();

            var missing = Assert.Throws<NetlinkException>(() => client.DeleteLink(4711));
            Assert.True(missing.IsNoSuchInterface);
            Assert.Contains("link 4711", missing.Message, StringComparison.Ordinal);

            var unknown = Assert.Throws<NetlinkException>(() => client.CreateLink("x0", "nosuchkind"));
            Assert.Equal(Linux.Errno.EOPNOTSUPP, unknown.ErrorNumber);
            Assert.Equal("Unknown device type", unknown.KernelText);

            Assert.True(client.TryGetLink("lo", out var loopback));
            var tooBig = Assert.Throws<NetlinkException>(() => client.SetMaster(loopback.Index, loopback.Index));
            Assert.NotEqual(0, tooBig.ErrorNumber);
        });

    [Fact]
    public void More_links_than_one_datagram_holds_are_all_listed() =>
        NetworkNamespace.Run(() =>
        {
            const int pairs = 40;
            using var client = RouteClient.Open();
            for (int i = 0; i < pairs; i++)
            {
                int number = i;
                Create(client, () => client.CreateVeth($"a{number}", $"b{number}"), "veth");
            }

            var links = new List<Link>();
            client.DumpLinks(links);

            int ours = links.Count(link => link.Kind == "veth");
            Assert.Equal(2 * pairs, ours);
            Assert.Equal(links.Count, links.Select(link => link.Index).Distinct().Count());
        });

    [Fact]
    public void Dumping_again_allocates_nothing() =>
        NetworkNamespace.Run(() =>
        {
            using var client = RouteClient.Open();
            var links = new List<Link>();
            for (int i = 0; i < 3; i++)
            {
                client.DumpLinks(links);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            client.DumpLinks(links);
            long after = GC.GetAllocatedBytesForCurrentThread();

            Assert.NotEmpty(links);
            Assert.Equal(0, after - before);
        });

    [Fact]
    public void A_storm_longer_than_the_queue_asks_for_a_resync() =>
        NetworkNamespace.Run(() =>
        {
            // A queue of a few kilobytes instead of a megabyte, so that the storm can be short.
            var transport = NetlinkSocket.Open(Linux.NetlinkUapi.NETLINK_ROUTE, 4096);
            using var events = new RouteEventSocket(transport, RouteGroups.Links);
            using var client = RouteClient.Open();
            Assert.True(client.TryGetLink("lo", out var loopback));
            for (int i = 0; i < 200; i++)
            {
                client.SetUp(loopback.Index, i % 2 == 0);
            }

            var received = new List<RouteEvent>();
            events.Receive(received, Patience);

            Assert.Contains(received, e => e.Kind == RouteEventKind.ResyncNeeded);
            Assert.True(events.Counters.Overruns > 0);

            client.SetUp(loopback.Index, true);
            client.SetUp(loopback.Index, false);
            received.Clear();
            Assert.NotEqual(0, events.Receive(received, Patience));
            Assert.DoesNotContain(received, e => e.Kind == RouteEventKind.ResyncNeeded);
        });

    [Fact]
    public void One_wait_serves_several_sockets_and_can_be_ended_from_another_thread() =>
        NetworkNamespace.Run(() =>
        {
            using var links = RouteEventSocket.Open(RouteGroups.Links);
            using var addresses = RouteEventSocket.Open(RouteGroups.Addresses);
            using var wait = new NetlinkWait(links, addresses);
            using var client = RouteClient.Open();
            Assert.True(client.TryGetLink("lo", out var loopback));

            Assert.False(wait.Wait(TimeSpan.Zero));
            client.SetUp(loopback.Index, true);
            Assert.True(wait.Wait(Patience));
            var received = new List<RouteEvent>();
            while (links.Receive(received, TimeSpan.Zero) + addresses.Receive(received, TimeSpan.Zero) > 0)
            {
                // Read until both are empty, as a loop on top of this would.
            }

            Assert.False(wait.Wait(TimeSpan.FromMilliseconds(1)));
            using var waker = new Timer(_ => wait.Wake(), null, 20, Timeout.Infinite);
            Assert.True(wait.Wait(Patience));
            Assert.False(wait.Wait(TimeSpan.Zero));
        });

    private static bool TryAdd(Action add)
    {
        try
        {
            add();
            return true;
        }
        catch (NetlinkException error) when (error.ErrorNumber is Linux.Errno.EACCES or Linux.Errno.EOPNOTSUPP)
        {
            // This kernel has no IPv6, or has it disabled.
            return false;
        }
    }

    private static void Create(RouteClient client, Action create, string kind)
    {
        try
        {
            create();
        }
        catch (NetlinkException error) when (error.ErrorNumber == Linux.Errno.EOPNOTSUPP)
        {
            client.Dispose();
            Assert.Skip($"this kernel has no {kind} links: {error.Message}");
        }
    }

    private static Link Get(RouteClient client, string name)
    {
        Assert.True(client.TryGetLink(name, out var link));
        return link;
    }

    private static List<RouteEvent> Drain(RouteEventSocket events, Predicate<RouteEvent> isLast)
    {
        var received = new List<RouteEvent>();
        while (!received.Exists(isLast))
        {
            int count = events.Receive(received, Patience);
            Assert.True(count > 0, $"the awaited event did not come; {received.Count} others did");
        }

        return received;
    }
}
