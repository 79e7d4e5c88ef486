using System.Numerics;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// Reads the attributes of one batadv message once, in whatever order they come, and remembers which were there.
/// Attribute numbers fit in 64 bits, so "which were there" and "which must be" are two numbers. A number this
/// program does not know (a newer kernel) is passed over by the caller's switch. The last of two equal attributes
/// wins, as in the kernel's own parser.
/// </summary>
internal ref struct BatadvScan
{
    private NetlinkAttributeReader _reader;
    private NetlinkAttribute _attribute;
    private BatadvAttr _wrongLength;
    private readonly bool _isTooShort;

    public BatadvScan(scoped in NetlinkMessage message)
    {
        _isTooShort = message.Payload.Length < GenetlinkUapi.GENL_HDRLEN;
        _reader = new NetlinkAttributeReader(_isTooShort ? default : message.Payload[GenetlinkUapi.GENL_HDRLEN..]);
    }

    /// <summary>The attribute <see cref="TryRead"/> found.</summary>
    public BatadvAttr Current { get; private set; }

    /// <summary>A bit for each attribute number seen.</summary>
    public ulong Seen { get; private set; }

    public bool TryRead()
    {
        if (!_reader.TryRead(out _attribute))
        {
            return false;
        }

        Current = (BatadvAttr)_attribute.Type;
        if (_attribute.Type < 64)
        {
            Seen |= 1UL << _attribute.Type;
        }

        return true;
    }

    public byte Byte() => Checked(_attribute.TryGetByte(out byte value), value);

    /// <summary>The kernel's booleans are a byte.</summary>
    public bool Bool() => Byte() != 0;

    public ushort UInt16() => Checked(_attribute.TryGetUInt16(out ushort value), value);

    public uint UInt32() => Checked(_attribute.TryGetUInt32(out uint value), value);

    public ulong UInt64() => Checked(_attribute.TryGetUInt64(out ulong value), value);

    public MacAddress Mac() => Checked(_attribute.TryGetMac(out var value), value);

    public VlanId Vlan() => new(UInt16());

    public InetAddress IPv4()
    {
        bool isGood = InetAddress.TryRead(_attribute.Value, out var value) && value.IsIPv4;
        return Checked(isGood, value);
    }

    /// <summary>VLANID is a u16 in the policy, and the kernel itself replies with a u32.</summary>
    public ushort UInt16OrUInt32() =>
        _attribute.TryGetUInt32(out uint wide) && wide <= ushort.MaxValue ? (ushort)wide : UInt16();

    public readonly ReadOnlySpan<byte> Text() => _attribute.Text;

    /// <summary>What there is to complain about, once the loop is over.</summary>
    /// <param name="required">Bits of the attributes that must be there.</param>
    /// <param name="oneOf">Bits of attributes of which at least one must be there; 0 for none.</param>
    public readonly RowProblem Finish(ulong required, ulong oneOf = 0)
    {
        if (_isTooShort || _reader.IsMalformed)
        {
            return RowProblem.Malformed;
        }

        if (_wrongLength != BatadvAttr.BATADV_ATTR_UNSPEC)
        {
            return new RowProblem(RowProblemKind.WrongLength, _wrongLength.ToString());
        }

        ulong missing = required & ~Seen;
        if (missing == 0 && (oneOf == 0 || (oneOf & Seen) != 0))
        {
            return RowProblem.None;
        }

        var first = (BatadvAttr)BitOperations.TrailingZeroCount(missing != 0 ? missing : oneOf);
        return new RowProblem(RowProblemKind.Missing, first.ToString());
    }

    private T Checked<T>(bool isGood, T value)
    {
        if (!isGood)
        {
            _wrongLength = Current;
        }

        return value;
    }
}
