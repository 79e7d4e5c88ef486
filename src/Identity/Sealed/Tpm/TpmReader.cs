using System.Buffers.Binary;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>Bytes of a TPM, none of which is believed to be there before it was counted.</summary>
/// <param name="bytes">All of them.</param>
/// <param name="what">What they are, for messages.</param>
internal ref struct TpmReader(ReadOnlySpan<byte> bytes, string what)
{
    private ReadOnlySpan<byte> _left = bytes;

    public byte U8() => Raw(1)[0];

    public ushort U16() => BinaryPrimitives.ReadUInt16BigEndian(Raw(2));

    public uint U32() => BinaryPrimitives.ReadUInt32BigEndian(Raw(4));

    public ReadOnlySpan<byte> Raw(int count)
    {
        if (count > _left.Length)
        {
            throw new SealedStoreException($"{what} ends too early");
        }

        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }

    /// <summary>A TPM2B: length, bytes.</summary>
    public ReadOnlySpan<byte> Sized() => Raw(U16());

    /// <exception cref="SealedStoreException">There is more.</exception>
    public readonly void End()
    {
        if (!_left.IsEmpty)
        {
            throw new SealedStoreException($"{what} is {_left.Length} bytes too long");
        }
    }
}
