using static X0tta6bl4.Identity.Jwt.JwtRefusalReason;
using static X0tta6bl4.Identity.Tests.Jwt.JwtCase;
using static X0tta6bl4.Identity.Tests.Jwt.TokenWish;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>API tokens that must be believed.</summary>
internal static class GoodApiTokens
{
    public static IReadOnlyList<JwtCase> All { get; } =
    [
        Good("A-1", "EdDSA by Ed25519", w => w.Api()),
        Good("A-1", "ES256 by P-256", w => w.Api(t => t.With("ES256", "p256"))),
        Good("A-2", "type JWT", w => w.Api(t => t with { Header = t.Header + ",\"typ\":\"JWT\"" })),
        Good("A-3", "the expected issuer", w => w.Api()),
        Good("A-4", "us among others", w => w.Api(t => t with { Audience = "[\"mqtt\",\"api\"]" })),
        Good("A-5", "nbf too", w => w.Api(t => t with { More = $",\"nbf\":{At(0)}" })),
        Good("A-6", "a subject that is a SPIFFE ID", w => w.Api(t => t with { Subject = "\"spiffe://example.org/a\"" })),
        Good("A-6", "a subject with letters of all kinds", w => w.Api(t => t with { Subject = "\"Jürgen \\u00c5\"" })),
        Good("A-6", "a number", w => w.Api(t => t with { More = ",\"jti\":\"a1\"" })),
        Good("A-7", "two words", w => w.Api(t => t with { More = ",\"scope\":\"mesh:read leds:write\"" })),
        Good("A-7", "as many words as are accepted", w => w.Api(t => t with
        {
            More = $",\"scope\":\"{string.Join(' ', Enumerable.Repeat(new string('w', 64), 32))}\"",
        })),
        Good("A-9", "a day", w => w.Api(t => t with { Issued = At(0), Expires = At(86_400) })),
        Good("A-10", "private claims", w => w.Api(t => t with { More = ",\"site\":{\"name\":\"roof\",\"floors\":[1,2]}" })),
    ];
}

/// <summary>API tokens that must be refused: what is wrong, which requirement says so, and the reason.</summary>
internal static class BadApiTokens
{
    public static IReadOnlyList<JwtCase> All { get; } = [.. Forms, .. Algorithms, .. Claims, .. Signatures];

    private static IReadOnlyList<JwtCase> Forms =>
    [
        Bad("J-1", "two parts", NotCompact, w => w.Api()[..w.Api().LastIndexOf('.')]),
        Bad("T-1", "over 8 KiB", TooLarge, w => w.Api() + new string('A', 8192)),
        Bad("T-2", "padding", Malformed, w => w.Api() + "=="),
        Bad("T-3", "scope twice", Malformed, w => w.Api(t => t with { More = ",\"scope\":\"a\",\"scope\":\"b\"" })),
        .. new[] { ("crit", "[]"), ("jku", "\"https://evil.org/\""), ("b64", "false"), ("cty", "\"JWT\""), ("x", "1") }.Select(h => Bad(
            "A-2", $"header {h.Item1}", HeaderNotAllowed, w => w.Api(t => t with { Header = $"{t.Header},\"{h.Item1}\":{h.Item2}" }))),
        Bad("A-2", "a key of the attacker's own in the header", HeaderNotAllowed, w => w.Api(
            t => t with { Header = $"{t.Header},\"jwk\":{w.Mint.Jwk(w.KeyFile("ed-stranger"))}", Key = "ed-stranger" })),
        .. new[] { "\"JOSE\"", "\"jwt\"", "\"at+jwt\"", "7" }.Select(typ => Bad(
            "A-2", $"type {typ}", HeaderType, w => w.Api(t => t with { Header = $"{t.Header},\"typ\":{typ}" }))),
    ];

    private static IReadOnlyList<JwtCase> Algorithms =>
    [
        .. new[]
        {
            "none", "None", "HS256", "HS512", "RS256", "RS512", "PS256", "ES384", "ES512", "Ed25519", "Ed448", "EDDSA", "eddsa", "EdDSA ", "es256", "ES256K", "",
        }.Select(alg => Bad("A-1", $"algorithm \"{alg}\"", Algorithm, w => w.Api(t => t with { Header = $"\"alg\":\"{alg}\",\"kid\":\"ed\"" }))),
        Bad("A-1", "RS256, rightly signed", Algorithm, w => w.Api(t => t.With("RS256", "rsa"))),
        Bad("A-1", "ES384, rightly signed", Algorithm, w => w.Api(t => t.With("ES384", "es384"))),
        Bad("A-1", "none with an empty signature", Algorithm, w => w.Api().WithHeader("{\"alg\":\"none\"}").WithSignature(_ => [])),
        Bad("A-1", "HS256 keyed with the public key", Algorithm, w =>
        {
            var input = $"{TokenMint.Encode("{\"alg\":\"HS256\",\"kid\":\"ed\"}")}.{TokenMint.Encode(TokenWish.Api.ClaimsJson)}";
            return $"{input}.{TokenMint.Encode(w.Mint.Sign(input, "HS256", w.Mint.PublicPem(w.KeyFile("ed"))))}";
        }),
        Bad("A-1", "EdDSA by the key on P-256", AlgorithmNotOfKey, w => w.Api(t => t with { Header = "\"alg\":\"EdDSA\",\"kid\":\"p256\"" })),
        Bad("A-1", "ES256 by the Ed25519 key", AlgorithmNotOfKey, w => w.Api(t => t.With("ES256", "p256") with
        {
            Header = "\"alg\":\"ES256\",\"kid\":\"ed\"",
        })),
        Bad("A-8", "no ID where there are several keys", UnknownKey, w => w.Api(t => t with { Header = "\"alg\":\"EdDSA\"" })),
        Bad("A-8", "a key nobody knows", UnknownKey, w => w.Api(t => t with { Header = "\"alg\":\"EdDSA\",\"kid\":\"x\"" })),
        Bad("A-8", "a key ID that is a number", UnknownKey, w => w.Api(t => t with { Header = "\"alg\":\"EdDSA\",\"kid\":1" })),
        Bad("A-8", "a key of JWT-SVIDs", UnknownKey, w => w.Api(t => t.With("ES256", "es256"))),
        Bad("A-8", "a secret among the keys", UnknownKey, w => w.Api(t => t with { Header = "\"alg\":\"EdDSA\",\"kid\":\"secret\"" })),
        Bad("T-5", "a key that verifies everything", WeakKey, w => w.Api(t => t with { Header = "\"alg\":\"EdDSA\",\"kid\":\"small-order\"" })
            .WithSignature(_ => [1, .. new byte[63]])),
    ];

    private static IReadOnlyList<JwtCase> Claims =>
    [
        Bad("A-3", "no issuer", Issuer, w => w.Api(t => t with { Issuer = null })),
        .. new[] { "\"\"", "7", "[\"site\"]", "\"Site\"", "\"site \"", "\"other\"" }.Select(
            iss => Bad("A-3", $"issuer {iss}", Issuer, w => w.Api(t => t with { Issuer = iss }))),
        Bad("A-4", "no audience", Audience, w => w.Api(t => t with { Audience = null })),
        Bad("A-4", "another audience", Audience, w => w.Api(t => t with { Audience = "\"mqtt\"" })),
        Bad("A-4", "an audience that is a number", Audience, w => w.Api(t => t with { Audience = "1" })),
        Bad("A-5", "no end", NoExpiry, w => w.Api(t => t with { Expires = null })),
        Bad("A-5", "ended", Expired, w => w.Api(t => t with { Issued = At(-300), Expires = At(-60) })),
        Bad("A-5", "no time of issue", BadTime, w => w.Api(t => t with { Issued = null })),
        Bad("A-5", "an end that is a text", BadTime, w => w.Api(t => t with { Expires = "\"2031\"" }), "T-6"),
        Bad("A-5", "issued in the future", NotYetValid, w => w.Api(t => t with { Issued = At(61) }), "T-6"),
        Bad("A-5", "not yet", NotYetValid, w => w.Api(t => t with { More = $",\"nbf\":{At(61)}" }), "T-6"),
        Bad("A-6", "no subject", Subject, w => w.Api(t => t with { Subject = null })),
        .. new[] { "\"\"", "7", "\"a\\nb\"", "\"a\\u0000\"", $"\"{new string('s', 2049)}\"" }.Select(
            sub => Bad("A-6", $"subject {sub[..Math.Min(20, sub.Length)]}", Subject, w => w.Api(t => t with { Subject = sub }))),
        .. new[] { "7", "\"\"", "[\"x\"]", $"\"{new string('j', 257)}\"" }.Select(
            jti => Bad("A-6", $"number {jti[..Math.Min(20, jti.Length)]}", BadTokenId, w => w.Api(t => t with { More = $",\"jti\":{jti}" }))),
        .. new[] { "7", "null", "[\"a\",\"b\"]", "\"\"", "\" a\"", "\"a \"", "\"a  b\"", "\"a\\tb\"", "\"a\\\"b\"", "\"a\\\\b\"", "\"é\"" }.Select(
            scope => Bad("A-7", $"scope {scope}", BadScope, w => w.Api(t => t with { More = $",\"scope\":{scope}" }))),
        Bad("A-7", "33 words", BadScope, w => w.Api(t => t with { More = $",\"scope\":\"{string.Join(' ', Enumerable.Repeat("w", 33))}\"" })),
        Bad("A-7", "a word of 65 characters", BadScope, w => w.Api(t => t with { More = $",\"scope\":\"a {new string('w', 65)}\"" })),
        Bad("A-9", "a second too long", LifetimeTooLong, w => w.Api(t => t with { Issued = At(0), Expires = At(86_401) })),
        Bad("A-9", "a year", LifetimeTooLong, w => w.Api(t => t with { Expires = At(31_536_000) })),
        Bad("A-10", "65 members", Malformed, w => w.Api(t => t with
        {
            More = string.Concat(Enumerable.Range(0, 60).Select(i => $",\"x{i}\":0")),
        }), "T-3"),
        Bad("A-10", "private claims nested too deep", Malformed, w => w.Api(t => t with { More = ",\"x\":[[[[[[[[0]]]]]]]]" }), "T-3"),
    ];

    private static IReadOnlyList<JwtCase> Signatures =>
    [
        Bad("T-4", "no signature", BadSignature, w => w.Api().WithSignature(_ => [])),
        Bad("T-4", "zeros", BadSignature, w => w.Api().WithSignature(_ => new byte[64])),
        Bad("T-4", "zeros of ES256", BadSignature, w => w.Api(t => t.With("ES256", "p256")).WithSignature(_ => new byte[64])),
        Bad("T-4", "S above the order of the group", BadSignature, w => w.Api().WithSignature(PlusOrder)),
        Bad("T-4", "a byte too many", BadSignature, w => w.Api().WithSignature(s => [.. s, 0])),
        Bad("T-4", "another's key", BadSignature, w => w.Api(t => t with { Key = "ed-stranger" })),
        Bad("T-4", "claims of another token", BadSignature, w => w.Api().WithPart(
            1, TokenMint.Encode((TokenWish.Api with { Subject = "\"admin\"" }).ClaimsJson))),
    ];

    /// <summary>S + L: the same signature where S is taken modulo L (RFC 8032, section 5.1.7 forbids it).</summary>
    private static byte[] PlusOrder(byte[] signature)
    {
        var order = System.Numerics.BigInteger.Pow(2, 252) + System.Numerics.BigInteger.Parse("27742317777372353535851937790883648493");
        var s = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        return [.. signature[..32], .. s.ToByteArray(isUnsigned: true)];
    }
}
