using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>
/// Builds one message in a caller's buffer. Nothing throws for lack of room: the writer remembers
/// <see cref="IsOverflowed"/> and the sender refuses the message, so that the code which builds a request reads as a
/// list of attributes. Padding is always zero, whatever the buffer held.
/// </summary>
internal ref struct NetlinkWriter
{
    private readonly Span<byte> _buffer;
    private int _length;

    /// <summary>Starts a message; its length, sequence and port id are stamped by <see cref="Finish"/>.</summary>
    public NetlinkWriter(Span<byte> buffer, ushort type, ushort flags)
    {
        _buffer = buffer;
        if (buffer.Length < NetlinkHeader.Size)
        {
            IsOverflowed = true;
            return;
        }

        new NetlinkHeader { Type = type, Flags = flags }.WriteTo(buffer);
        _length = NetlinkHeader.Size;
    }

    /// <summary>True when something did not fit (or an attribute was over 64 KiB); the rest is not written.</summary>
    public bool IsOverflowed { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public readonly int Length => _length;

    /// <summary>Appends a fixed header of the family (genlmsghdr, ifinfomsg …), padded to four.</summary>
    public void PutStruct<T>(in T value)
        where T : unmanaged
    {
        if (TryTake(Unsafe.SizeOf<T>(), out var destination))
        {
            MemoryMarshal.Write(destination, in value);
        }
    }

    public void PutFlag(ushort type) => TryPut(type, 0, out _);

    public void PutByte(ushort type, byte value)
    {
        if (TryPut(type, 1, out var destination))
        {
            destination[0] = value;
        }
    }

    public void PutUInt16(ushort type, ushort value)
    {
        if (TryPut(type, 2, out var destination))
        {
            MemoryMarshal.Write(destination, in value);
        }
    }

    public void PutUInt32(ushort type, uint value)
    {
        if (TryPut(type, 4, out var destination))
        {
            MemoryMarshal.Write(destination, in value);
        }
    }

    public void PutUInt64(ushort type, ulong value)
    {
        if (TryPut(type, 8, out var destination))
        {
            MemoryMarshal.Write(destination, in value);
        }
    }

    public void PutBytes(ushort type, ReadOnlySpan<byte> value)
    {
        if (TryPut(type, value.Length, out var destination))
        {
            value.CopyTo(destination);
        }
    }

    public void PutMac(ushort type, MacAddress value)
    {
        if (TryPut(type, MacAddress.ByteCount, out var destination))
        {
            value.WriteTo(destination);
        }
    }

    public void PutInet(ushort type, InetAddress value)
    {
        if (TryPut(type, value.ByteCount, out var destination))
        {
            value.WriteTo(destination);
        }
    }

    /// <summary>Writes UTF-8 with the final NUL that NLA_STRING and NLA_NUL_STRING policies expect.</summary>
    public void PutString(ushort type, ReadOnlySpan<char> value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        if (TryPut(type, length + 1, out var destination))
        {
            Encoding.UTF8.GetBytes(value, destination);
            destination[length] = 0;
        }
    }

    /// <summary>Opens a nested list; give the returned mark to <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type)
    {
        int mark = _length;
        TryPut((ushort)(type | NetlinkUapi.NLA_F_NESTED), 0, out _);
        return mark;
    }

    /// <summary>Closes the nested list that was opened at <paramref name="mark"/>: its length is now known.</summary>
    public void EndNested(int mark)
    {
        if (IsOverflowed)
        {
            return;
        }

        int length = _length - mark;
        if (length > ushort.MaxValue)
        {
            IsOverflowed = true;
            return;
        }

        ushort wire = (ushort)length;
        MemoryMarshal.Write(_buffer[mark..], in wire);
    }

    /// <summary>Stamps the header and returns the finished message.</summary>
    public readonly ReadOnlySpan<byte> Finish(uint sequence, uint portId)
    {
        var message = _buffer[.._length];
        Stamp(message, sequence, portId);
        return message;
    }

    /// <summary>Writes length, sequence and port id into a built message (again when a dump is repeated).</summary>
    public static void Stamp(Span<byte> message, uint sequence, uint portId)
    {
        if (NetlinkHeader.TryRead(message, out var header))
        {
            (header with { Length = (uint)message.Length, Sequence = sequence, PortId = portId }).WriteTo(message);
        }
    }

    private bool TryPut(ushort type, int valueLength, out Span<byte> value)
    {
        value = default;
        int length = NetlinkUapi.NLA_HDRLEN + valueLength;
        if (length > ushort.MaxValue)
        {
            IsOverflowed = true;
        }

        if (!TryTake(length, out var destination))
        {
            return false;
        }

        var header = new NlAttr { nla_len = (ushort)length, nla_type = type };
        MemoryMarshal.Write(destination, in header);
        value = destination[NetlinkUapi.NLA_HDRLEN..];
        return true;
    }

    private bool TryTake(int length, out Span<byte> destination)
    {
        int aligned = NetlinkUapi.Align(length);
        if (IsOverflowed || aligned > _buffer.Length - _length)
        {
            IsOverflowed = true;
            destination = default;
            return false;
        }

        var room = _buffer.Slice(_length, aligned);
        room[length..].Clear();
        destination = room[..length];
        _length += aligned;
        return true;
    }
}
