using System.Text;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>
/// HTTP/2 header blocks (RFC 7541), without the dynamic table: our SETTINGS give it the size 0 before the peer has sent any
/// header, and we use none. That leaves no state between two blocks, and nothing that a peer could make grow.
/// </summary>
internal static class HeaderBlock
{
    /// <summary>Most header fields of a block.</summary>
    public const int FieldsMax = 128;

    // Of the static table (appendix A) we send these and, of what is answered, understand these. The other fields of an
    // answer are nothing to a gRPC client.
    private const int Authority = 1;
    private const int MethodPost = 3;
    private const int Path = 4;
    private const int SchemeHttp = 6;
    private const int SchemeHttps = 7;
    private const int FirstStatus = 8;
    private const int LastStatus = 14;
    private const int ContentType = 31;
    private const int LastStatic = 61;

    private static readonly string[] Statuses = ["200", "204", "206", "304", "400", "404", "500"];

    /// <summary>Writes the head of a request.</summary>
    /// <param name="isSecure">The scheme is https.</param>
    /// <param name="authority">Who is called.</param>
    /// <param name="path">The path.</param>
    /// <param name="fields">Further header fields, names in lower case, ASCII all.</param>
    public static ReadOnlyMemory<byte> Request(
        bool isSecure, string authority, string path, params IEnumerable<KeyValuePair<string, string>> fields)
    {
        List<byte> block = [0x80 | MethodPost, (byte)(0x80 | (isSecure ? SchemeHttps : SchemeHttp)), Path];
        Text(block, path);
        block.Add(Authority);
        Text(block, authority);
        foreach (var (name, value) in fields)
        {
            // Literal, not to be indexed, with a name of its own.
            block.Add(0);
            Text(block, name);
            Text(block, value);
        }

        return block.ToArray();
    }

    /// <summary>Reads the fields of a block; of several with one name the first counts. A name we do not know may be missing.</summary>
    /// <exception cref="Http2Exception">The bytes are no header block.</exception>
    public static Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var count = 0; !block.IsEmpty; count++)
        {
            if (count == FieldsMax)
            {
                throw Bad($"over {FieldsMax} fields");
            }

            var first = block[0];
            if (first >= 0x80)
            {
                var index = ReadInteger(ref block, 7);
                if (index is >= FirstStatus and <= LastStatus)
                {
                    fields.TryAdd(":status", Statuses[index - FirstStatus]);
                }
                else
                {
                    _ = NameOf(index);
                }
            }
            else if (first is >= 0x20 and < 0x40)
            {
                if (ReadInteger(ref block, 5) != 0)
                {
                    throw Bad("a dynamic table, which was refused");
                }
            }
            else
            {
                // With incremental indexing (which an empty table forgets at once), without, or never.
                var name = ReadInteger(ref block, first >= 0x40 ? 6 : 4) is > 0 and var index ? NameOf(index) : ReadText(ref block);
                fields.TryAdd(name, ReadText(ref block));
            }
        }

        return fields;
    }

    private static string NameOf(int index) => index switch
    {
        >= FirstStatus and <= LastStatus => ":status",
        ContentType => "content-type",
        > 0 and <= LastStatic => "",
        _ => throw Bad("a field of a table that there is not"),
    };

    private static int ReadInteger(ref ReadOnlySpan<byte> block, int prefixBits)
    {
        var mask = (1 << prefixBits) - 1;
        var value = block[0] & mask;
        block = block[1..];
        if (value < mask)
        {
            return value;
        }

        // Four bytes more reach far beyond any block we take.
        for (var shift = 0; shift < 28; shift += 7)
        {
            if (block.IsEmpty)
            {
                break;
            }

            var octet = block[0];
            block = block[1..];
            value += (octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return value;
            }
        }

        throw Bad("a number that does not end");
    }

    private static string ReadText(ref ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
        {
            throw Bad("a field without its text");
        }

        var isHuffman = block[0] >= 0x80;
        var length = ReadInteger(ref block, 7);
        if (length > block.Length)
        {
            throw Bad("a text that is longer than the block");
        }

        var text = block[..length];
        block = block[length..];
        return isHuffman ? HuffmanCode.Decode(text) : Encoding.Latin1.GetString(text);
    }

    private static void Text(List<byte> block, string text)
    {
        // The length as an integer with a prefix of seven bits, the eighth saying that it is no Huffman code.
        var rest = text.Length;
        if (rest < 0x7F)
        {
            block.Add((byte)rest);
        }
        else
        {
            block.Add(0x7F);
            for (rest -= 0x7F; rest >= 0x80; rest >>= 7)
            {
                block.Add((byte)(0x80 | (rest & 0x7F)));
            }

            block.Add((byte)rest);
        }

        block.AddRange(Encoding.ASCII.GetBytes(text));
    }

    private static Http2Exception Bad(string what) => new(Http2Error.CompressionError, $"the headers of the answer have {what}");
}
