using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Tests.FakeKernel;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>The dump loop: what a kernel can do to an answer, seen through the originator table.</summary>
public sealed class DumpTests : IDisposable
{
    private const uint Bat0 = 7;
    private readonly FakeKernel _kernel = new();
    private readonly List<Originator> _rows = [];

    [Fact]
    public void Rows_of_many_datagrams_and_many_messages_become_one_list()
    {
        _kernel.Handler = (kernel, request) =>
        {
            kernel.Reply(Row(request, Path(1)), Row(request, Path(2)));
            kernel.Reply(Row(request, Path(3)));
            kernel.Reply(Row(request, Path(4)), Done(request));
        };

        Assert.Equal(DumpOutcome.Complete, Dump());
        Assert.Equal([1UL, 2, 3, 4], _rows.Select(row => row.Address.Value));
    }

    [Fact]
    public void The_list_is_replaced_not_appended_to()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Row(request, Path(1)), Done(request));
        using var client = Client();

        client.DumpOriginators(Bat0, _rows);
        client.DumpOriginators(Bat0, _rows);

        Assert.Single(_rows);
    }

    [Fact]
    public void An_interrupted_dump_is_repeated_until_it_is_whole()
    {
        int dumps = 0;
        _kernel.Handler = (kernel, request) =>
        {
            bool isInterrupted = ++dumps < 3;
            kernel.Reply(Row(request, Path((ulong)dumps), isInterrupted ? NetlinkUapi.NLM_F_DUMP_INTR : (ushort)0));
            kernel.Reply(Done(request));
        };
        using var client = Client();

        Assert.Equal(DumpOutcome.Complete, client.DumpOriginators(Bat0, _rows));
        Assert.Equal(3UL, Assert.Single(_rows).Address.Value);
        Assert.Equal(2, client.Counters.DumpRetries);
    }

    [Fact]
    public void A_mark_on_the_last_message_counts_too()
    {
        int dumps = 0;
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(
                Row(request, Path(1)),
                Done(request, extraFlags: ++dumps == 1 ? NetlinkUapi.NLM_F_DUMP_INTR : (ushort)0)
            );

        Assert.Equal(DumpOutcome.Complete, Dump());
        Assert.Equal(2, dumps);
    }

    [Fact]
    public void A_dump_interrupted_every_time_is_given_up_by_name()
    {
        int dumps = 0;
        _kernel.Handler = (kernel, request) =>
        {
            dumps++;
            kernel.Reply(Row(request, Path(1), NetlinkUapi.NLM_F_DUMP_INTR), Done(request));
        };

        var error = Assert.Throws<NetlinkException>(() => Dump());

        Assert.Equal(NetlinkFailure.DumpInterrupted, error.Failure);
        Assert.Equal(NetlinkLimits.DumpAttempts, dumps);
        Assert.Empty(_rows);
        Assert.Equal(
            "BATADV_CMD_GET_ORIGINATORS on mesh interface 7 failed: the table changed during each of 5 dumps. "
                + "Ask again in a moment.",
            error.Message
        );
    }

    [Fact]
    public void The_kernels_own_words_reach_the_message()
    {
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(Error(request, Errno.EINVAL, "Unsupported flags", offset: 20));

        var error = Assert.Throws<NetlinkException>(() => Dump());

        Assert.Equal(NetlinkFailure.Refused, error.Failure);
        Assert.Equal(Errno.EINVAL, error.ErrorNumber);
        Assert.Equal("Unsupported flags", error.KernelText);
        Assert.Equal(20u, error.KernelOffset);
        Assert.Equal(
            "BATADV_CMD_GET_ORIGINATORS on mesh interface 7 failed: EINVAL (invalid argument); "
                + "the kernel says \"Unsupported flags\"; at byte 20 of the request.",
            error.Message
        );
    }

    [Fact]
    public void Words_are_found_behind_a_repeated_request_too()
    {
        // Without NETLINK_CAP_ACK the whole request stands between the errno and the attributes.
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(
                KernelBytes.Message(
                    NetlinkUapi.NLMSG_ERROR,
                    NetlinkUapi.NLM_F_ACK_TLVS,
                    request.Sequence,
                    request.Port,
                    BitConverter.GetBytes(-Errno.EPERM),
                    request.Bytes,
                    KernelBytes.Attribute(NetlinkUapi.NLMSGERR_ATTR_MSG, "no")
                )
            );

        var error = Assert.Throws<NetlinkException>(() => Dump());

        Assert.Equal("no", error.KernelText);
        Assert.True(error.IsPermission);
        Assert.Contains("CAP_NET_ADMIN", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_the_last_message_is_the_dumps_error()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Done(request, Errno.ENODEV, text: "gone"));

        var error = Assert.Throws<NetlinkException>(() => Dump());

        Assert.True(error.IsNoSuchInterface);
        Assert.Equal("gone", error.KernelText);
        Assert.Contains("There is no such interface", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_active_primary_interface_is_an_outcome_not_an_error()
    {
        _rows.Add(default);
        _kernel.Handler = (kernel, request) => kernel.Reply(Done(request, Errno.ENOENT));

        Assert.Equal(DumpOutcome.MeshDown, Dump());
        Assert.Empty(_rows);
    }

    [Fact]
    public void A_feature_that_was_not_built_is_an_outcome_not_an_error()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Error(request, Errno.EOPNOTSUPP));

        Assert.Equal(DumpOutcome.NotSupported, Dump());
    }

    [Fact]
    public void Messages_for_others_are_ignored_and_counted()
    {
        _kernel.Handler = (kernel, request) =>
        {
            kernel.Raw(Row(request, Path(66)), sender: 4712);
            kernel.Reply(Row(request with { Bytes = WithSequence(request, request.Sequence - 1) }, Path(67)));
            kernel.Reply(Row(request with { Bytes = WithPort(request, 1) }, Path(68)));
            kernel.Reply(Row(request, Path(1)), Done(request));
        };
        using var client = Client();

        client.DumpOriginators(Bat0, _rows);

        Assert.Equal(1UL, Assert.Single(_rows).Address.Value);
        Assert.Equal(1, client.Counters.ForeignSenders);
        Assert.Equal(1, client.Counters.WrongSequence);
        Assert.Equal(1, client.Counters.WrongPort);
    }

    [Fact]
    public void A_kernel_that_never_answers_costs_the_time_out_and_no_more()
    {
        var before = _kernel.Clock.GetUtcNow();

        var error = Assert.Throws<NetlinkException>(() => Dump());

        Assert.Equal(NetlinkFailure.TimedOut, error.Failure);
        Assert.Equal(NetlinkLimits.RequestTimeoutMs, (_kernel.Clock.GetUtcNow() - before).TotalMilliseconds, 1.0);
    }

    [Fact]
    public void A_dump_without_its_end_delivers_nothing()
    {
        _kernel.Handler = (kernel, request) => kernel.Reply(Row(request, Path(1)));

        Assert.Equal(NetlinkFailure.TimedOut, Assert.Throws<NetlinkException>(() => Dump()).Failure);
        Assert.Empty(_rows);
    }

    [Theory]
    [InlineData(ReceiveOutcome.Truncated, "longer than 32768 bytes")]
    [InlineData(ReceiveOutcome.Overrun, "overflowed")]
    public void A_cut_answer_is_an_error_and_is_counted(ReceiveOutcome outcome, string text)
    {
        _kernel.Handler = (kernel, request) =>
        {
            kernel.Reply(Row(request, Path(1)));
            kernel.Outcome(outcome);
        };
        using var client = Client();

        var error = Assert.Throws<NetlinkException>(() => client.DumpOriginators(Bat0, _rows));

        Assert.Equal(NetlinkFailure.Truncated, error.Failure);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Empty(_rows);
        Assert.Equal(1, client.Counters.Truncated + client.Counters.Overruns);
    }

    [Fact]
    public void NLMSG_OVERRUN_is_an_error_and_NLMSG_NOOP_is_nothing()
    {
        _kernel.Handler = (kernel, request) =>
            kernel.Reply(Control(request, NetlinkUapi.NLMSG_NOOP), Control(request, NetlinkUapi.NLMSG_OVERRUN));

        Assert.Equal(NetlinkFailure.Truncated, Assert.Throws<NetlinkException>(() => Dump()).Failure);
    }

    [Fact]
    public void The_rest_of_an_abandoned_answer_is_drained_before_the_next_request()
    {
        bool isFirst = true;
        _kernel.Handler = (kernel, request) =>
        {
            if (isFirst)
            {
                isFirst = false;
                kernel.Outcome(ReceiveOutcome.Truncated);
                kernel.Reply(Row(request, Path(66)), Done(request));
                return;
            }

            Assert.Equal(0, kernel.QueueLength);
            kernel.Reply(Row(request, Path(1)), Done(request));
        };
        using var client = Client();
        Assert.Throws<NetlinkException>(() => client.DumpOriginators(Bat0, _rows));

        client.DumpOriginators(Bat0, _rows);

        Assert.Equal(1UL, Assert.Single(_rows).Address.Value);
        Assert.Equal(0, client.Counters.WrongSequence);
    }

    [Fact]
    public void A_table_over_the_limit_is_refused()
    {
        _kernel.Handler = (kernel, request) =>
        {
            byte[] row = Row(request, Path(1));
            int perDatagram = NetlinkLimits.ReceiveBufferBytes / row.Length;
            byte[] datagram = KernelBytes.Join([.. Enumerable.Repeat(row, perDatagram)]);
            for (int rows = 0; rows <= NetlinkLimits.DumpRows; rows += perDatagram)
            {
                kernel.Raw(datagram);
            }
        };

        var error = Assert.Throws<NetlinkException>(() => Dump());

        Assert.Equal(NetlinkFailure.OverLimit, error.Failure);
        Assert.Contains("131072", error.Message, StringComparison.Ordinal);
        Assert.Empty(_rows);
    }

    [Fact]
    public void A_second_thread_is_refused_not_served_garbage()
    {
        using var client = Client();
        Exception? second = null;
        _kernel.Handler = (kernel, request) =>
        {
            second = Record.Exception(() => client.DumpOriginators(Bat0, []));
            kernel.Reply(Done(request));
        };

        client.DumpOriginators(Bat0, _rows);

        Assert.IsType<InvalidOperationException>(second);
        Assert.Equal(DumpOutcome.Complete, client.DumpOriginators(Bat0, _rows));
    }

    [Fact]
    public void A_dump_into_a_list_with_room_allocates_nothing()
    {
        const int count = 1000;
        using var transport = new CannedDump(count);
        using var client = new BatmanClient(transport);
        for (int i = 0; i < 3; i++)
        {
            client.DumpOriginators(Bat0, _rows);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        client.DumpOriginators(Bat0, _rows);
        long after = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(count, _rows.Count);
        Assert.Equal(0, after - before);
        Assert.Equal("mesh0", client.InterfaceName(3));
    }

    public void Dispose() => _kernel.Dispose();

    internal static byte[] Path(ulong address) =>
        KernelRows.Encode(
            new Originator
            {
                Address = new MacAddress(address),
                NextHop = new MacAddress(address),
                HardIfIndex = 3,
                Tq = 255,
                LastSeenMs = 10,
            }
        );

    private static byte[] Control(FakeRequest request, ushort type) =>
        KernelBytes.Message(type, NetlinkUapi.NLM_F_MULTI, request.Sequence, request.Port);

    private static byte[] WithSequence(FakeRequest request, uint sequence)
    {
        byte[] bytes = [.. request.Bytes];
        BitConverter.TryWriteBytes(bytes.AsSpan(8), sequence);
        return bytes;
    }

    private static byte[] WithPort(FakeRequest request, uint port)
    {
        byte[] bytes = [.. request.Bytes];
        BitConverter.TryWriteBytes(bytes.AsSpan(12), port);
        return bytes;
    }

    private BatmanClient Client() => new(_kernel, _kernel.Clock);

    private DumpOutcome Dump()
    {
        using var client = Client();
        return client.DumpOriginators(Bat0, _rows);
    }

    /// <summary>Plays the same rows for every dump without allocating: only the sequence is stamped in.</summary>
    private sealed class CannedDump : INetlinkTransport
    {
        private readonly byte[] _family;
        private readonly List<byte[]> _datagrams = [];
        private int _next;
        private uint _sequence;
        private bool _isLookup;

        public CannedDump(int rows)
        {
            var request = new FakeRequest(
                KernelBytes.Message(BatadvId, 0, 0, OurPort, KernelBytes.GenericHeader(8))
            );
            _family = NewFamily(request, "batadv", BatadvId);
            foreach (ulong[] part in Enumerable.Range(1, rows).Select(i => (ulong)i).Chunk(300))
            {
                _datagrams.Add(KernelBytes.Join(part.Select(i => Row(request, Path(i))).ToArray()));
            }

            _datagrams.Add(Done(request));
        }

        public uint PortId => OurPort;

        public void Send(ReadOnlySpan<byte> datagram)
        {
            _isLookup = BitConverter.ToUInt16(datagram[4..]) == GenetlinkUapi.GENL_ID_CTRL;
            _sequence = BitConverter.ToUInt32(datagram[8..]);
            _next = 0;
        }

        public ReceiveOutcome Receive(Span<byte> buffer, TimeSpan timeout, out int length, out uint senderPort)
        {
            byte[] datagram = _isLookup ? _family : _datagrams[_next++];
            datagram.CopyTo(buffer);
            length = datagram.Length;
            senderPort = 0;
            int at = 0;
            while (at < length)
            {
                BitConverter.TryWriteBytes(buffer[(at + 8)..], _sequence);
                at += (int)(BitConverter.ToUInt32(buffer[at..]) + 3) & ~3;
            }

            return ReceiveOutcome.Datagram;
        }

        public void JoinGroup(uint group) { }

        public void LeaveGroup(uint group) { }

        public void Dispose() { }
    }
}
