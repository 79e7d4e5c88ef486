using System.Runtime.InteropServices;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>The 16 bytes in front of every message: <c>struct nlmsghdr</c>, linux/netlink.h; host byte order.</summary>
internal readonly record struct NetlinkHeader
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = NetlinkUapi.NLMSG_HDRLEN;

    /// <summary><c>nlmsg_len</c>: bytes of the message with this header, without the padding after it.</summary>
    public uint Length { get; init; }

    /// <summary><c>nlmsg_type</c>: below 16 the protocol's own, else the family's.</summary>
    public ushort Type { get; init; }

    /// <summary><c>nlmsg_flags</c>.</summary>
    public ushort Flags { get; init; }

    /// <summary><c>nlmsg_seq</c>: an answer repeats that of the request.</summary>
    public uint Sequence { get; init; }

    /// <summary><c>nlmsg_pid</c>: an answer carries the port id of who asked; an event carries 0.</summary>
    public uint PortId { get; init; }

    public bool IsMulti => (Flags & NetlinkUapi.NLM_F_MULTI) != 0;

    public bool IsDumpInterrupted => (Flags & NetlinkUapi.NLM_F_DUMP_INTR) != 0;

    /// <summary>False when fewer than 16 bytes are there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out NetlinkHeader header)
    {
        if (!MemoryMarshal.TryRead(bytes, out NlMsgHdr raw))
        {
            header = default;
            return false;
        }

        header = new NetlinkHeader
        {
            Length = raw.nlmsg_len,
            Type = raw.nlmsg_type,
            Flags = raw.nlmsg_flags,
            Sequence = raw.nlmsg_seq,
            PortId = raw.nlmsg_pid,
        };
        return true;
    }

    /// <summary>Writes 16 bytes; the caller has made room for them.</summary>
    public void WriteTo(Span<byte> destination)
    {
        var raw = new NlMsgHdr
        {
            nlmsg_len = Length,
            nlmsg_type = Type,
            nlmsg_flags = Flags,
            nlmsg_seq = Sequence,
            nlmsg_pid = PortId,
        };
        MemoryMarshal.Write(destination, in raw);
    }
}

/// <summary>One message inside a datagram: its header and what follows it.</summary>
internal readonly ref struct NetlinkMessage(NetlinkHeader header, ReadOnlySpan<byte> payload)
{
    public NetlinkHeader Header { get; } = header;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}

/// <summary>
/// Walks the messages of one datagram. Any bytes are safe: a length that does not fit ends the walk and sets
/// <see cref="IsMalformed"/>.
/// </summary>
internal ref struct NetlinkMessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>True when the walk ended at bytes that are no message.</summary>
    public bool IsMalformed { get; private set; }

    public bool TryRead(out NetlinkMessage message)
    {
        message = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (
            !NetlinkHeader.TryRead(_rest, out var header)
            || header.Length < NetlinkHeader.Size
            || header.Length > (uint)_rest.Length
        )
        {
            IsMalformed = true;
            _rest = default;
            return false;
        }

        int length = (int)header.Length;
        message = new NetlinkMessage(header, _rest[NetlinkHeader.Size..length]);

        // The padding after the last message may be missing.
        int aligned = NetlinkUapi.Align(length);
        _rest = aligned < _rest.Length ? _rest[aligned..] : default;
        return true;
    }
}
