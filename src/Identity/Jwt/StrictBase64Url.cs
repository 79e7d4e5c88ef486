using System.Buffers;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// Base64url as JOSE writes it (RFC 7515, section 2): no padding, no white space, and the bits that are left over at the end are
/// zero, so that one sequence of bytes has one spelling. The decoder of the class library takes padding and white space.
/// </summary>
internal static class StrictBase64Url
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly SearchValues<char> Alphabet = SearchValues.Create(Digits);

    /// <summary>The bytes; null when the text is not their only spelling.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        // One digit alone has six bits, too few for a byte.
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
        {
            return null;
        }

        var bytes = new byte[text.Length * 6 / 8];
        var (at, bits, count) = (0, 0, 0);
        foreach (var c in text)
        {
            bits = (bits << 6) | Value(c);
            count += 6;
            if (count >= 8)
            {
                count -= 8;
                bytes[at++] = (byte)(bits >> count);
                bits &= (1 << count) - 1;
            }
        }

        return bits == 0 ? bytes : null;
    }

    /// <summary>The one spelling of the bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static int Value(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
