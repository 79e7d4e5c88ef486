using System.Buffers.Binary;
using System.Security.Cryptography;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// Several byte strings as one secret, so that they are replaced together: a version, then each with its length (4 bytes, most
/// significant first).
/// </summary>
internal static class SecretFields
{
    private const byte Version = 1;
    private const int FieldsMax = 64;

    public static byte[] Pack(params ReadOnlySpan<ReadOnlyMemory<byte>> fields)
    {
        var length = 1;
        foreach (var field in fields)
        {
            length += sizeof(int) + field.Length;
        }

        var packed = new byte[length];
        packed[0] = Version;
        var at = 1;
        foreach (var field in fields)
        {
            BinaryPrimitives.WriteInt32BigEndian(packed.AsSpan(at), field.Length);
            field.Span.CopyTo(packed.AsSpan(at + sizeof(int)));
            at += sizeof(int) + field.Length;
        }

        return packed;
    }

    /// <summary>The fields, as slices of <paramref name="packed"/>.</summary>
    /// <exception cref="CertificateFormatException">Another version wrote it, or something else.</exception>
    public static List<ReadOnlyMemory<byte>> Unpack(ReadOnlyMemory<byte> packed)
    {
        var fields = new List<ReadOnlyMemory<byte>>();
        if (packed.IsEmpty || packed.Span[0] != Version)
        {
            throw new CertificateFormatException("the secret was written by another version of this program");
        }

        for (var rest = packed[1..]; !rest.IsEmpty;)
        {
            if (rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32BigEndian(rest.Span) is var length
                && (length < 0 || length > rest.Length - sizeof(int)) || fields.Count == FieldsMax)
            {
                throw new CertificateFormatException("the secret is not what was written");
            }

            fields.Add(rest.Slice(sizeof(int), BinaryPrimitives.ReadInt32BigEndian(rest.Span)));
            rest = rest[(sizeof(int) + fields[^1].Length)..];
        }

        return fields;
    }

    /// <summary>Packs, hands it over, and clears it.</summary>
    public static void PackFor(Action<byte[]> use, params ReadOnlySpan<ReadOnlyMemory<byte>> fields)
    {
        var packed = Pack(fields);
        try
        {
            use(packed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(packed);
        }
    }
}
