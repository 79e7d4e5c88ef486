using System.Text;
using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests.Jwt;

public sealed class ApiTokenVerifierTests(JwtWorld world) : IClassFixture<JwtWorld>
{
    private readonly ApiTokenVerifier _verifier = new(new ApiTokenPolicy("api") { Issuer = "site" });

    public static TheoryData<string> GoodNames => [.. GoodApiTokens.All.Select(c => c.What)];

    public static TheoryData<string> BadNames => [.. BadApiTokens.All.Select(c => c.What)];

    private ApiTokenVerdict Verify(string token) => _verifier.Verify(token, world.ApiKeys, Mint.Now);

    private static ApiTokenKeySet Read(params string[] keys) => ApiTokenKeySet.Read(Encoding.UTF8.GetBytes(JwtWorld.Set(keys)));

    [Theory, MemberData(nameof(GoodNames))]
    public void Is_believed(string what)
    {
        var verdict = Verify(GoodApiTokens.All.Single(c => c.What == what).Token(world));

        Assert.Null(verdict.Refusal);
        Assert.Equal("site", verdict.Token!.Issuer);
    }

    [Theory, MemberData(nameof(BadNames))]
    public void Is_refused(string what)
    {
        var bad = BadApiTokens.All.Single(c => c.What == what);

        var verdict = Verify(bad.Token(world));

        Assert.Null(verdict.Token);
        Assert.Equal((bad.Reason, bad.Requirement), (verdict.Refusal?.Reason, verdict.Refusal?.Requirement));
        Assert.All(verdict.Refusal!.ToString(), c => Assert.InRange(c, ' ', '~'));
    }

    [Fact]
    public void Every_requirement_has_good_and_bad_cases() => Assert.All(
        Enumerable.Range(1, 10).Select(i => $"A-{i}").Where(r => r != "A-8"),
        requirement =>
        {
            Assert.Contains(GoodApiTokens.All, c => c.For == requirement);
            Assert.True(BadApiTokens.All.Count(c => c.For == requirement) >= 2, requirement);
        });

    [Fact]
    public void There_are_at_least_ninety_bad_tokens() =>
        Assert.InRange(BadApiTokens.All.Count + BadJwtSvids.All.Count, 90, int.MaxValue);

    [Fact]
    public void What_was_signed_is_told()
    {
        var token = Verify(world.Api(t => t with { More = ",\"jti\":\"n1\",\"scope\":\"mesh:read leds:write\"" })).Token!;

        Assert.Equal(("operator", "n1", "ed"), (token.Subject, token.TokenId, token.KeyId));
        Assert.Equal((Mint.Now.AddSeconds(-10), Mint.Now.AddSeconds(300)), (token.IssuedAt, token.ExpiresAt));
        Assert.True(token.HasScope("mesh:read") && token.HasScope("leds:write"));
        Assert.False(token.HasScope("mesh") || token.HasScope("LEDS:WRITE") || token.HasScope("mesh:read leds:write"));
    }

    [Fact]
    public void Without_a_scope_nothing_is_allowed() => Assert.Empty(Verify(world.Api()).Token!.Scopes);

    [Fact]
    public void One_key_needs_no_name()
    {
        var nameless = world.Api(t => t with { Header = "\"alg\":\"EdDSA\"" });
        var named = world.Api();

        Assert.Null(_verifier.Verify(nameless, world.OnlyKey, Mint.Now).Refusal);
        // The one key has no ID but its thumbprint, which is not what this token says.
        Assert.Equal("A-8", _verifier.Verify(named, world.OnlyKey, Mint.Now).Refusal!.Requirement);
    }

    [Fact]
    public void Any_issuer_will_do_where_none_is_expected() => Assert.Null(new ApiTokenVerifier(new ApiTokenPolicy("api"))
        .Verify(world.Api(t => t with { Issuer = "\"other\"" }), world.ApiKeys, Mint.Now).Refusal);

    /// <summary>The same token, the same key, and never the other profile: they share no key and no algorithm but ES256.</summary>
    [Fact]
    public void Neither_profile_takes_the_other_ones_tokens()
    {
        var svid = new JwtSvidVerifier(new JwtSvidPolicy(), "reports");

        Assert.Equal("J-3", svid.Verify(world.Api(), world.Bundles, Mint.Now).Refusal!.Requirement);
        Assert.Equal("A-8", new ApiTokenVerifier(new ApiTokenPolicy("reports"))
            .Verify(world.Svid(t => t with { Issuer = "\"site\"" }), world.ApiKeys, Mint.Now).Refusal!.Requirement);
    }

    [Theory]
    [InlineData("{}", "\"keys\"")]
    [InlineData("7", "\"keys\"")]
    [InlineData("""{"keys":[],"keys":[]}""", "no JSON")]
    [InlineData("""{"keys":[]}""", "no key for API tokens")]
    [InlineData("""{"keys":[{"kty":"oct","k":"AAAA"}]}""", "no key for API tokens")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}""", "32 bytes")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":7}]}""", "32 bytes")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}]}""", "32 bytes")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}""", "kid")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"ES256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}""", "does not go")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"HS256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}""", "does not go")]
    public void A_key_set_that_is_none_is_refused(string json, string expected) => Assert.Contains(
        expected, Assert.Throws<JwkSetFormatException>(() => ApiTokenKeySet.Read(Encoding.UTF8.GetBytes(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Too_much_of_anything_is_refused_with_the_figures()
    {
        var key = world.Mint.Jwk(world.KeyFile("ed"));

        Assert.Contains("17 keys", Assert.Throws<JwkSetFormatException>(() => Read([.. Enumerable.Repeat(key, 17)])).Message, StringComparison.Ordinal);
        Assert.Contains("two keys", Assert.Throws<JwkSetFormatException>(() => Read(key, key)).Message, StringComparison.Ordinal);
        Assert.Contains("65536", Assert.Throws<JwkSetFormatException>(() => ApiTokenKeySet.Read(new byte[65_537])).Message, StringComparison.Ordinal);
    }
}
