using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace X0tta6bl4.Netlink;

/// <summary>
/// An IPv4 or IPv6 address by value, so that a dump of neighbours allocates nothing per row
/// (<see cref="IPAddress"/> is a class). The default value is "no address".
/// </summary>
public readonly struct InetAddress : IEquatable<InetAddress>, ISpanFormattable
{
    /// <summary>Longest text form, characters (IPv6 with an embedded IPv4 tail).</summary>
    public const int MaxTextLength = 45;

    private readonly UInt128 _bits;
    private readonly byte _length;

    private InetAddress(UInt128 bits, byte length)
    {
        _bits = bits;
        _length = length;
    }

    /// <summary>4 for IPv4, 16 for IPv6, 0 for "no address".</summary>
    public int ByteCount => _length;

    /// <summary>True unless this is the default value.</summary>
    public bool HasValue => _length != 0;

    /// <summary>True for IPv4.</summary>
    public bool IsIPv4 => _length == 4;

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => _length == 16;

    /// <summary>The family in the terms of .NET's sockets.</summary>
    public AddressFamily Family =>
        _length switch
        {
            4 => AddressFamily.InterNetwork,
            16 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };

    /// <summary>Reads 4 or 16 bytes in network order; false for any other length.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out InetAddress address)
    {
        switch (bytes.Length)
        {
            case 4:
                address = new InetAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), 4);
                return true;
            case 16:
                address = new InetAddress(BinaryPrimitives.ReadUInt128BigEndian(bytes), 16);
                return true;
            default:
                address = default;
                return false;
        }
    }

    /// <summary>Parses any text <see cref="IPAddress"/> accepts, without scope id.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out InetAddress address)
    {
        address = default;
        return IPAddress.TryParse(text, out var parsed) && TryRead(parsed.GetAddressBytes(), out address);
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static InetAddress Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var address)
            ? address
            : throw new FormatException($"'{text}' is not an IPv4 or IPv6 address.");

    /// <summary>Writes <see cref="ByteCount"/> bytes in network order and returns how many.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int WriteTo(Span<byte> destination)
    {
        if (destination.Length < _length)
        {
            throw new ArgumentException("The destination is shorter than the address.", nameof(destination));
        }

        if (_length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_bits);
        }
        else if (_length == 16)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination, _bits);
        }

        return _length;
    }

    /// <summary>The framework's class for the same address; allocates.</summary>
    /// <exception cref="InvalidOperationException">This is "no address".</exception>
    public IPAddress ToIPAddress()
    {
        if (_length == 0)
        {
            throw new InvalidOperationException("There is no address here; ask HasValue first.");
        }

        Span<byte> bytes = stackalloc byte[16];
        int length = WriteTo(bytes);
        return new IPAddress(bytes[..length]);
    }

    /// <inheritdoc/>
    public bool TryFormat(
        Span<char> destination,
        out int charsWritten,
        ReadOnlySpan<char> format,
        IFormatProvider? provider
    )
    {
        charsWritten = 0;
        return _length == 0 || ToIPAddress().TryFormat(destination, out charsWritten);
    }

    /// <summary>The usual text form; empty for "no address".</summary>
    public override string ToString() => _length == 0 ? "" : ToIPAddress().ToString();

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool Equals(InetAddress other) => _length == other._length && _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InetAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_bits, _length);

    public static bool operator ==(InetAddress left, InetAddress right) => left.Equals(right);

    public static bool operator !=(InetAddress left, InetAddress right) => !left.Equals(right);
}
