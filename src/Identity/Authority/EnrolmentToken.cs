using System.Buffers.Text;
using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// A one-time token: a selector, by which the authority finds it, and a 256-bit secret, of which the authority keeps the hash.
/// Found by the one and compared, in constant time, by the other, so that the time a search takes tells nothing of a secret.
/// </summary>
internal sealed class EnrolmentToken
{
    /// <summary>Bytes of a token.</summary>
    public const int Bytes = SelectorBytes + SecretBytes;

    private const int SelectorBytes = 8;
    private const int SecretBytes = 32;

    private readonly byte[] _secret;

    private EnrolmentToken(ReadOnlySpan<byte> bytes)
    {
        Selector = Base64Url.EncodeToString(bytes[..SelectorBytes]);
        _secret = bytes[SelectorBytes..].ToArray();
    }

    public string Selector { get; }

    public byte[] SecretHash => Sha256.Hash(_secret);

    public static EnrolmentToken Random() => new(RandomNumberGenerator.GetBytes(Bytes));

    /// <param name="bytes">Exactly <see cref="Bytes"/>.</param>
    public static EnrolmentToken Read(ReadOnlySpan<byte> bytes) => bytes.Length == Bytes
        ? new EnrolmentToken(bytes)
        : throw new FormatException($"a token has {Bytes} bytes");

    public byte[] ToBytes() => [.. Base64Url.DecodeFromChars(Selector), .. _secret];

    public bool Matches(LedgerToken token) => CryptographicOperations.FixedTimeEquals(SecretHash, token.SecretHash.Span);

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"token {Selector}";
}
