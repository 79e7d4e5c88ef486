using System.Text;
using Org.BouncyCastle.Crypto.Digests;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// A line of the ledger: 16 hexadecimal digits, a space, JSON, a line feed. The digits are SHA-256 over the digits of the line
/// before and this JSON, so that a line that is missing, changed or half written shows.
/// </summary>
internal static class LedgerLine
{
    /// <summary>Most bytes of a line. The longest record is a node with two keys and an ID of 256 characters.</summary>
    public const int BytesMax = 4096;

    private const int DigitsCount = 16;

    /// <summary>What the first line is chained to.</summary>
    public static ReadOnlySpan<byte> Start => "0000000000000000"u8;

    public static byte[] Write(ReadOnlySpan<byte> before, ReadOnlySpan<byte> json) =>
        [.. Chain(before, json), (byte)' ', .. json, (byte)'\n'];

    /// <summary>
    /// Reads the line at the beginning of <paramref name="rest"/>.
    /// </summary>
    /// <param name="before">Digits of the line before.</param>
    /// <param name="rest">The file from here on.</param>
    /// <param name="json">The record.</param>
    /// <param name="length">Bytes of the line; 0 when there is no whole one.</param>
    /// <returns>False when the bytes are no line that follows <paramref name="before"/>.</returns>
    public static bool TryRead(ReadOnlySpan<byte> before, ReadOnlyMemory<byte> rest, out ReadOnlyMemory<byte> json, out int length)
    {
        json = default;
        var end = rest.Span[..Math.Min(rest.Length, BytesMax)].IndexOf((byte)'\n');
        length = end + 1;
        if (end <= DigitsCount || rest.Span[DigitsCount] != ' ')
        {
            return false;
        }

        json = rest[(DigitsCount + 1)..end];
        return rest.Span[..DigitsCount].SequenceEqual(Chain(before, json.Span));
    }

    /// <summary>
    /// Whether the end of a file, which is no line that follows <paramref name="before"/>, is what a power cut leaves of one:
    /// without its line feed, or with zeros in place of the block that had not reached the flash. A whole line that does not fit
    /// was acted upon, and has rotted since; so has one that would fit if its last byte were the line feed.
    /// </summary>
    public static bool IsHalfWritten(ReadOnlySpan<byte> before, ReadOnlyMemory<byte> rest)
    {
        var (first, last) = (rest.Span[0], rest.Span[^1]);
        return rest.Length <= BytesMax
            && (first == 0 || last == 0
                || (last != '\n' && !TryRead(before, (byte[])[.. rest.Span[..^1], (byte)'\n'], out _, out _)));
    }

    public static byte[] DigitsOf(ReadOnlySpan<byte> line) => line[..DigitsCount].ToArray();

    private static byte[] Chain(ReadOnlySpan<byte> before, ReadOnlySpan<byte> json)
    {
        var digest = new Sha256Digest();
        digest.BlockUpdate(before);
        digest.BlockUpdate(json);
        var hash = new byte[Sha256.Bytes];
        digest.DoFinal(hash);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.AsSpan(0, DigitsCount / 2)));
    }
}
