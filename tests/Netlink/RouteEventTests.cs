using X0tta6bl4.Netlink.Route;
using static X0tta6bl4.Netlink.Tests.KernelBytes;

namespace X0tta6bl4.Netlink.Tests;

public sealed class RouteEventTests : IDisposable
{
    private readonly FakeKernel _kernel = new();
    private readonly List<RouteEvent> _received = [];

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void Each_group_asked_for_is_joined()
    {
        using var socket = new RouteEventSocket(
            _kernel,
            RouteGroups.Links | RouteGroups.Addresses | RouteGroups.Neighbours
        );

        Assert.Equal([1u, 5u, 9u, 3u], _kernel.Groups);
    }

    [Fact]
    public void A_link_that_changes_and_goes_is_two_events()
    {
        using var socket = Open();
        _kernel.Reply(Event(16, KernelRows.Encode(RouteTests.Mesh0)));
        _kernel.Reply(Event(17, KernelRows.Encode(RouteTests.Mesh0)));

        Assert.Equal(2, socket.Receive(_received, TimeSpan.Zero));

        Assert.Equal(RouteEventKind.LinkChanged, _received[0].Kind);
        Assert.Equal(3u, _received[0].InterfaceIndex);
        Assert.Equal("mesh0", _received[0].InterfaceName);
        Assert.Equal("veth", _received[0].LinkKind);
        Assert.Equal(7u, _received[0].MasterIndex);
        Assert.True(_received[0].HasCarrier);
        Assert.Equal(OperationalState.Up, _received[0].OperationalState);
        Assert.Equal(RouteEventKind.LinkRemoved, _received[1].Kind);
    }

    [Fact]
    public void Leaving_a_bridge_is_not_taken_for_being_deleted()
    {
        using var socket = Open();
        _kernel.Reply(Event(17, KernelRows.Encode(RouteTests.Mesh0, family: 7)));

        Assert.Equal(0, socket.Receive(_received, TimeSpan.Zero));
        Assert.Equal(0, socket.Counters.Malformed);
    }

    [Fact]
    public void An_event_caused_by_a_process_is_still_the_kernels()
    {
        // The header then carries the sequence and port id of that process' request; the sender is still the kernel.
        using var socket = Open();
        _kernel.Reply(Message(16, 0, 1234, 99, KernelRows.Encode(RouteTests.Mesh0)));

        Assert.Equal(1, socket.Receive(_received, TimeSpan.Zero));
    }

    [Fact]
    public void Addresses_and_neighbours_come_and_go()
    {
        using var socket = Open();
        var address = new InterfaceAddress
        {
            InterfaceIndex = 3,
            Address = InetAddress.Parse("192.0.2.1"),
            PrefixLength = 24,
        };
        var neighbour = new NeighbourEntry
        {
            InterfaceIndex = 3,
            Address = InetAddress.Parse("fe80::1"),
            State = NeighbourStates.Reachable,
        };
        _kernel.Reply(Event(20, KernelRows.Encode(address)), Event(21, KernelRows.Encode(address)));
        _kernel.Reply(Event(28, KernelRows.Encode(neighbour)), Event(29, KernelRows.Encode(neighbour)));

        socket.Receive(_received, TimeSpan.Zero);

        Assert.Equal(
            [
                RouteEventKind.AddressChanged,
                RouteEventKind.AddressRemoved,
                RouteEventKind.NeighbourChanged,
                RouteEventKind.NeighbourRemoved,
            ],
            _received.Select(e => e.Kind)
        );
        Assert.Equal(address.Address, _received[0].Address);
        Assert.Equal(24, _received[0].PrefixLength);
        Assert.Equal(NeighbourStates.Reachable, _received[2].NeighbourState);
    }

    [Theory]
    [InlineData(ReceiveOutcome.Overrun)]
    [InlineData(ReceiveOutcome.Truncated)]
    public void Lost_events_ask_for_a_resync_and_listening_goes_on(ReceiveOutcome outcome)
    {
        using var socket = Open();
        _kernel.Outcome(outcome);
        _kernel.Reply(Event(16, KernelRows.Encode(RouteTests.Mesh0)));

        socket.Receive(_received, TimeSpan.Zero);

        Assert.Equal([RouteEventKind.ResyncNeeded, RouteEventKind.LinkChanged], _received.Select(e => e.Kind));
        Assert.Equal(1, socket.Counters.Overruns + socket.Counters.Truncated);
    }

    [Fact]
    public void An_event_cut_at_any_byte_asks_for_a_resync()
    {
        byte[] whole = Event(16, KernelRows.Encode(RouteTests.Mesh0));
        for (int length = 1; length < whole.Length; length++)
        {
            using var kernel = new FakeKernel();
            using var socket = new RouteEventSocket(kernel, RouteGroups.None);
            kernel.Raw(whole[..length]);
            _received.Clear();

            socket.Receive(_received, TimeSpan.Zero);

            Assert.Equal(RouteEventKind.ResyncNeeded, Assert.Single(_received).Kind);
        }
    }

    [Fact]
    public void Any_bytes_give_events_or_a_resync_and_never_an_exception() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 6])
            .Sample(
                (bytes, kind) =>
                {
                    if (bytes.Length >= 32 && kind > 0)
                    {
                        BitConverter.TryWriteBytes(bytes, (uint)bytes.Length);
                        ushort type = (ushort)(kind switch { 1 => 16, 2 => 17, 3 => 20, 4 => 21, 5 => 28, _ => 29 });
                        BitConverter.TryWriteBytes(bytes.AsSpan(4), type);
                        bytes[16] = (byte)(kind < 3 ? 0 : bytes[16] < 128 ? 2 : 10);
                    }

                    using var kernel = new FakeKernel();
                    kernel.Raw(bytes);
                    using var socket = new RouteEventSocket(kernel, RouteGroups.None);
                    socket.Receive([], TimeSpan.Zero);
                },
                iter: 10_000
            );

    private static byte[] Event(ushort type, byte[] body) => Message(type, 0, 0, 0, body);

    private RouteEventSocket Open() => new(_kernel, RouteGroups.Links | RouteGroups.Addresses);
}
