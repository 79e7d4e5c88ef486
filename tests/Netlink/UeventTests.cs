using System.Text;
using X0tta6bl4.Netlink.Uevent;

namespace X0tta6bl4.Netlink.Tests;

public sealed class UeventTests : IDisposable
{
    private const string GatewayAdded =
        "change@/devices/virtual/net/bat0\0ACTION=change\0DEVPATH=/devices/virtual/net/bat0\0SUBSYSTEM=net\0"
        + "BATTYPE=gw\0BATACTION=add\0BATDATA=02:00:00:00:00:0c\0INTERFACE=bat0\0IFINDEX=7\0SEQNUM=1234\0";

    private readonly FakeKernel _kernel = new();
    private readonly List<NetworkUevent> _received = [];

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void A_gateway_of_batman_adv_is_read_with_all_its_fields()
    {
        var uevent = Assert.Single(Receive(GatewayAdded));

        Assert.Equal("change", uevent.Action);
        Assert.Equal("/devices/virtual/net/bat0", uevent.DevicePath);
        Assert.Equal("bat0", uevent.InterfaceName);
        Assert.Equal(7u, uevent.InterfaceIndex);
        Assert.Equal("gw", uevent.BatmanType);
        Assert.Equal("add", uevent.BatmanAction);
        Assert.Equal("02:00:00:00:00:0c", uevent.BatmanData);
        Assert.False(uevent.IsResyncNeeded);
    }

    [Fact]
    public void An_interface_that_appears_is_read_without_batman_fields()
    {
        var uevent = Assert.Single(
            Receive("add@/devices/virtual/net/dummy0\0ACTION=add\0SUBSYSTEM=net\0INTERFACE=dummy0\0IFINDEX=9\0")
        );

        Assert.Equal("add", uevent.Action);
        Assert.Null(uevent.BatmanType);
    }

    [Fact]
    public void Other_subsystems_are_passed_over() =>
        Assert.Empty(Receive("add@/devices/x\0ACTION=add\0SUBSYSTEM=block\0"));

    [Fact]
    public void What_a_process_sends_is_ignored_and_counted()
    {
        using var socket = new UeventSocket(_kernel);
        _kernel.Raw(Encoding.UTF8.GetBytes(GatewayAdded), sender: 1);

        Assert.Equal(0, socket.Receive(_received, TimeSpan.Zero));
        Assert.Equal(1, socket.Counters.ForeignSenders);
        Assert.Equal([1u], _kernel.Groups);
    }

    [Fact]
    public void An_event_cut_inside_a_field_asks_for_a_resync()
    {
        for (int length = 1; length < GatewayAdded.Length; length++)
        {
            if (GatewayAdded[length - 1] == '\0')
            {
                // Cut between two fields: a shorter event, which cannot be told from one that never had more.
                continue;
            }

            Assert.True(Assert.Single(Receive(GatewayAdded[..length])).IsResyncNeeded);
        }
    }

    [Theory]
    [InlineData("no at sign\0SUBSYSTEM=net\0")]
    [InlineData("@/path\0SUBSYSTEM=net\0")]
    [InlineData("add@/path\0SUBSYSTEM\0")]
    [InlineData("add@/path\0=net\0")]
    public void Text_that_is_no_event_asks_for_a_resync(string text) =>
        Assert.True(Assert.Single(Receive(text)).IsResyncNeeded);

    [Fact]
    public void More_fields_than_a_kernel_sends_are_refused()
    {
        string fields = string.Concat(Enumerable.Repeat("KEY=value\0", NetlinkLimits.UeventFields + 1));

        Assert.True(Assert.Single(Receive("add@/path\0" + fields)).IsResyncNeeded);
    }

    [Fact]
    public void An_index_that_is_no_number_is_absent() =>
        Assert.Null(Assert.Single(Receive("add@/p\0SUBSYSTEM=net\0IFINDEX=9x\0")).InterfaceIndex);

    [Fact]
    public void An_overflowed_queue_asks_for_a_resync()
    {
        using var socket = new UeventSocket(_kernel);
        _kernel.Outcome(ReceiveOutcome.Overrun);

        socket.Receive(_received, TimeSpan.Zero);

        Assert.True(Assert.Single(_received).IsResyncNeeded);
        Assert.Equal(1, socket.Counters.Overruns);
    }

    [Fact]
    public void Any_bytes_give_events_or_a_resync_and_never_an_exception()
    {
        string[] words = ["add@/p", "SUBSYSTEM=net", "IFINDEX=", "=", "@", "\0", "BATDATA=", "x"];
        var text = Gen.Int[0, words.Length - 1].Select(word => words[word]).Array[0, 30];
        Gen.OneOf(Gen.Byte.Array[0, 200], text.Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts))))
            .Sample(
                bytes =>
                {
                    using var kernel = new FakeKernel();
                    using var socket = new UeventSocket(kernel);
                    kernel.Raw(bytes);
                    socket.Receive([], TimeSpan.Zero);
                },
                iter: 20_000
            );
    }

    private List<NetworkUevent> Receive(string text)
    {
        using var socket = new UeventSocket(_kernel);
        _kernel.Raw(Encoding.UTF8.GetBytes(text));
        _received.Clear();
        socket.Receive(_received, TimeSpan.Zero);
        return _received;
    }
}
