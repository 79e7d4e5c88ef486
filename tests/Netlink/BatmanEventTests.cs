using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Tests.FakeKernel;
using static X0tta6bl4.Netlink.Tests.KernelBytes;

namespace X0tta6bl4.Netlink.Tests;

public sealed class BatmanEventTests : IDisposable
{
    private readonly FakeKernel _events = new();
    private readonly FakeKernel _requests = new();
    private readonly List<BatmanEvent> _received = [];

    public void Dispose()
    {
        _events.Dispose();
        _requests.Dispose();
    }

    [Fact]
    public void Both_groups_and_the_controllers_are_joined()
    {
        using var socket = Open();

        Assert.Equal([NotifyGroup, ConfigGroup, TpmeterGroup], _events.Groups);
        Assert.True(socket.IsModuleLoaded);
        Assert.False(_requests.IsDisposed);
    }

    [Fact]
    public void Changed_settings_arrive_whole()
    {
        var mesh = new MeshInterface
        {
            Version = "2022.3",
            AlgorithmName = "BATMAN_IV",
            MeshIfIndex = 7,
            MeshAddress = new MacAddress(1),
            Settings = new MeshSettings { OrigIntervalMs = 1000 },
        };
        var hardInterface = new HardInterface
        {
            MeshIfIndex = 7,
            HardIfIndex = 3,
            Name = "mesh0",
            Address = new MacAddress(2),
            IsActive = true,
        };
        var vlan = new MeshVlan { MeshIfIndex = 7, VlanNumber = 42 };
        _events.Reply(
            Event(KernelRows.Encode(mesh, 15)),
            Event(KernelRows.Encode(hardInterface, 16)),
            Event(KernelRows.Encode(vlan, 18))
        );
        using var socket = Open();

        Assert.Equal(3, socket.Receive(_received, TimeSpan.FromSeconds(1)));
        Assert.Equal(
            [
                new BatmanEvent.MeshChanged(mesh),
                new BatmanEvent.HardInterfaceChanged(hardInterface),
                new BatmanEvent.VlanChanged(vlan),
            ],
            _received
        );
    }

    [Fact]
    public void A_finished_measurement_arrives_with_its_cookie() =>
        Gen.Select(Gen.UInt, Gen.ULong, Gen.UInt, Gen.ULong, Gen.Byte)
            .Sample(
                (cookie, mac, time, bytes, status) =>
                {
                    var result = new ThroughputMeterResult
                    {
                        Cookie = cookie,
                        Originator = new MacAddress(mac),
                        TestTimeMs = time,
                        Bytes = bytes,
                        Status = (ThroughputMeterStatus)status,
                    };
                    using var events = new FakeKernel();
                    events.Reply(Event(KernelRows.Encode(result)));
                    using var socket = new BatmanEventSocket(events, _requests);
                    var received = new List<BatmanEvent>();
                    socket.Receive(received, TimeSpan.Zero);
                    return received is [BatmanEvent.ThroughputMeterFinished finished] && finished.Result == result;
                },
                iter: 500,
                threads: 1
            );

    [Fact]
    public void An_overflowed_queue_asks_for_a_resync_and_listening_goes_on()
    {
        _events.Outcome(ReceiveOutcome.Overrun);
        _events.Reply(Event(KernelRows.Encode(new MeshVlan { MeshIfIndex = 7, VlanNumber = 1 }, 18)));
        using var socket = Open();

        socket.Receive(_received, TimeSpan.Zero);

        Assert.Equal("the socket's queue overflowed", Assert.IsType<BatmanEvent.ResyncNeeded>(_received[0]).Reason);
        Assert.IsType<BatmanEvent.VlanChanged>(_received[1]);
        Assert.Equal(1, socket.Counters.Overruns);
    }

    [Fact]
    public void An_event_cut_at_any_byte_asks_for_a_resync_and_never_throws()
    {
        byte[] whole = Event(KernelRows.Encode(new MeshVlan { MeshIfIndex = 7, VlanNumber = 42 }, 18));
        for (int length = 1; length < whole.Length - 3; length++)
        {
            _received.Clear();
            _events.Raw(whole[..length]);
            using var socket = new BatmanEventSocket(_events, _requests);

            socket.Receive(_received, TimeSpan.Zero);

            Assert.IsType<BatmanEvent.ResyncNeeded>(Assert.Single(_received));
            Assert.Equal(1, socket.Counters.Malformed);
        }
    }

    [Fact]
    public void A_process_that_pretends_to_be_the_kernel_is_ignored_and_counted()
    {
        _events.Raw(Event(KernelRows.Encode(new MeshVlan { MeshIfIndex = 7, VlanNumber = 1 }, 18)), sender: 99);
        using var socket = Open();

        Assert.Equal(0, socket.Receive(_received, TimeSpan.Zero));
        Assert.Equal(1, socket.Counters.ForeignSenders);
    }

    [Fact]
    public void A_module_loaded_later_is_noticed_and_its_groups_joined()
    {
        _requests.FamilyId = null;
        using var socket = Open();
        Assert.False(socket.IsModuleLoaded);
        Assert.Equal([NotifyGroup], _events.Groups);

        _events.Reply(NewFamily(null, "nl80211", 0x30));
        _events.Reply(NewFamily(null, "batadv", 0x31));
        socket.Receive(_received, TimeSpan.Zero);

        Assert.IsType<BatmanEvent.ModuleLoaded>(Assert.Single(_received));
        Assert.True(socket.IsModuleLoaded);
        Assert.Equal([NotifyGroup, ConfigGroup, TpmeterGroup], _events.Groups);

        _events.Reply(NewFamily(null, "batadv", 0x31, GenetlinkUapi.CTRL_CMD_DELFAMILY));
        socket.Receive(_received, TimeSpan.Zero);

        Assert.IsType<BatmanEvent.ModuleUnloaded>(_received[^1]);
        Assert.False(socket.IsModuleLoaded);
    }

    [Fact]
    public void One_call_reads_a_bounded_number_of_datagrams()
    {
        byte[] one = Event(KernelRows.Encode(new MeshVlan { MeshIfIndex = 7, VlanNumber = 1 }, 18));
        for (int i = 0; i < NetlinkLimits.EventDatagramsPerCall + 5; i++)
        {
            _events.Reply(one);
        }

        using var socket = Open();

        Assert.Equal(NetlinkLimits.EventDatagramsPerCall, socket.Receive(_received, TimeSpan.Zero));
        Assert.Equal(5, socket.Receive(_received, TimeSpan.Zero));
        Assert.Equal(0, socket.Receive(_received, TimeSpan.Zero));
    }

    [Fact]
    public void A_newer_kernels_event_is_no_reason_to_resync()
    {
        _events.Reply(Event(GenericHeader(99)), Event(GenericHeader(100)));
        using var socket = Open();

        Assert.Equal(0, socket.Receive(_received, TimeSpan.Zero));
    }

    [Fact]
    public void Any_bytes_give_events_or_a_resync_and_never_an_exception() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 5], Gen.Byte)
            .Sample(
                (bytes, kind, command) =>
                {
                    // Mostly our own family or the controller, and commands it knows: else noise is passed over.
                    if (bytes.Length >= 20 && kind > 0)
                    {
                        BitConverter.TryWriteBytes(bytes, (uint)bytes.Length);
                        ushort type = kind == 1 ? GenetlinkUapi.GENL_ID_CTRL : BatadvId;
                        BitConverter.TryWriteBytes(bytes.AsSpan(4), type);
                        bytes[16] = kind == 1 ? (byte)(1 + (command & 1)) : (byte)(command % 20);
                    }

                    using var events = new FakeKernel();
                    events.Raw(bytes);
                    using var socket = new BatmanEventSocket(events, _requests);
                    var received = new List<BatmanEvent>();
                    socket.Receive(received, TimeSpan.Zero);
                },
                iter: 10_000,
                threads: 1
            );

    /// <summary>An event carries neither sequence nor port.</summary>
    private static byte[] Event(byte[] body) => Message(BatadvId, 0, 0, 0, body);

    private BatmanEventSocket Open() => new(_events, _requests);
}
