using System.Buffers.Binary;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace X0tta6bl4.Identity.Sealed.Tpm;

/// <summary>SHA-256, HMAC and the key derivations of the TPM specification (Part 1, section 11.4.10), and AES-128-CFB.</summary>
internal static class TpmHash
{
    public const int Bytes = 32;
    private const int BlockBytes = 16;

    public static byte[] Sha256(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b = default, ReadOnlySpan<byte> c = default, ReadOnlySpan<byte> d = default)
    {
        var digest = new Sha256Digest();
        digest.BlockUpdate(a);
        digest.BlockUpdate(b);
        digest.BlockUpdate(c);
        digest.BlockUpdate(d);
        var hash = new byte[Bytes];
        digest.DoFinal(hash);
        return hash;
    }

    public static byte[] Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        var hmac = new HMac(new Sha256Digest());
        hmac.Init(new KeyParameter(key));
        hmac.BlockUpdate(message);
        var tag = new byte[Bytes];
        hmac.DoFinal(tag);
        return tag;
    }

    /// <summary>KDFa, 256 bits: SP 800-108 in counter mode with HMAC-SHA-256 (Part 1, section 11.4.10.2).</summary>
    public static byte[] KdfA(ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> contextU, ReadOnlySpan<byte> contextV) =>
        Hmac(key, [0, 0, 0, 1, .. label, 0, .. contextU, .. contextV, .. Bits]);

    /// <summary>KDFe, 256 bits: SP 800-56A's concatenation with SHA-256 (Part 1, section 11.4.10.3).</summary>
    public static byte[] KdfE(ReadOnlySpan<byte> z, ReadOnlySpan<byte> label, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV) =>
        Sha256([0, 0, 0, 1], z, [.. label, 0], [.. partyU, .. partyV]);

    /// <summary>AES-128 in CFB mode, in place (Part 1, section 21.3). The key is of one session and one message.</summary>
    public static void Cfb(ReadOnlySpan<byte> keyAndIv, Span<byte> data, bool forEncryption)
    {
        var aes = new AesEngine();
        aes.Init(true, new KeyParameter(keyAndIv[..BlockBytes]));
        Span<byte> feedback = stackalloc byte[BlockBytes];
        Span<byte> stream = stackalloc byte[BlockBytes];
        keyAndIv[BlockBytes..].CopyTo(feedback);
        for (; !data.IsEmpty; data = data[Math.Min(BlockBytes, data.Length)..])
        {
            aes.ProcessBlock(feedback, stream);
            for (var i = 0; i < Math.Min(BlockBytes, data.Length); i++)
            {
                var input = data[i];
                data[i] ^= stream[i];
                feedback[i] = forEncryption ? data[i] : input;
            }
        }

        stream.Clear();
    }

    private static ReadOnlySpan<byte> Bits => [0, 0, 1, 0];

    /// <summary>A number of 16 bits, big-endian.</summary>
    public static byte[] U16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>A number of 32 bits, big-endian.</summary>
    public static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
