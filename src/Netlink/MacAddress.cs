using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace X0tta6bl4.Netlink;

/// <summary>
/// A 48-bit Ethernet address (IEEE 802, <c>ETH_ALEN</c> of linux/if_ether.h): six bytes by value, in wire order, so
/// that a table of a thousand rows holds no references. The default value is 00:00:00:00:00:00.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2, Size = ByteCount)]
public readonly struct MacAddress
    : IEquatable<MacAddress>,
        IComparable<MacAddress>,
        ISpanFormattable,
        IUtf8SpanFormattable,
        ISpanParsable<MacAddress>
{
    /// <summary>Length on the wire, bytes.</summary>
    public const int ByteCount = 6;

    /// <summary>Length of the text form <c>aa:bb:cc:dd:ee:ff</c>, characters.</summary>
    public const int TextLength = 17;

    private readonly ushort _high;
    private readonly uint _low;

    /// <param name="value">The address as a number, first wire byte highest; only the low 48 bits are kept.</param>
    public MacAddress(ulong value)
    {
        _high = (ushort)(value >> 32);
        _low = (uint)value;
    }

    /// <summary>ff:ff:ff:ff:ff:ff.</summary>
    public static MacAddress Broadcast { get; } = new(0xffff_ffff_ffff);

    /// <summary>The address as a number, first wire byte highest: it sorts as the text does.</summary>
    public ulong Value => ((ulong)_high << 32) | _low;

    /// <summary>True for 00:00:00:00:00:00, which no interface may use.</summary>
    public bool IsZero => Value == 0;

    /// <summary>The group bit: multicast and broadcast addresses, never that of one node.</summary>
    public bool IsMulticast => (_high & 0x0100) != 0;

    /// <summary>Reads six bytes in wire order; false when <paramref name="bytes"/> is not exactly six long.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MacAddress address)
    {
        if (bytes.Length != ByteCount)
        {
            address = default;
            return false;
        }

        ulong value = 0;
        foreach (byte b in bytes)
        {
            value = (value << 8) | b;
        }

        address = new MacAddress(value);
        return true;
    }

    /// <summary>Writes six bytes in wire order.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than six bytes.</exception>
    public void WriteTo(Span<byte> destination)
    {
        if (destination.Length < ByteCount)
        {
            throw new ArgumentException("A MAC address needs six bytes.", nameof(destination));
        }

        ulong value = Value;
        for (int i = ByteCount - 1; i >= 0; i--)
        {
            destination[i] = (byte)value;
            value >>= 8;
        }
    }

    /// <summary>Parses <c>aa:bb:cc:dd:ee:ff</c> or <c>aa-bb-cc-dd-ee-ff</c>, any case, nothing around it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress address)
    {
        address = default;
        if (text.Length != TextLength)
        {
            return false;
        }

        char separator = text[2];
        if (separator is not (':' or '-'))
        {
            return false;
        }

        ulong value = 0;
        for (int i = 0; i < TextLength; i += 3)
        {
            if (i > 0 && text[i - 1] != separator)
            {
                return false;
            }

            if (!byte.TryParse(text.Slice(i, 2), NumberStyles.AllowHexSpecifier, null, out byte b))
            {
                return false;
            }

            value = (value << 8) | b;
        }

        address = new MacAddress(value);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, out MacAddress)"/>
    /// <exception cref="FormatException">The text is not a MAC address.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var address)
            ? address
            : throw new FormatException($"'{text}' is not a MAC address; write it as aa:bb:cc:dd:ee:ff.");

    static MacAddress IParsable<MacAddress>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static MacAddress ISpanParsable<MacAddress>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<MacAddress>.TryParse(
        [NotNullWhen(true)] string? s,
        IFormatProvider? provider,
        out MacAddress result
    ) => TryParse(s.AsSpan(), out result);

    static bool ISpanParsable<MacAddress>.TryParse(
        ReadOnlySpan<char> s,
        IFormatProvider? provider,
        out MacAddress result
    ) => TryParse(s, out result);

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination,
        out int charsWritten,
        ReadOnlySpan<char> format,
        IFormatProvider? provider
    )
    {
        if (destination.Length < TextLength)
        {
            charsWritten = 0;
            return false;
        }

        for (int i = 0; i < TextLength; i++)
        {
            destination[i] = (char)TextAt(i);
        }

        charsWritten = TextLength;
        return true;
    }

    /// <inheritdoc/>
    public bool TryFormat(
        Span<byte> utf8Destination,
        out int bytesWritten,
        ReadOnlySpan<char> format,
        IFormatProvider? provider
    )
    {
        if (utf8Destination.Length < TextLength)
        {
            bytesWritten = 0;
            return false;
        }

        for (int i = 0; i < TextLength; i++)
        {
            utf8Destination[i] = TextAt(i);
        }

        bytesWritten = TextLength;
        return true;
    }

    /// <summary>Lower case with colons, as the kernel and batctl print it.</summary>
    public override string ToString() =>
        string.Create(TextLength, this, static (text, address) => address.TryFormat(text, out _, default, null));

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool Equals(MacAddress other) => _low == other._low && _high == other._high;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MacAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>Orders as the text sorts.</summary>
    public int CompareTo(MacAddress other) => Value.CompareTo(other.Value);

    public static bool operator ==(MacAddress left, MacAddress right) => left.Equals(right);

    public static bool operator !=(MacAddress left, MacAddress right) => !left.Equals(right);

    public static bool operator <(MacAddress left, MacAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(MacAddress left, MacAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(MacAddress left, MacAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(MacAddress left, MacAddress right) => left.CompareTo(right) >= 0;

    private byte TextAt(int index)
    {
        if (index % 3 == 2)
        {
            return (byte)':';
        }

        // Three characters a byte: two hex digits and the colon.
        int shift = (40 - (index / 3 * 8)) + (index % 3 == 0 ? 4 : 0);
        return "0123456789abcdef"u8[(int)(Value >> shift) & 0xf];
    }
}
