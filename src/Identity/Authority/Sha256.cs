using Org.BouncyCastle.Crypto.Digests;

namespace X0tta6bl4.Identity.Authority;

/// <summary>SHA-256 of a few bytes; the framework's own needs libssl.</summary>
internal static class Sha256
{
    /// <summary>Bytes of a hash.</summary>
    public const int Bytes = 32;

    public static byte[] Hash(ReadOnlySpan<byte> content)
    {
        var digest = new Sha256Digest();
        digest.BlockUpdate(content);
        var hash = new byte[Bytes];
        digest.DoFinal(hash);
        return hash;
    }
}
