using System.Text;
using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests.Jwt;

public sealed class JwtBundleReaderTests(JwtWorld world) : IClassFixture<JwtWorld>
{
    private static JwtBundle Read(string json) => JwtWorld.Read(json, "example.org");

    private static string Refused(string json) => Assert.Throws<JwkSetFormatException>(() => Read(json)).Message;

    private string Key(string kid = "k", string more = "") =>
        world.Mint.Jwk(world.KeyFile("es256"), $"\"kid\":\"{kid}\",\"use\":\"jwt-svid\"{more}");

    [Fact]
    public void The_document_of_the_standard_is_read()
    {
        var bundle = Read($$"""{"keys":[{{Key("a")}},{{Key("b")}}],"spiffe_sequence":18446744073709551615,"spiffe_refresh_hint":300}""");

        Assert.Equal(["a", "b"], bundle.Authorities.Select(a => a.KeyId).Order(StringComparer.Ordinal));
        Assert.Equal((ulong.MaxValue, TimeSpan.FromMinutes(5)), (bundle.Sequence, bundle.RefreshHint));
        Assert.Equal("example.org", bundle.TrustDomain.Name);
    }

    /// <summary>One document may hold both kinds of authority; each reader takes its own (J-11, W-14, W-21).</summary>
    [Fact]
    public void The_same_document_has_authorities_of_both_kinds()
    {
        using var mint = new Mint();
        var root = Convert.ToBase64String(mint.Root("root").Der);
        var json = $$"""{"keys":[{{Key("a")}},{"kty":"EC","use":"x509-svid","x5c":["{{root}}"]}]}""";

        Assert.Equal("a", Assert.Single(Read(json).Authorities).KeyId);
        Assert.Single(Identity.X509.TrustBundleReader.Read(Encoding.UTF8.GetBytes(json), MintFixture.Domain("example.org")).X509Authorities);
    }

    public static TheoryData<string, string, string> Ignored => new()
    {
        { "J-11", "a key for X509-SVIDs", """{"kty":"EC","crv":"P-256","use":"x509-svid","kid":"k","x5c":["AAAA"]}""" },
        { "B-10", "no use", """{"kty":"EC","crv":"P-256","kid":"k"}""" },
        { "B-10", "a use in capitals", """{"kty":"EC","crv":"P-256","use":"JWT-SVID","kid":"k"}""" },
        { "B-10", "a use that is a list", """{"kty":"EC","crv":"P-256","use":["jwt-svid"],"kid":"k"}""" },
        { "B-6", "a use nobody knows", """{"kty":"EC","crv":"P-256","use":"wit-svid","kid":"k"}""" },
        { "B-9", "no kind", """{"use":"jwt-svid","kid":"k"}""" },
        { "B-9", "a kind nobody knows", """{"kty":"AKP","use":"jwt-svid","kid":"k"}""" },
        { "B-9", "a kind in small letters", """{"kty":"ec","crv":"P-256","use":"jwt-svid","kid":"k"}""" },
        { "B-9", "a secret", """{"kty":"oct","use":"jwt-svid","kid":"k","k":"AAAA"}""" },
        { "B-9", "a curve nobody has here", """{"kty":"EC","crv":"secp256k1","use":"jwt-svid","kid":"k","x":"AA","y":"AA"}""" },
        { "J-3", "Ed25519", """{"kty":"OKP","crv":"Ed25519","use":"jwt-svid","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""" },
        { "B-6", "no object", "7" },
    };

    [Theory, MemberData(nameof(Ignored))]
    public void What_the_standard_says_to_ignore_is_ignored_alone(string requirement, string what, string key)
    {
        Assert.True(Read($$"""{"keys":[{{key}},{{Key("mine")}}]}""").Authorities.Count == 1, $"{requirement} {what}");
        Assert.Empty(Read($$"""{"keys":[{{key}}]}""").Authorities);
    }

    [Theory]
    [InlineData("B-5", "{}")]
    [InlineData("B-5", "[]")]
    [InlineData("B-3", """{"keys":[],"spiffe_sequence":-1}""")]
    [InlineData("B-4", """{"keys":[],"spiffe_refresh_hint":0.5}""")]
    [InlineData("J-10", """{"keys":[{"kty":"RSA","use":"jwt-svid","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("J-10", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("J-10", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":7,"n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("J-10", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","n":"AQAB","e":"AQAB"},{"kty":"RSA","use":"jwt-svid","kid":"a","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("no JSON", """{"keys":[],"keys":[]}""")]
    [InlineData("no JSON", """{"keys":[[[[[[[[[[1]]]]]]]]]]}""")]
    [InlineData("no JSON", """{"keys":[{"kty":"\ud800","use":"jwt-svid"}]}""")]
    [InlineData("\"n\"", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","e":"AQAB"}]}""")]
    [InlineData("\"n\"", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","n":"AAAB","e":"AQAB"}]}""")]
    [InlineData("\"n\"", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","n":"","e":"AQAB"}]}""")]
    [InlineData("\"e\"", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","n":"AQAB"}]}""")]
    [InlineData("\"x\"", """{"keys":[{"kty":"EC","crv":"P-256","use":"jwt-svid","kid":"a","x":"AQAB","y":"AQAB"}]}""")]
    [InlineData("does not go", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","n":"AQAB","e":"AQAB","alg":"ES256"}]}""")]
    [InlineData("does not go", """{"keys":[{"kty":"RSA","use":"jwt-svid","kid":"a","n":"AQAB","e":"AQAB","alg":"none"}]}""")]
    public void What_breaks_the_standard_is_refused_whole(string expected, string json) =>
        Assert.Contains(expected, Refused(json), StringComparison.Ordinal);

    [Fact]
    public void Too_much_of_anything_is_refused_with_the_figures()
    {
        Assert.Contains("65 keys", Refused($$"""{"keys":[{{string.Join(',', Enumerable.Repeat("1", 65))}}]}"""), StringComparison.Ordinal);
        Assert.Contains("1048576", Refused(new string(' ', (1024 * 1024) + 1)), StringComparison.Ordinal);
        var bundles = Enumerable.Range(0, 65).Select(i => JwtWorld.Read("""{"keys":[]}""", $"d{i}")).ToList();
        Assert.Contains("65 trust domains", Assert.Throws<ArgumentException>(() => new JwtBundleSet(bundles)).Message, StringComparison.Ordinal);
        Assert.Contains("B-13", Assert.Throws<ArgumentException>(() => new JwtBundleSet(bundles[0], bundles[0])).Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A bundle is read in no time, for the quarter of a second an RSA key costs is spent at the first token that names it, once.
    /// </summary>
    [Fact]
    public void A_key_is_checked_once_in_the_life_of_its_bundle()
    {
        var key = Read(world.Bundle).Authorities.Single(a => a.KeyId == "rsa").Key;

        Assert.Same(key.Use(out var problem), key.Use(out _));
        Assert.Equal("", problem);
        var weak = Read(world.Bundle).Authorities.Single(a => a.KeyId == "composite").Key;
        Assert.Null(weak.Use(out var first));
        Assert.Null(weak.Use(out var second));
        Assert.Same(first, second);
    }

    /// <summary>Random numbers are no keys, and are said to be none: no exception, whatever BouncyCastle thinks of them.</summary>
    [Theory]
    [InlineData("RSA", "", 256), InlineData("EC", "P-256", 32), InlineData("EC", "P-384", 48), InlineData("EC", "P-521", 66), InlineData("OKP", "Ed25519", 32)]
    public void Random_numbers_are_a_key_or_a_problem(string kty, string curve, int length) =>
        Gen.Select(Gen.Byte.Array[length], Gen.Byte.Array[length]).Sample(
            (x, y) =>
            {
                x[0] |= 1;
                var jwk = System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string>
                {
                    ["kty"] = kty,
                    ["crv"] = curve,
                    ["x"] = TokenMint.Encode(x),
                    ["y"] = TokenMint.Encode(y),
                    ["n"] = TokenMint.Encode(x),
                    ["e"] = "AQAB",
                });
                var key = JsonWebKey.Read(System.Text.Json.JsonDocument.Parse(jwk).RootElement)!;
                Assert.Equal(key.Use(out var problem) is null, problem.Length > 0);
            },
            iter: 300);

    [Fact]
    public void Any_bytes_are_a_bundle_or_refused() => AnyOf.Words(
        "{", "}", "[", "]", ":", ",", "\"", "\\ud8", "\"keys\":[", "\"kty\":\"EC\"", "\"kty\":\"RSA\"", "\"use\":\"jwt-svid\"", "\"crv\":\"P-256\"", "\"kid\":\"a\"", "\"n\":\"AQAB\"",
        "\"e\":\"AQAB\"", "\"x\":7", "\"alg\":\"none\"", "\"spiffe_sequence\":", "1", "-1").Array[0, 16].Select(string.Concat).Sample(
        text =>
        {
            foreach (var json in new[] { text, $"{{\"keys\":[{{{text}}}]}}" })
            {
                try
                {
                    Assert.NotNull(Read(json));
                }
                catch (JwkSetFormatException)
                {
                    // Refused, which is an answer.
                }
            }
        },
        iter: 20_000);
}
