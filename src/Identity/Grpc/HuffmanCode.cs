using System.Text;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>
/// The Huffman code of HTTP/2 headers (RFC 7541, section 5.2 and appendix B). It is canonical: codes of one length follow each
/// other in the order of their bytes, so that the lengths alone say everything.
/// </summary>
internal static class HuffmanCode
{
    private const int CodeBitsMax = 30;

    /// <summary>For each byte, the bits of its code.</summary>
    internal static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    ];

    /// <summary>Decodes; bytes above 0x7F come out as Latin-1.</summary>
    /// <exception cref="Http2Exception">It is no such code.</exception>
    public static string Decode(ReadOnlySpan<byte> coded)
    {
        var text = new StringBuilder();
        var code = 0;
        var bits = 0;
        foreach (var octet in coded)
        {
            for (var mask = 0x80; mask != 0; mask >>= 1)
            {
                code = (code << 1) | ((octet & mask) != 0 ? 1 : 0);
                if (++bits > CodeBitsMax)
                {
                    throw new Http2Exception(Http2Error.CompressionError, "a header has a Huffman code that does not exist");
                }

                if (SymbolOf(code, bits) is { } symbol)
                {
                    text.Append((char)symbol);
                    (code, bits) = (0, 0);
                }
            }
        }

        // What remains fills the last byte, with ones.
        return bits < 8 && code == (1 << bits) - 1
            ? text.ToString()
            : throw new Http2Exception(Http2Error.CompressionError, "a header's Huffman code ends in the middle");
    }

    /// <summary>
    /// The byte of a code; null when it is the beginning of longer ones. A walk over the 256 lengths for each code length: it is
    /// a handful of short headers for each call.
    /// </summary>
    private static int? SymbolOf(int code, int bits)
    {
        var first = 0;
        for (var length = 1; length < bits; length++)
        {
            first = (first + Lengths.Count((byte)length)) << 1;
        }

        var index = code - first;
        if (index < 0 || index >= Lengths.Count((byte)bits))
        {
            return null;
        }

        for (var symbol = 0; ; symbol++)
        {
            if (Lengths[symbol] == bits && index-- == 0)
            {
                return symbol;
            }
        }
    }
}
