using System.Buffers.Binary;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>Bytes for a TPM: big-endian numbers, buffers with their length before them (Part 2, section 10.4, TPM2B).</summary>
internal sealed class TpmWriter
{
    private readonly byte[] _bytes = new byte[SealedLimits.TpmMessageBytesMax];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public TpmWriter U8(byte value)
    {
        _bytes[_length++] = value;
        return this;
    }

    public TpmWriter U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(_length), value);
        _length += 2;
        return this;
    }

    public TpmWriter U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(_length), value);
        _length += 4;
        return this;
    }

    public TpmWriter Raw(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
        return this;
    }

    /// <summary>A TPM2B: length, bytes.</summary>
    public TpmWriter Sized(ReadOnlySpan<byte> value) => U16((ushort)value.Length).Raw(value);

    public byte[] ToArray() => Written.ToArray();

    public void Clear() => Array.Clear(_bytes);
}
