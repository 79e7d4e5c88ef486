using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>
/// No change of a character leaves a token a token, and nothing throws. CsCheck prints the seed of a failure.
/// </summary>
public sealed class MutationTests(JwtWorld world) : IClassFixture<JwtWorld>
{
    private static readonly Gen<char> AnyChar = Gen.OneOf(
        Gen.Char["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"], Gen.Char["=.+/ \n\0\"{}"], Gen.Char);

    /// <summary>Changes, puts in or takes out one character.</summary>
    private static Gen<string> Mutations(string token) => Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, token.Length - 1], AnyChar,
        (kind, at, c) => kind switch
        {
            0 => token[..at] + c + token[(at + 1)..],
            1 => token.Insert(at, c.ToString()),
            _ => token.Remove(at, 1),
        });

    [Theory]
    [InlineData("ES256", "es256", 3_000), InlineData("ES512", "es512", 600), InlineData("RS256", "rsa", 3_000), InlineData("PS256", "rsa", 3_000)]
    public void No_mutation_of_a_svid_is_believed(string algorithm, string key, int count)
    {
        var verifier = new JwtSvidVerifier(new JwtSvidPolicy(), "reports");
        var token = world.Svid(t => t.With(algorithm, key));
        Assert.Null(verifier.Verify(token, world.Bundles, Mint.Now).Refusal);

        Mutations(token).Sample(
            mutant => mutant == token || verifier.Verify(mutant, world.Bundles, Mint.Now) is { Svid: null, Refusal: not null }, iter: count);
    }

    [Theory]
    [InlineData("EdDSA", "ed"), InlineData("ES256", "p256")]
    public void No_mutation_of_an_api_token_is_believed(string algorithm, string key)
    {
        var verifier = new ApiTokenVerifier(new ApiTokenPolicy("api"));
        var token = world.Api(t => t.With(algorithm, key));
        Assert.Null(verifier.Verify(token, world.ApiKeys, Mint.Now).Refusal);

        Mutations(token).Sample(
            mutant => mutant == token || verifier.Verify(mutant, world.ApiKeys, Mint.Now) is { Token: null, Refusal: not null }, iter: 3_000);
    }

    /// <summary>Every character taken out, and the last one, whose bits may be left over, replaced by every other.</summary>
    [Fact]
    public void No_shorter_token_and_no_other_end_is_believed()
    {
        var verifier = new JwtSvidVerifier(new JwtSvidPolicy(), "reports");
        var token = world.Svid();
        foreach (var mutant in Enumerable.Range(0, token.Length).Select(at => token.Remove(at, 1))
            .Concat(Enumerable.Range(0, token.Length).Select(length => token[..length]))
            .Concat(Enumerable.Range(1, 126).Select(c => token[..^1] + (char)c).Where(t => t != token)))
        {
            Assert.NotNull(verifier.Verify(mutant, world.Bundles, Mint.Now).Refusal);
        }
    }

    /// <summary>Whatever header and claims say, the answer is a refusal in words.</summary>
    [Fact]
    public void Any_json_is_refused_and_nothing_throws()
    {
        var json = AnyOf.Words(
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u00", "\\ud8", "null", "0", "-1", "1e9", "1.5", "é", "\0", "\"alg\":\"ES256\"", "\"kid\":\"es256\"", "\"typ\"",
            "\"sub\":\"spiffe://example.org/a\"", "\"aud\":\"reports\"", "\"aud\":[", "\"exp\":", "\"iat\":", "\"nbf\":", "\"scope\":", "\"jti\":", "1935403200")
            .Array[0, 12].Select(string.Concat);
        var svids = new JwtSvidVerifier(new JwtSvidPolicy(), "reports");
        var tokens = new ApiTokenVerifier(new ApiTokenPolicy("reports"));
        Gen.Select(json, json, AnyOf.Words("{\"alg\":\"ES256\",\"kid\":\"es256\"}", "")).Sample(
            (header, claims, good) =>
            {
                foreach (var c in new[] { claims, $"{{{claims}}}" })
                {
                    var token = $"{TokenMint.Encode(good.Length > 0 ? good : header)}.{TokenMint.Encode(c)}.AAAA";
                    Assert.NotEmpty(svids.Verify(token, world.Bundles, Mint.Now).Refusal!.Text);
                    Assert.NotEmpty(tokens.Verify(token, world.ApiKeys, Mint.Now).Refusal!.Text);
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void Any_text_is_refused_and_nothing_throws()
    {
        var verifier = new JwtSvidVerifier(new JwtSvidPolicy(), "reports");
        Gen.String[AnyChar, 0, 60].Sample(text => verifier.Verify(text, world.Bundles, Mint.Now).Refusal is not null, iter: 50_000);
    }

    /// <summary>
    /// Random bytes of the right length as a signature, for every algorithm, RSA's arithmetic included: of a modulus with 8k + 1 bits the
    /// first byte must be 0 or 1.
    /// </summary>
    [Theory]
    [InlineData("ES256", "es256"), InlineData("ES384", "es384"), InlineData("ES512", "es512"), InlineData("RS512", "rsa"), InlineData("PS384", "rsa")]
    [InlineData("RS256", "odd"), InlineData("PS256", "odd")]
    public void No_random_signature_is_believed(string algorithm, string key)
    {
        var verifier = new JwtSvidVerifier(new JwtSvidPolicy(), "reports");
        var token = world.Svid(t => t.With(algorithm, key));
        var length = TokenMint.Decode(token.Split('.')[2]).Length;
        Gen.Byte.Array[length].Select(bytes => key == "odd" ? [0, .. bytes[1..]] : bytes).Sample(
            bytes => verifier.Verify(token.WithSignature(_ => bytes), world.Bundles, Mint.Now).Refusal is { Requirement: "T-4" }, iter: 300);
    }
}
