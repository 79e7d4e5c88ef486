using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>
/// One attribute: a 14-bit type and its bytes. The <c>TryGet</c> methods are exact about length, because an attribute
/// of another length is not the one the header describes; they never throw.
/// </summary>
internal readonly ref struct NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
{
    /// <summary>The type without NLA_F_NESTED and NLA_F_NET_BYTEORDER, which kernels set as they please.</summary>
    public ushort Type { get; } = type;

    public ReadOnlySpan<byte> Value { get; } = value;

    public bool TryGetByte(out byte value)
    {
        value = Value.Length == 1 ? Value[0] : default;
        return Value.Length == 1;
    }

    public bool TryGetUInt16(out ushort value)
    {
        value = Value.Length == 2 ? MemoryMarshal.Read<ushort>(Value) : default;
        return Value.Length == 2;
    }

    public bool TryGetUInt32(out uint value)
    {
        value = Value.Length == 4 ? MemoryMarshal.Read<uint>(Value) : default;
        return Value.Length == 4;
    }

    /// <summary>Aligned to four only (hence BATADV_ATTR_PAD): read as bytes.</summary>
    public bool TryGetUInt64(out ulong value)
    {
        value = Value.Length == 8 ? MemoryMarshal.Read<ulong>(Value) : default;
        return Value.Length == 8;
    }

    public bool TryGetUInt32BigEndian(out uint value)
    {
        value = Value.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(Value) : default;
        return Value.Length == 4;
    }

    public bool TryGetMac(out MacAddress value) => MacAddress.TryRead(Value, out value);

    /// <summary>
    /// The bytes of a NUL-terminated string, without the NUL, which some kernels leave out, and cut at
    /// <see cref="NetlinkLimits.TextBytes"/>.
    /// </summary>
    public ReadOnlySpan<byte> Text
    {
        get
        {
            var text = Value.Length > NetlinkLimits.TextBytes ? Value[..NetlinkLimits.TextBytes] : Value;
            int end = text.IndexOf((byte)0);
            return end < 0 ? text : text[..end];
        }
    }

    /// <summary><see cref="Text"/> as a new string; bytes that are no UTF-8 become U+FFFD.</summary>
    public string GetString() => Encoding.UTF8.GetString(Text);

    /// <summary>The attributes inside this one.</summary>
    public NetlinkAttributeReader Nested() => new(Value);
}

/// <summary>
/// Walks a list of attributes (<c>struct nlattr</c>, linux/netlink.h). Any bytes are safe: a length that does not fit,
/// or more than <see cref="NetlinkLimits.AttributesPerList"/> attributes, ends the walk and sets
/// <see cref="IsMalformed"/>. Look at that flag after the loop: an attribute list cut in the middle is not a shorter
/// list.
/// </summary>
internal ref struct NetlinkAttributeReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>NLA_TYPE_MASK, on the 16 bits it is used on.</summary>
    private const ushort TypeBits = unchecked(
        (ushort)~(NetlinkUapi.NLA_F_NESTED | NetlinkUapi.NLA_F_NET_BYTEORDER)
    );

    private ReadOnlySpan<byte> _rest = bytes;
    private int _count;

    /// <summary>True when the walk ended at bytes that are no attribute.</summary>
    public bool IsMalformed { get; private set; }

    public bool TryRead(out NetlinkAttribute attribute)
    {
        attribute = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (
            _count >= NetlinkLimits.AttributesPerList
            || !MemoryMarshal.TryRead(_rest, out NlAttr raw)
            || raw.nla_len < NetlinkUapi.NLA_HDRLEN
            || raw.nla_len > _rest.Length
        )
        {
            IsMalformed = true;
            _rest = default;
            return false;
        }

        _count++;
        attribute = new NetlinkAttribute(
            (ushort)(raw.nla_type & TypeBits),
            _rest[NetlinkUapi.NLA_HDRLEN..raw.nla_len]
        );

        // The last attribute's padding may be missing.
        int aligned = NetlinkUapi.Align(raw.nla_len);
        _rest = aligned < _rest.Length ? _rest[aligned..] : default;
        return true;
    }
}
