using System.Text;
using X0tta6bl4.Identity.Grpc;

namespace X0tta6bl4.Identity.Tests.Grpc;

/// <summary>Header compression, beside the examples of RFC 7541 and .NET's own decoder.</summary>
public sealed class HeaderBlockTests
{
    private delegate int Reference(ReadOnlySpan<byte> source, ref byte[] destination);

    [Theory]
    [InlineData("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com")]
    [InlineData("a8eb10649cbf", "no-cache")]
    [InlineData("25a849e95ba97d7f", "custom-key")]
    [InlineData("25a849e95bb8e8b4bf", "custom-value")]
    [InlineData("6402", "302")]
    [InlineData("aec3771a4b", "private")]
    [InlineData("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT")]
    [InlineData("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com")]
    [InlineData(
        "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1")]
    public void The_examples_of_the_RFC_are_decoded(string coded, string text) =>
        Assert.Equal(text, HuffmanCode.Decode(Convert.FromHexString(coded)));

    [Fact]
    public void Every_byte_has_the_code_that_the_frameworks_decoder_knows()
    {
        var reference = typeof(System.Net.Http.HttpClient).Assembly.GetType("System.Net.Http.HPack.Huffman", throwOnError: true)!
            .GetMethod("Decode")!.CreateDelegate<Reference>();
        for (var symbol = 0; symbol < 256; symbol++)
        {
            var coded = Encode([(byte)symbol]);
            var decoded = new byte[4];

            Assert.Equal(1, reference(coded, ref decoded));
            Assert.Equal(symbol, decoded[0]);
            Assert.Equal(((char)symbol).ToString(), HuffmanCode.Decode(coded));
        }
    }

    [Fact]
    public void What_is_encoded_is_decoded() => Gen.Byte.Array[0, 100].Sample(
        bytes => HuffmanCode.Decode(Encode(bytes)) == Encoding.Latin1.GetString(bytes));

    [Theory]
    [InlineData("ff"), InlineData("ffffffff"), InlineData("00"), InlineData("fe"), InlineData("1f00")]
    public void What_is_no_code_is_refused(string coded) =>
        Assert.Throws<Http2Exception>(() => HuffmanCode.Decode(Convert.FromHexString(coded)));

    [Fact]
    public void Random_bytes_are_headers_or_a_refusal() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        try
        {
            HeaderBlock.Read(bytes);
        }
        catch (Http2Exception)
        {
            // The only thing that may come of it.
        }
    });

    [Fact]
    public void A_request_is_what_the_RFC_says_byte_by_byte()
    {
        var block = HeaderBlock.Request(isSecure: true, "host", "/s/m", new KeyValuePair<string, string>("te", "trailers"));

        Assert.Equal("8387" + "04" + "042f732f6d" + "01" + "04686f7374" + "00" + "027465" + "08747261696c657273", Convert.ToHexStringLower(block.Span));
        Assert.Equal(0x86, HeaderBlock.Request(isSecure: false, "host", "/").Span[1]);
    }

    [Theory]
    [InlineData(126), InlineData(127), InlineData(128), InlineData(254), InlineData(255), InlineData(5000)]
    public void Texts_of_every_length_come_back(int length)
    {
        var block = HeaderBlock.Request(false, "h", "/", new KeyValuePair<string, string>("x", new string('v', length)));

        // The first three fields are of the static table, by their names.
        Assert.Equal(length, HeaderBlock.Read(block.Span)["x"].Length);
    }

    private static byte[] Encode(byte[] text)
    {
        // Codes by the rule of canonical codes, from the lengths under test.
        var lengths = HuffmanCode.Lengths.ToArray();
        var bits = new StringBuilder();
        foreach (var symbol in text)
        {
            var code = 0;
            for (var length = 1; length < lengths[symbol]; length++)
            {
                code = (code + lengths.Count(l => l == length)) << 1;
            }

            code += lengths.Take(symbol).Count(l => l == lengths[symbol]);
            bits.Append(Convert.ToString(code, 2).PadLeft(lengths[symbol], '0'));
        }

        while (bits.Length % 8 != 0)
        {
            bits.Append('1');
        }

        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.ToString(i * 8, 8), 2))];
    }
}
