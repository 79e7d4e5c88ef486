using System.Buffers.Binary;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>A request as the fake kernel received it.</summary>
internal sealed record FakeRequest(byte[] Bytes)
{
    public ushort Type => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(4));
    public ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(6));
    public uint Sequence => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(8));
    public uint Port => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(12));
    public byte Command => Bytes[16];

    /// <summary>The attributes after a header of the family's own of this length.</summary>
    public Dictionary<int, byte[]> Attributes(int familyHeader = 4)
    {
        var found = new Dictionary<int, byte[]>();
        var reader = new NetlinkAttributeReader(Bytes.AsSpan(16 + familyHeader));
        while (reader.TryRead(out var attribute))
        {
            found[attribute.Type] = attribute.Value.ToArray();
        }

        Assert.False(reader.IsMalformed);
        return found;
    }
}

/// <summary>
/// A kernel at message level: it gets the real encoder's requests and plays datagrams to the real decoder and dump
/// loop. Its clock advances only when someone waits for what never comes.
/// </summary>
internal sealed class FakeKernel : INetlinkTransport
{
    public const uint OurPort = 4711;
    public const ushort BatadvId = 0x1c;
    public const uint ConfigGroup = 7;
    public const uint TpmeterGroup = 8;
    public const uint NotifyGroup = 16;

    private readonly Queue<(ReceiveOutcome Outcome, byte[] Bytes, uint Sender)> _queue = new();

    public FakeTimeProvider Clock { get; } = new();

    public List<FakeRequest> Requests { get; } = [];

    public List<uint> Groups { get; } = [];

    /// <summary>Answers a request that is no family lookup.</summary>
    public Action<FakeKernel, FakeRequest> Handler { get; set; } = (_, _) => { };

    /// <summary>The number of the family "batadv"; null when the module is not loaded.</summary>
    public ushort? FamilyId { get; set; } = BatadvId;

    public bool IsDisposed { get; private set; }

    public int QueueLength => _queue.Count;

    public uint PortId => OurPort;

    public FakeRequest Last => Requests[^1];

    public void Send(ReadOnlySpan<byte> datagram)
    {
        var request = new FakeRequest(datagram.ToArray());
        Requests.Add(request);

        // RTM_NEWLINK has the same number on another protocol, but there the next byte is a family of 0.
        if (request.Type == GenetlinkUapi.GENL_ID_CTRL && request.Command == GenetlinkUapi.CTRL_CMD_GETFAMILY)
        {
            AnswerLookup(request);
        }
        else
        {
            Handler(this, request);
        }
    }

    public ReceiveOutcome Receive(Span<byte> buffer, TimeSpan timeout, out int length, out uint senderPort)
    {
        length = 0;
        senderPort = 0;
        if (!_queue.TryDequeue(out var next))
        {
            Clock.Advance(timeout);
            return ReceiveOutcome.TimedOut;
        }

        if (next.Outcome == ReceiveOutcome.Datagram && next.Bytes.Length > buffer.Length)
        {
            return ReceiveOutcome.Truncated;
        }

        next.Bytes.CopyTo(buffer);
        length = next.Bytes.Length;
        senderPort = next.Sender;
        return next.Outcome;
    }

    public void JoinGroup(uint group) => Groups.Add(group);

    public void LeaveGroup(uint group) => Groups.Remove(group);

    public void Dispose() => IsDisposed = true;

    /// <summary>Queues one datagram made of whole messages.</summary>
    public void Reply(params byte[][] messages) => Raw(KernelBytes.Join(messages));

    public void Raw(byte[] datagram, uint sender = 0) => _queue.Enqueue((ReceiveOutcome.Datagram, datagram, sender));

    public void Outcome(ReceiveOutcome outcome) => _queue.Enqueue((outcome, [], 0));

    /// <summary>A row of a dump: NLM_F_MULTI, our sequence and port.</summary>
    public static byte[] Row(FakeRequest request, byte[] body, ushort extraFlags = 0) =>
        KernelBytes.Message(
            request.Type,
            (ushort)(NetlinkUapi.NLM_F_MULTI | extraFlags),
            request.Sequence,
            request.Port,
            body
        );

    public static byte[] Done(FakeRequest request, int errno = 0, ushort extraFlags = 0, string? text = null) =>
        KernelBytes.Message(
            NetlinkUapi.NLMSG_DONE,
            (ushort)(NetlinkUapi.NLM_F_MULTI | extraFlags | (text is null ? 0 : NetlinkUapi.NLM_F_ACK_TLVS)),
            request.Sequence,
            request.Port,
            BitConverter.GetBytes(-errno),
            text is null ? [] : KernelBytes.Attribute(NetlinkUapi.NLMSGERR_ATTR_MSG, text)
        );

    /// <summary>NLMSG_ERROR as a kernel with NETLINK_CAP_ACK sends it; errno 0 is an acknowledgement.</summary>
    public static byte[] Error(FakeRequest request, int errno, string? text = null, uint? offset = null)
    {
        bool hasTlvs = text is not null || offset is not null;
        return KernelBytes.Message(
            NetlinkUapi.NLMSG_ERROR,
            (ushort)(NetlinkUapi.NLM_F_CAPPED | (hasTlvs ? NetlinkUapi.NLM_F_ACK_TLVS : 0)),
            request.Sequence,
            request.Port,
            BitConverter.GetBytes(-errno),
            request.Bytes[..16],
            text is null ? [] : KernelBytes.Attribute(NetlinkUapi.NLMSGERR_ATTR_MSG, text),
            offset is null ? [] : KernelBytes.Attribute(NetlinkUapi.NLMSGERR_ATTR_OFFS, offset.Value)
        );
    }

    public static byte[] NewFamily(FakeRequest? request, string name, ushort id, byte command = 1) =>
        KernelBytes.Message(
            GenetlinkUapi.GENL_ID_CTRL,
            0,
            request?.Sequence ?? 0,
            request?.Port ?? 0,
            KernelBytes.GenericHeader(command, 2),
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_FAMILY_NAME, name),
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_FAMILY_ID, id),
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_VERSION, 1u),
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_HDRSIZE, 0u),
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_MAXATTR, 60u),
            KernelBytes.Nested(
                GenetlinkUapi.CTRL_ATTR_MCAST_GROUPS,
                name == "nlctrl"
                    ? [Group(1, "notify", NotifyGroup)]
                    : [Group(1, "config", ConfigGroup), Group(2, "tpmeter", TpmeterGroup)]
            )
        );

    private static byte[] Group(int place, string name, uint id) =>
        KernelBytes.Nested(
            place,
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_MCAST_GRP_ID, id),
            KernelBytes.Attribute(GenetlinkUapi.CTRL_ATTR_MCAST_GRP_NAME, name)
        );

    private void AnswerLookup(FakeRequest request)
    {
        byte[] raw = request.Attributes()[GenetlinkUapi.CTRL_ATTR_FAMILY_NAME];
        string name = System.Text.Encoding.UTF8.GetString(raw).TrimEnd('\0');
        ushort? id = name == "nlctrl" ? GenetlinkUapi.GENL_ID_CTRL : name == "batadv" ? FamilyId : null;
        Reply(id is null ? Error(request, Errno.ENOENT) : NewFamily(request, name, id.Value));
    }
}
