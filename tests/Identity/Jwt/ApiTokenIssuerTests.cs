using System.Text;
using System.Text.Json;
using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Jwt;

public sealed class ApiTokenIssuerTests(JwtWorld world) : IClassFixture<JwtWorld>
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly ApiTokenIssuer _issuer = ApiTokenIssuer.FromPkcs8(world.Mint.Pkcs8(world.KeyFile("ed")), "site");

    private static JsonElement Part(string token, int part) => JsonDocument.Parse(TokenMint.Decode(token.Split('.')[part])).RootElement;

    private string Issue(params string[] scopes) => _issuer.Issue("operator", "api", scopes, Hour, Mint.Now.AddMilliseconds(999));

    [Fact]
    public void A_token_is_signed_as_openssl_says()
    {
        var key = TokenMint.Decode(JsonDocument.Parse(_issuer.PublicKeySet()).RootElement.GetProperty("keys")[0].GetProperty("x").GetString()!);
        var token = Issue("mesh:read");

        Assert.True(world.Mint.IsSignedBy(token, key));
        Assert.False(world.Mint.IsSignedBy(token.WithPart(1, TokenMint.Encode("{}")), key));
        // It is the key the tool made, not one of ours.
        Assert.Contains(TokenMint.Encode(key), world.Mint.Jwk(world.KeyFile("ed")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_says_what_it_should()
    {
        var token = Issue("mesh:read", "leds:write");

        Assert.Equal(
            $$"""{"alg":"EdDSA","typ":"JWT","kid":"{{_issuer.KeyId}}"}""", Encoding.UTF8.GetString(TokenMint.Decode(token.Split('.')[0])));
        var claims = Part(token, 1);
        Assert.Equal(
            ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "scope"], claims.EnumerateObject().Select(p => p.Name));
        Assert.Equal("mesh:read leds:write", claims.GetProperty("scope").GetString());
        Assert.Equal(Mint.Now.ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.Equal(Mint.Now.ToUnixTimeSeconds(), claims.GetProperty("nbf").GetInt64());
        Assert.Equal(Mint.Now.ToUnixTimeSeconds() + 3600, claims.GetProperty("exp").GetInt64());
        Assert.Equal(16, TokenMint.Decode(claims.GetProperty("jti").GetString()!).Length);
    }

    [Fact]
    public void No_number_comes_twice() => Assert.Equal(
        500, Enumerable.Range(0, 500).Select(_ => Part(Issue(), 1).GetProperty("jti").GetString()).Distinct().Count());

    [Fact]
    public void What_is_issued_is_believed_by_whoever_has_the_key_set()
    {
        var keys = ApiTokenKeySet.Read(_issuer.PublicKeySet());

        var token = new ApiTokenVerifier(new ApiTokenPolicy("api") { Issuer = "site" }).Verify(Issue("mesh:read"), keys, Mint.Now).Token;

        Assert.Equal([_issuer.KeyId], keys.KeyIds);
        Assert.Equal(("operator", _issuer.KeyId), (token?.Subject, token?.KeyId));
        Assert.Equal(["mesh:read"], token!.Scopes);
    }

    [Fact]
    public void The_key_set_is_the_standards()
    {
        var key = JsonDocument.Parse(_issuer.PublicKeySet()).RootElement.GetProperty("keys")[0];

        Assert.Equal(["kty", "crv", "kid", "use", "alg", "x"], key.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("OKP", "Ed25519", "sig", "EdDSA"), (
            key.GetProperty("kty").GetString(), key.GetProperty("crv").GetString(), key.GetProperty("use").GetString(), key.GetProperty("alg").GetString()));
    }

    /// <summary>RFC 8037, A.1 to A.3: the private key, its public one and its thumbprint.</summary>
    [Fact]
    public void The_key_of_the_standard_has_the_ID_of_the_standard()
    {
        var issuer = new ApiTokenIssuer(TokenMint.Decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), "site");

        Assert.Equal("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", issuer.KeyId);
        Assert.Contains("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", Encoding.UTF8.GetString(issuer.PublicKeySet()), StringComparison.Ordinal);
    }

    /// <summary>Nothing is issued that would be refused.</summary>
    [Fact]
    public void What_the_verifier_would_not_take_is_not_issued()
    {
        string Try(string subject = "a", string audience = "api", string[]? scopes = null, TimeSpan? lifetime = null) =>
            _issuer.Issue(subject, audience, scopes ?? [], lifetime ?? Hour, Mint.Now);

        Assert.ThrowsAny<ArgumentException>(() => Try(subject: ""));
        Assert.ThrowsAny<ArgumentException>(() => Try(subject: "a\nb"));
        Assert.ThrowsAny<ArgumentException>(() => Try(subject: new string('s', 2049)));
        Assert.ThrowsAny<ArgumentException>(() => Try(subject: "half a character \ud800"));
        Assert.ThrowsAny<ArgumentException>(() => Try(audience: ""));
        Assert.ThrowsAny<ArgumentException>(() => Try(scopes: ["a b"]));
        Assert.ThrowsAny<ArgumentException>(() => Try(scopes: [""]));
        Assert.ThrowsAny<ArgumentException>(() => Try(scopes: [.. Enumerable.Repeat("w", 33)]));
        Assert.ThrowsAny<ArgumentException>(() => Try(lifetime: TimeSpan.Zero));
        Assert.ThrowsAny<ArgumentException>(() => Try(lifetime: TimeSpan.FromSeconds(86_401)));
        Assert.ThrowsAny<ArgumentException>(() => Try(subject: new string('é', 2048)));
        Assert.ThrowsAny<ArgumentException>(() => _issuer.Issue("a", "api", [], Hour, DateTimeOffset.UnixEpoch.AddSeconds(-1)));
        Assert.ThrowsAny<ArgumentException>(() => _issuer.Issue("a", "api", [], Hour, DateTimeOffset.MaxValue));
        Assert.ThrowsAny<ArgumentException>(() => new ApiTokenIssuer(new byte[31], "site"));
        Assert.ThrowsAny<ArgumentException>(() => new ApiTokenIssuer(new byte[32], ""));
        Assert.Throws<CertificateFormatException>(() => ApiTokenIssuer.FromPkcs8(world.Mint.Pkcs8(world.KeyFile("p256")), "site"));
        Assert.Throws<CertificateFormatException>(() => ApiTokenIssuer.FromPkcs8(new byte[] { 1, 2, 3 }, "site"));
    }

    [Fact]
    public void Whatever_is_issued_is_believed() => Gen.Select(
        Gen.String[Gen.Char[' ', '\u07ff'], 1, 40], Gen.String[Gen.Char[' ', '~'], 1, 20],
        Gen.String[Gen.Char["abc:*!#~"], 1, 64].Array[0, 32], Gen.Int[1, 86_400]).Sample(
        (subject, audience, scopes, seconds) =>
        {
            var name = string.Concat(subject.Where(c => !char.IsControl(c)).Append('x'));
            var token = _issuer.Issue(name, audience, scopes, TimeSpan.FromSeconds(seconds), Mint.Now);
            var verdict = new ApiTokenVerifier(new ApiTokenPolicy(audience)).Verify(token, ApiTokenKeySet.Read(_issuer.PublicKeySet()), Mint.Now);

            Assert.Null(verdict.Refusal);
            Assert.Equal(name, verdict.Token!.Subject);
            Assert.Equal(scopes, verdict.Token.Scopes);
        },
        iter: 300);

    [Fact]
    public void Its_text_holds_no_secret() => Assert.Equal($"site, key {_issuer.KeyId}", _issuer.ToString());
}
