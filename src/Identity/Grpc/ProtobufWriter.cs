using System.Buffers;
using System.Text;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>
/// Writes one protobuf message (proto3 wire format). Default values (0, false, nothing) are not written, as proto3 has it; a
/// nested message is written even when it is empty, because that is what makes it present.
/// </summary>
internal sealed class ProtobufWriter
{
    // Room for a whole request: what grows leaves copies behind, which Clear does not reach.
    private readonly ArrayBufferWriter<byte> _bytes = new(1024);

    /// <summary>The message so far.</summary>
    public ReadOnlyMemory<byte> Message => _bytes.WrittenMemory;

    public ProtobufWriter String(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value) => value.IsEmpty ? this : Element(field, value);

    /// <summary>A repeated string or bytes field: every element is written, the empty ones too.</summary>
    public ProtobufWriter Element(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, WireType.Bytes);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public ProtobufWriter Nested(int field, ProtobufWriter message) => Element(field, message.Message.Span);

    public ProtobufWriter Integer(int field, long value)
    {
        if (value != 0)
        {
            Tag(field, WireType.Varint);
            Varint(unchecked((ulong)value));
        }

        return this;
    }

    public ProtobufWriter Bool(int field, bool value) => Integer(field, value ? 1 : 0);

    /// <summary>Overwrites what was written: for messages with a secret in them.</summary>
    public void Clear() => _bytes.Clear();

    private void Tag(int field, WireType type) => Varint(((ulong)field << 3) | (ulong)type);

    private void Varint(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        do
        {
            span[length++] = (byte)((value & 0x7F) | (value > 0x7F ? 0x80u : 0u));
            value >>= 7;
        }
        while (value != 0);

        _bytes.Advance(length);
    }
}
