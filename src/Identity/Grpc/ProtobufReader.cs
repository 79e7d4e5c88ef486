using System.Buffers.Binary;
using System.Text;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>How the next bytes of a field are to be read (protobuf encoding, "Message structure").</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>
/// Reads one protobuf message (proto3 wire format) field by field, in the order they were sent. Fields nobody asks for are
/// skipped. It holds no state but its place, allocates nothing of its own and goes at most one level deep: a nested message is
/// bytes, for which the caller makes another reader, so that no sender decides how deep a stack grows.
/// </summary>
/// <remarks>Groups, which proto3 does not have, are refused and not skipped.</remarks>
internal ref struct ProtobufReader(ReadOnlyMemory<byte> message)
{
    /// <summary>Most fields of one message, the skipped ones included.</summary>
    public const int FieldsMax = 4096;

    /// <summary>Longest varint, in bytes: 64 bits, seven in each.</summary>
    private const int VarintBytesMax = 10;

    // Throws at bytes that are no UTF-8, as proto3 demands of strings.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _message = message;
    private int _position;
    private int _fields;

    /// <summary>Number of the field that <see cref="Next"/> found.</summary>
    public int Field { get; private set; }

    /// <summary>Its wire type.</summary>
    public WireType WireType { get; private set; }

    /// <summary>Goes to the next field; false at the end of the message. Its value must be read, or skipped, before the next.</summary>
    /// <exception cref="ProtobufFormatException">The bytes are no protobuf.</exception>
    public bool Next()
    {
        if (_position == _message.Length)
        {
            return false;
        }

        if (++_fields > FieldsMax)
        {
            throw Bad($"the message has over {FieldsMax} fields");
        }

        var tag = ReadVarint();
        Field = tag >> 3 is > 0 and <= 0x1FFF_FFFF ? (int)(tag >> 3) : throw Bad("a field has a number that no field can have");
        WireType = (WireType)(tag & 7);
        return true;
    }

    /// <summary>Passes over the value of the field.</summary>
    /// <exception cref="ProtobufFormatException">The bytes are no protobuf.</exception>
    public void Skip()
    {
        switch (WireType)
        {
            case WireType.Varint:
                ReadVarint();
                break;
            case WireType.Fixed64:
                Take(sizeof(ulong));
                break;
            case WireType.Bytes:
                TakeBytes();
                break;
            case WireType.Fixed32:
                Take(sizeof(uint));
                break;
            default:
                throw Bad($"the field has the wire type {(int)WireType}, which proto3 does not have");
        }
    }

    /// <summary>The value of a field of bytes, or of a nested message: a part of the message, not copied.</summary>
    /// <exception cref="ProtobufFormatException">The field is of another type, or cut off.</exception>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        Expect(WireType.Bytes);
        return TakeBytes();
    }

    /// <summary>The value of a string field.</summary>
    /// <exception cref="ProtobufFormatException">The field is of another type, cut off, or no UTF-8.</exception>
    public string ReadString()
    {
        var bytes = ReadBytes();
        try
        {
            return StrictUtf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            // The exception would quote the bytes.
            throw Bad("the field is a string that is no UTF-8");
        }
    }

    /// <summary>The value of an integer field (int32, int64, uint64, enum).</summary>
    /// <exception cref="ProtobufFormatException">The field is of another type, or cut off.</exception>
    public long ReadInteger()
    {
        Expect(WireType.Varint);
        return unchecked((long)ReadVarint());
    }

    /// <summary>The value of a bool field.</summary>
    /// <exception cref="ProtobufFormatException">The field is of another type, or cut off.</exception>
    public bool ReadBool() => ReadInteger() != 0;

    /// <summary>The value of a double field.</summary>
    /// <exception cref="ProtobufFormatException">The field is of another type, or cut off.</exception>
    public double ReadDouble()
    {
        Expect(WireType.Fixed64);
        return BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)).Span);
    }

    /// <summary>The value of one entry of a <c>map&lt;string, …&gt;</c>, read as the pair it is on the wire: field 1 and field 2.</summary>
    /// <exception cref="ProtobufFormatException">The field is no such pair.</exception>
    public KeyValuePair<string, ReadOnlyMemory<byte>> ReadMapEntry()
    {
        var entry = new ProtobufReader(ReadBytes());
        var key = "";
        var value = ReadOnlyMemory<byte>.Empty;
        while (entry.Next())
        {
            switch (entry.Field)
            {
                case 1:
                    key = entry.ReadString();
                    break;
                case 2:
                    value = entry.ReadBytes();
                    break;
                default:
                    entry.Skip();
                    break;
            }
        }

        return new(key, value);
    }

    private readonly ProtobufFormatException Bad(string what) => new($"{what} (field {Field}, before byte {_position})");

    private readonly void Expect(WireType type)
    {
        if (WireType != type)
        {
            throw Bad($"the field has the wire type {(int)WireType}, expected {(int)type}");
        }
    }

    private ReadOnlyMemory<byte> TakeBytes()
    {
        var length = ReadVarint();
        return length <= int.MaxValue ? Take((int)length) : throw Bad("the field is longer than its message");
    }

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > _message.Length - _position)
        {
            throw Bad("the field is longer than its message");
        }

        var taken = _message.Slice(_position, count);
        _position += count;
        return taken;
    }

    private ulong ReadVarint()
    {
        var rest = _message.Span[_position..];
        var value = 0ul;
        for (var i = 0; i < VarintBytesMax; i++)
        {
            if (i == rest.Length)
            {
                throw Bad("the message ends inside a number");
            }

            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                _position += i + 1;
                return value;
            }
        }

        throw Bad($"a number has over {VarintBytesMax} bytes");
    }
}

/// <summary>The bytes are no message of the kind that was expected.</summary>
public sealed class ProtobufFormatException(string message) : Exception(message);
