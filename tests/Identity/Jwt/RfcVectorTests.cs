using System.Text;
using System.Text.Json;
using X0tta6bl4.Identity.Jwt;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>The examples of RFC 7515, 7520, 7638 and 8037. Their payloads are no claims of ours: the layer below is tested.</summary>
public class RfcVectorTests
{
    public static TheoryData<string> Signed => [.. RfcVector.All.Where(v => JwsAlgorithms.Find(v.Algorithm) is not null).Select(v => v.Source)];

    private static JsonWebKey Key(string jwk) => JsonWebKey.Read(JsonDocument.Parse(jwk).RootElement)!;

    private static bool IsValid(RfcVector vector, Func<byte[], byte[]>? input = null, Func<byte[], byte[]>? signature = null)
    {
        var parts = vector.Token.Split('.');
        var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        var bytes = StrictBase64Url.Decode(parts[2])!;
        var key = Key(vector.Key).Use(out var problem);
        Assert.Equal("", problem);
        return JwsSignature.IsValid(
            JwsAlgorithms.Find(vector.Algorithm)!.Value, key!, input?.Invoke(signed) ?? signed, signature?.Invoke(bytes) ?? bytes);
    }

    [Theory, MemberData(nameof(Signed))]
    public void An_example_verifies_and_nothing_near_it(string source)
    {
        var vector = RfcVector.All.Single(v => v.Source == source && JwsAlgorithms.Find(v.Algorithm) is not null);

        Assert.True(IsValid(vector));
        Assert.False(IsValid(vector, input: i => [.. i, (byte)'A']));
        Assert.False(IsValid(vector, signature: s => [.. s[..^1], (byte)(s[^1] ^ 1)]));
        Assert.False(IsValid(vector, signature: s => [(byte)(s[0] ^ 1), .. s[1..]]));
        Assert.False(IsValid(vector, signature: s => s[..^1]));
    }

    [Fact]
    public void All_kinds_are_among_them() => Assert.Equal(
        ["ES256", "ES512", "EdDSA", "PS384", "RS256"],
        RfcVector.All.Select(v => v.Algorithm).Where(a => JwsAlgorithms.Find(a) is not null).Distinct().Order(StringComparer.Ordinal));

    /// <summary>RFC 7638, 3.1 and RFC 8037, A.3.</summary>
    [Theory]
    [InlineData(
        """
        {"kty":"RSA","e":"AQAB","alg":"RS256","kid":"2011-04-29","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}
        """, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")]
    [InlineData("""{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    public void A_thumbprint_is_the_standards(string jwk, string expected) => Assert.Equal(expected, Key(jwk).Thumbprint);

    /// <summary>RFC 7515, appendix C, and the spellings that are not the only one.</summary>
    [Theory]
    [InlineData("A-z_4ME", "03ECFFE0C1")]
    [InlineData("", "")]
    [InlineData("AA", "00")]
    [InlineData("_w", "FF")]
    [InlineData("-_8", "FBFF")]
    [InlineData("AB", null)]
    [InlineData("A", null)]
    [InlineData("AAAAA", null)]
    [InlineData("AA==", null)]
    [InlineData("A+/4", null)]
    [InlineData("AA A", null)]
    [InlineData("AAA\n", null)]
    [InlineData("AAAé", null)]
    [InlineData("AAB", null)]
    public void Base64url_has_one_spelling(string text, string? hex) =>
        Assert.Equal(hex, StrictBase64Url.Decode(text) is { } bytes ? Convert.ToHexString(bytes) : null);

    [Fact]
    public void Every_bytes_are_read_back() => Gen.Byte.Array[0, 70].Sample(
        bytes => StrictBase64Url.Decode(TokenMint.Encode(bytes)) is { } read && read.SequenceEqual(bytes), iter: 20_000);
}
