using System.Text;
using X0tta6bl4.Identity.Tests.X509;
using static X0tta6bl4.Identity.Jwt.JwtRefusalReason;
using static X0tta6bl4.Identity.Tests.Jwt.JwtCase;
using static X0tta6bl4.Identity.Tests.Jwt.TokenWish;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>JWT-SVIDs that must be believed.</summary>
internal static class GoodJwtSvids
{
    public static IReadOnlyList<JwtCase> All { get; } =
    [
        Good("J-1", "three parts", w => w.Svid()),
        Good("J-2", "alg, kid and typ", w => w.Svid(t => t with { Header = t.Header + ",\"typ\":\"JWT\"" })),
        Good("J-2", "no kid where there is one key", w => w.Svid(t => t with
        {
            Header = "\"alg\":\"ES256\"", Subject = "\"spiffe://single.org/a\"",
        })),
        Good("J-2", "members in another order, with white space", w => w.Svid(t => t with { Header = " \"kid\" : \"es256\" ,\n \"alg\":\"ES256\" " })),
        .. new[] { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512" }.Select(alg => Good("J-3", alg, w => w.Svid(t => t.With(alg, "rsa")))),
        Good("J-3", "RS256 of 2,049 bits", w => w.Svid(t => t.With("RS256", "odd"))),
        Good("J-3", "PS256 of 2,049 bits", w => w.Svid(t => t.With("PS256", "odd"))),
        Good("J-3", "ES256", w => w.Svid()),
        Good("J-3", "ES384", w => w.Svid(t => t.With("ES384", "es384"))),
        Good("J-3", "ES512", w => w.Svid(t => t.With("ES512", "es512"))),
        Good("J-3", "PS256 with a key that is for it alone", w => w.Svid(t => t.With("PS256", "pinned"))),
        Good("J-4", "type JWT", w => w.Svid(t => t with { Header = t.Header + ",\"typ\":\"JWT\"" })),
        Good("J-4", "type JOSE", w => w.Svid(t => t with { Header = t.Header + ",\"typ\":\"JOSE\"" })),
        Good("J-4", "no type", w => w.Svid()),
        .. Ids.Good.Select(id => Good("J-5", $"a subject {id.What}", w => w.Svid(t => t with { Subject = $"\"{id.Uri}\"" }))),
        Good("J-6", "one audience as a text", w => w.Svid()),
        Good("J-6", "one audience in a list", w => w.Svid(t => t with { Audience = "[\"reports\"]" })),
        Good("J-6", "us among others", w => w.Svid(t => t with { Audience = "[\"x\",\"reports\",\"y\"]" })),
        Good("J-6", "us with an escape", w => w.Svid(t => t with { Audience = "\"report\\u0073\"" })),
        Good("J-6", "as many audiences as are accepted", w => w.Svid(t => t with
        {
            Audience = $"[{string.Join(',', Enumerable.Range(1, 31).Select(i => $"\"a{i}\""))},\"reports\"]",
        })),
        Good("J-7", "an end with a fraction", w => w.Svid(t => t with { Expires = At(0.5) })),
        Good("J-7", "an end in scientific notation", w => w.Svid(t => t with { Expires = $"{Minting.Mint.Now.ToUnixTimeSeconds() + 60}e0" })),
        Good("J-8", "ended within the skew", w => w.Svid(t => t with { Issued = At(-300), Expires = At(-59.9) })),
        Good("J-8", "ends in an hour", w => w.Svid(t => t with { Issued = At(0), Expires = At(3600) })),
        Good("T-6", "issued and valid within the skew of the future", w => w.Svid(t => t with { Issued = At(60), More = $",\"nbf\":{At(60)}" })),
        Good("T-6", "no time of issue", w => w.Svid(t => t with { Issued = null })),
        Good("T-7", "an hour and the tolerance", w => w.Svid(t => t with { Issued = At(0), Expires = At(3660) })),
        Good("J-10", "the key that has the ID", w => w.Svid(t => t.With("ES384", "es384"))),
        Good("J-11", "a jwt-svid key among others", w => w.Svid()),
        Good("W-24", "another trust domain with its own key", w => w.Svid(t => t with { Subject = "\"spiffe://other.org/a\"", Key = "other" })),
        Good("T-1", "nearly 8 KiB", w => w.Svid(t => t with { More = $",\"x\":\"{new string('x', 5800)}\"" })),
        Good("T-3", "claims of any kind within the limits", w => w.Svid(t => t with
        {
            More = ",\"iss\":7,\"jti\":[],\"x\":{\"a\":[1,2.5,null,true,{\"b\":\"é\\u00e9\\ud83d\\ude00\"}]},\"scope\":false",
        })),
    ];
}

/// <summary>JWT-SVIDs that must be refused: what is wrong, which requirement says so, and the reason.</summary>
internal static class BadJwtSvids
{
    public static IReadOnlyList<JwtCase> All { get; } =
    [
        .. Forms, .. Headers, .. Algorithms, .. Confusions, .. Keys, .. Subjects, .. Audiences, .. Times, .. Signatures,
    ];

    private static IReadOnlyList<JwtCase> Forms =>
    [
        Bad("J-1", "JSON serialization of the standard", NotCompact, _ => RfcVector.JsonSerialization),
        Bad("J-1", "JSON serialization", NotCompact, w => Json(w.Svid())),
        Bad("J-1", "two parts", NotCompact, w => w.Svid()[..w.Svid().LastIndexOf('.')]),
        Bad("J-1", "four parts", NotCompact, w => w.Svid() + "."),
        Bad("J-1", "five parts, as JWE has", NotCompact, w => w.Svid() + ".AAAA.AAAA"),
        Bad("J-1", "nothing", NotCompact, _ => ""),
        Bad("J-1", "two dots", Malformed, _ => "..", "T-3"),
        Bad("T-1", "over 8 KiB", TooLarge, w => w.Svid(t => t with { More = $",\"x\":\"{new string('x', 6100)}\"" })),
        Bad("T-1", "a megabyte of dots", TooLarge, _ => new string('.', 1 << 20)),
        Bad("T-2", "padding", Malformed, w => w.Svid() + "=="),
        Bad("T-2", "the other alphabet", Malformed, w => w.Svid().WithPart(2, "+/" + w.Svid().Split('.')[2][2..])),
        Bad("T-2", "a line feed at the end", Malformed, w => w.Svid() + "\n"),
        Bad("T-2", "a space at the beginning", Malformed, w => " " + w.Svid()),
        Bad("T-2", "a line feed inside", Malformed, w => w.Svid().Insert(3, "\n")),
        Bad("T-2", "Bearer before it", Malformed, w => "Bearer " + w.Svid()),
        Bad("T-2", "bits left over that are not zero", Malformed, w => LooseEnd(w.Svid())),
        Bad("T-2", "one digit too many", Malformed, w => w.Svid().WithPart(0, w.Svid().Split('.')[0] + new string('A', Missing(w.Svid())))),
        Bad("T-3", "a header that is a list", Malformed, w => w.Svid().WithHeader("[\"alg\"]")),
        Bad("T-3", "claims that are a text", Malformed, w => w.Svid().WithPart(1, TokenMint.Encode("\"claims\""))),
        Bad("T-3", "claims that are nothing", Malformed, w => w.Svid().WithPart(1, "")),
        Bad("T-3", "algorithm twice", Malformed, w => w.Svid(t => t with { Header = t.Header + ",\"alg\":\"ES256\"" })),
        Bad("T-3", "algorithm twice, once with an escape", Malformed, w => w.Svid(t => t with { Header = t.Header + ",\"\\u0061lg\":\"none\"" })),
        Bad("T-3", "subject twice", Malformed, w => w.Svid(t => t with { More = ",\"sub\":\"spiffe://example.org/b\"" })),
        Bad("T-3", "a member twice, deep in the claims", Malformed, w => w.Svid(t => t with { More = ",\"x\":{\"y\":[{\"a\":1,\"a\":2}]}" })),
        Bad("T-3", "65 members", Malformed, w => w.Svid(t => t with
        {
            More = string.Concat(Enumerable.Range(0, 61).Select(i => $",\"x{i}\":0")),
        })),
        Bad("T-3", "nested too deep", Malformed, w => w.Svid(t => t with { More = ",\"x\":[[[[[[[[0]]]]]]]]" })),
        Bad("T-3", "half a character", Malformed, w => w.Svid(t => t with { More = ",\"x\":\"\\ud800\"" })),
        Bad("T-3", "half a character in a name", Malformed, w => w.Svid(t => t with { More = ",\"\\udc00\":1" })),
        Bad("T-3", "bytes that are no UTF-8", Malformed, w => w.Svid().WithPart(1, TokenMint.Encode([.. "{\"x\":\""u8, 0xC3, .. "\"}"u8]))),
        Bad("T-3", "a byte order mark", Malformed, w => w.Svid().WithPart(1, TokenMint.Encode([0xEF, 0xBB, 0xBF, .. "{}"u8]))),
        Bad("T-3", "a comment", Malformed, w => w.Svid(t => t with { More = "/**/" })),
        Bad("T-3", "a comma at the end", Malformed, w => w.Svid(t => t with { More = "," })),
        Bad("T-3", "two objects", Malformed, w => w.Svid().WithPart(1, TokenMint.Encode("{}{}"))),
        Bad("T-3", "claims in UTF-16", Malformed, w => w.Svid().WithPart(1, TokenMint.Encode(Encoding.Unicode.GetBytes("{}")))),
    ];

    private static IReadOnlyList<JwtCase> Headers =>
    [
        .. new[]
        {
            ("crit", "[\"exp\"]"), ("crit", "[]"), ("b64", "false"), ("jku", "\"https://evil.org/keys\""), ("x5u", "\"https://evil.org/cert\""),
            ("x5t", "\"AAAA\""), ("x5t#S256", "\"AAAA\""), ("zip", "\"DEF\""), ("cty", "\"JWT\""), ("enc", "\"A128GCM\""), ("iss", "\"x\""),
            ("ALG", "\"none\""), ("", "0"), ("kid ", "\"es256\""),
        }.Select(h => Bad("J-2", $"header {h.Item1} = {h.Item2}", HeaderNotAllowed, w => w.Svid(
            t => t with { Header = $"{t.Header},\"{h.Item1}\":{h.Item2}" }))),
        Bad("J-2", "a key of the attacker's own in the header", HeaderNotAllowed, w => w.Svid(
            t => t with { Header = $"{t.Header},\"jwk\":{w.Mint.Jwk(w.KeyFile("stranger"))}", Key = "stranger" })),
        Bad("J-2", "a certificate in the header", HeaderNotAllowed, w => w.Svid(t => t with { Header = $"{t.Header},\"x5c\":[\"AAAA\"]" })),
        .. new[] { "\"jwt\"", "\"JWS\"", "\"at+jwt\"", "\"application/jwt\"", "\"\"", "null", "[\"JWT\"]", "\"JWT \"" }
            .Select(typ => Bad("J-4", $"type {typ}", HeaderType, w => w.Svid(t => t with { Header = $"{t.Header},\"typ\":{typ}" }))),
    ];

    private static IReadOnlyList<JwtCase> Algorithms =>
    [
        Bad("J-3", "EdDSA, rightly signed", Algorithm, w => w.Svid(t => t.With("EdDSA", "ed"))),
        .. new[]
        {
            "\"none\"", "\"None\"", "\"NONE\"", "\"nOnE\"", "\"HS256\"", "\"HS384\"", "\"HS512\"", "\"es256\"", "\"Es256\"", "\"ES256 \"", "\"ES256K\"",
            "\"Ed25519\"", "\"ES-256\"", "\"RS1\"", "\"RSA-OAEP\"", "\"dir\"", "\"A128KW\"", "\"ES256\\u0000\"", "\"\"", "null", "0", "[\"ES256\"]",
            "{}",
        }.Select(alg => Bad("J-3", $"algorithm {alg}", Algorithm, w => w.Svid(t => t with { Header = $"\"alg\":{alg},\"kid\":\"es256\"" }))),
        Bad("J-3", "no algorithm", Algorithm, w => w.Svid(t => t with { Header = "\"kid\":\"es256\"" })),
        Bad("J-8", "an algorithm that is refused, before claims that are no JSON", Algorithm, w => w.Svid()
            .WithHeader("{\"alg\":\"HS256\"}").WithPart(1, "!"), "J-3"),
        Bad("J-8", "no algorithm, before a header that is not allowed", Algorithm, w => w.Svid(t => t with { Header = "\"crit\":[\"x\"]" }), "J-3"),
    ];

    private static IReadOnlyList<JwtCase> Confusions =>
    [
        Bad("J-3", "none with an empty signature", Algorithm, w => w.Svid().WithHeader("{\"alg\":\"none\"}").WithSignature(_ => [])),
        Bad("J-3", "none with the signature of another token", Algorithm, w => w.Svid().WithHeader("{\"alg\":\"none\",\"kid\":\"es256\"}")),
        Bad("J-3", "RFC 7515, A.5", Algorithm, _ => RfcVector.All.Single(v => v.Algorithm == "none").Token),
        Bad("J-3", "RFC 7515, A.1", Algorithm, _ => RfcVector.All.First(v => v is { Algorithm: "HS256", Source: "RFC 7515, A.1" }).Token),
        .. new[] { "es256", "rsa" }.Select(key => Bad("J-3", $"HS256 keyed with the public key of {key}", Algorithm, w =>
        {
            var input = $"{TokenMint.Encode($"{{\"alg\":\"HS256\",\"kid\":\"{key}\"}}")}.{TokenMint.Encode(new TokenWish().ClaimsJson)}";
            return $"{input}.{TokenMint.Encode(w.Mint.Sign(input, "HS256", w.Mint.PublicPem(w.KeyFile(key))))}";
        })),
        Bad("T-5", "ES384 by the key on P-256", AlgorithmNotOfKey, w => w.Svid(t => t.With("ES384", "es384") with
        {
            Header = "\"alg\":\"ES384\",\"kid\":\"es256\"",
        })),
        Bad("T-5", "ES256 by the key on P-384", AlgorithmNotOfKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES256\",\"kid\":\"es384\"" })),
        Bad("T-5", "ES512 by the key on P-256", AlgorithmNotOfKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES512\",\"kid\":\"es256\"" })),
        Bad("T-5", "RS256 by the key on P-256", AlgorithmNotOfKey, w => w.Svid(t => t with { Header = "\"alg\":\"RS256\",\"kid\":\"es256\"" })),
        Bad("T-5", "ES256 by the RSA key", AlgorithmNotOfKey, w => w.Svid(t => t.With("RS256", "rsa") with
        {
            Header = "\"alg\":\"ES256\",\"kid\":\"rsa\"",
        })),
        Bad("T-5", "RS256 by a key that is for PS256 alone", AlgorithmNotOfKey, w => w.Svid(t => t.With("RS256", "pinned"))),
        Bad("T-5", "PS512 by a key that is for PS256 alone", AlgorithmNotOfKey, w => w.Svid(t => t.With("PS512", "pinned"))),
        Bad("T-4", "says RS256, is PS256", BadSignature, w => w.Svid(t => t.With("RS256", "rsa") with { Algorithm = "PS256" })),
        Bad("T-4", "says PS256, is RS256", BadSignature, w => w.Svid(t => t.With("PS256", "rsa") with { Algorithm = "RS256" })),
        Bad("T-4", "says RS256, is RS512", BadSignature, w => w.Svid(t => t.With("RS256", "rsa") with { Algorithm = "RS512" })),
        Bad("T-4", "says PS384, is PS256", BadSignature, w => w.Svid(t => t.With("PS384", "rsa") with { Algorithm = "PS256" })),
        Bad("T-4", "PS256 with a salt of 20 bytes", BadSignature, w => w.Svid(t => t.With("PS256", "rsa") with { Algorithm = "PS256-salt20" })),
    ];

    private static IReadOnlyList<JwtCase> Keys =>
    [
        Bad("J-10", "a key nobody knows", UnknownKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES256\",\"kid\":\"es257\"" }), "J-11"),
        Bad("J-10", "the ID of a key in capitals", UnknownKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES256\",\"kid\":\"ES256\"" }), "J-11"),
        Bad("J-10", "no ID where there are several keys", UnknownKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES256\"" }), "J-11"),
        .. new[] { "\"\"", "0", "null", "[\"es256\"]", $"\"{new string('k', 257)}\"" }.Select(kid => Bad(
            "J-10", $"the ID {kid[..Math.Min(kid.Length, 20)]}", UnknownKey,
            w => w.Svid(t => t with { Header = $"\"alg\":\"ES256\",\"kid\":{kid}" }), "J-11")),
        Bad("J-11", "a key for X509-SVIDs", UnknownKey, w => w.Svid(t => t.With("ES256", "x509"))),
        Bad("J-11", "a key without a use", UnknownKey, w => w.Svid(t => t.With("ES256", "no-use"))),
        Bad("J-11", "a key of API tokens", UnknownKey, w => w.Svid(t => t.With("ES256", "p256"))),
        Bad("J-11", "a key on a curve nobody has here", UnknownKey, w => w.Svid(t => t.With("ES256", "k1"))),
        Bad("J-11", "a secret among the keys", UnknownKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES256\",\"kid\":\"secret\"" })),
        Bad("T-5", "RSA of 1,024 bits", WeakKey, w => w.Svid(t => t.With("RS256", "weak"))),
        Bad("T-5", "RSA of 4,104 bits", WeakKey, w => w.Svid(t => t.With("RS256", "rsa") with { Header = "\"alg\":\"RS256\",\"kid\":\"huge\"" })),
        Bad("T-5", "RSA with an even exponent", WeakKey, w => w.Svid(t => t.With("RS256", "rsa") with { Header = "\"alg\":\"RS256\",\"kid\":\"even\"" })),
        Bad("T-5", "RSA with the exponent 1", WeakKey, w => w.Svid(t => t.With("RS256", "rsa") with { Header = "\"alg\":\"RS256\",\"kid\":\"one\"" })),
        Bad("T-5", "RSA with a modulus of small factors", WeakKey, w => w.Svid(
            t => t.With("RS256", "rsa") with { Header = "\"alg\":\"RS256\",\"kid\":\"composite\"" })),
        Bad("T-5", "a point off the curve", WeakKey, w => w.Svid(t => t with { Header = "\"alg\":\"ES256\",\"kid\":\"off-curve\"" })),
        Bad("W-24", "a trust domain we do not know", UnknownTrustDomain, w => w.Svid(t => t with { Subject = "\"spiffe://unknown.org/a\"" })),
        Bad("B-1", "another trust domain, signed by our key of the same ID", BadSignature, w => w.Svid(
            t => t with { Subject = "\"spiffe://other.org/a\"" }), "T-4"),
        Bad("B-1", "our trust domain, signed by another's key of the same ID", BadSignature, w => w.Svid(t => t with { Key = "other" }), "T-4"),
        Bad("W-24", "our trust domain, signed by a key that only another has", UnknownKey, w => w.Svid(
            t => t with { Header = "\"alg\":\"ES256\",\"kid\":\"only\"" }), "J-11"),
        Bad("B-7", "a trust domain without keys", UnknownTrustDomain, w => w.Svid(t => t with { Subject = "\"spiffe://empty.org/a\"" }), "W-24"),
        Bad("W-24", "a trust domain that looks like ours", UnknownTrustDomain, w => w.Svid(t => t with { Subject = "\"spiffe://example.org.evil.org/a\"" })),
    ];

    private static IReadOnlyList<JwtCase> Subjects =>
    [
        Bad("J-5", "no subject", Subject, w => w.Svid(t => t with { Subject = null })),
        .. new[] { "7", "null", "[\"spiffe://example.org/a\"]", "{}" }.Select(
            sub => Bad("J-5", $"the subject {sub}", Subject, w => w.Svid(t => t with { Subject = sub }))),
        Bad("J-5", "an ID without a path", Subject, w => w.Svid(t => t with { Subject = "\"spiffe://example.org\"" })),
        Bad("J-5", "the ID in iss alone", Subject, w => w.Svid(t => t with { Subject = null, Issuer = "\"spiffe://example.org/a\"" })),
        Bad("J-5", "a name that is no ID", Subject, w => w.Svid(t => t with { Subject = "\"a\"" }), "ID-1"),
        Bad("J-5", "an ID with a NUL at the end", Subject, w => w.Svid(t => t with { Subject = "\"spiffe://example.org/a\\u0000\"" }), "ID-13"),
        .. Ids.Bad.Where(id => id.Uri.Length < 4000).Select(id => Bad("J-5", $"subject: {id.What}", Subject, w => w.Svid(
            t => t with { Subject = System.Text.Json.JsonSerializer.Serialize(id.Uri) }), id.Requirement)),
    ];

    private static IReadOnlyList<JwtCase> Audiences =>
    [
        Bad("J-6", "no audience", Audience, w => w.Svid(t => t with { Audience = null })),
        .. new[]
        {
            "\"\"", "[]", "null", "7", "{\"reports\":1}", "[\"\"]", "[\"reports\",7]", "[\"reports\",null]", "[[\"reports\"]]", "\"Reports\"", "\"reports \"",
            "\"reports,x\"", "\"report\"", "\"reports/\"", "\"reports\\u0000\"", "[\"x\",\"y\"]", "\"*\"", "\"spiffe://example.org/reports\"",
        }.Select(aud => Bad("J-6", $"audience {aud}", Audience, w => w.Svid(t => t with { Audience = aud }))),
        Bad("J-6", "33 audiences, one of them us", Audience, w => w.Svid(t => t with
        {
            Audience = $"[{string.Join(',', Enumerable.Repeat("\"reports\"", 33))}]",
        })),
        Bad("J-6", "an audience of 2,049 characters beside us", Audience, w => w.Svid(t => t with { Audience = $"[\"reports\",\"{new string('a', 2049)}\"]" })),
    ];

    private static IReadOnlyList<JwtCase> Times =>
    [
        Bad("J-7", "no end", NoExpiry, w => w.Svid(t => t with { Expires = null })),
        Bad("J-7", "an end spelled Exp", NoExpiry, w => w.Svid(t => t with { Expires = null, More = $",\"Exp\":{At(60)}" })),
        .. new[] { "null", "\"1935409200\"", "[1]", "{}", "true", "-1", "1e999", "-1e999", "253402300800", "1e18", "123456789012345678901234567890" }
            .Select(exp => Bad("J-7", $"the end {exp}", BadTime, w => w.Svid(t => t with { Expires = exp }), "T-6")),
        Bad("J-8", "ended with the skew", Expired, w => w.Svid(t => t with { Issued = At(-300), Expires = At(-60) })),
        Bad("J-8", "ended yesterday", Expired, w => w.Svid(t => t with { Issued = At(-90_000), Expires = At(-86_400) })),
        Bad("J-8", "ended in 1970", Expired, w => w.Svid(t => t with { Issued = "0", Expires = "0" })),
        Bad("T-6", "not yet", NotYetValid, w => w.Svid(t => t with { More = $",\"nbf\":{At(60.1)}" })),
        Bad("T-6", "not for a year", NotYetValid, w => w.Svid(t => t with { More = $",\"nbf\":{At(31_536_000)}", Expires = At(31_536_100) })),
        Bad("T-6", "issued in the future", NotYetValid, w => w.Svid(t => t with { Issued = At(61) })),
        Bad("T-6", "a beginning that is a text", BadTime, w => w.Svid(t => t with { More = ",\"nbf\":\"0\"" })),
        Bad("T-6", "a time of issue that is nothing", BadTime, w => w.Svid(t => t with { Issued = "null" })),
        Bad("T-6", "a time of issue before 1970", BadTime, w => w.Svid(t => t with { Issued = "-1" })),
        Bad("T-6", "an end before the issue", BadTime, w => w.Svid(t => t with { Issued = At(30), Expires = At(20) })),
        Bad("T-7", "a second too long", LifetimeTooLong, w => w.Svid(t => t with { Issued = At(0), Expires = At(3661) })),
        Bad("T-7", "a beginning long ago and no time of issue", LifetimeTooLong, w => w.Svid(
            t => t with { Issued = null, More = $",\"nbf\":{At(-86_400)}" })),
        Bad("T-7", "until the year 9999", LifetimeTooLong, w => w.Svid(t => t with { Issued = null, Expires = "253402300799" })),
        Bad("T-7", "long ago issued, ends soon", LifetimeTooLong, w => w.Svid(t => t with { Issued = At(-86_400), Expires = At(60) })),
    ];

    private static IReadOnlyList<JwtCase> Signatures =>
    [
        Bad("T-4", "no signature", BadSignature, w => w.Svid().WithSignature(_ => [])),
        Bad("T-4", "zeros, which CVE-2022-21449 believed", BadSignature, w => w.Svid().WithSignature(_ => new byte[64])),
        Bad("T-4", "r is zero", BadSignature, w => w.Svid().WithSignature(s => [.. new byte[32], .. s[32..]])),
        Bad("T-4", "s is zero", BadSignature, w => w.Svid().WithSignature(s => [.. s[..32], .. new byte[32]])),
        Bad("T-4", "r is the order", BadSignature, w => w.Svid().WithSignature(s => [.. P256Order, .. s[32..]])),
        Bad("T-4", "both are the order", BadSignature, w => w.Svid().WithSignature(_ => [.. P256Order, .. P256Order])),
        Bad("T-4", "all ones", BadSignature, w => w.Svid().WithSignature(s => [.. s.Select(_ => (byte)0xFF)])),
        Bad("T-4", "DER, as in certificates", BadSignature, w => w.Svid(t => t with { Algorithm = "ES256-DER" })),
        Bad("T-4", "a byte too many", BadSignature, w => w.Svid().WithSignature(s => [.. s, 0])),
        Bad("T-4", "a zero before each half", BadSignature, w => w.Svid().WithSignature(s => [0, .. s[..32], 0, .. s[32..]])),
        Bad("T-4", "a byte too few", BadSignature, w => w.Svid().WithSignature(s => s[..^1])),
        Bad("T-4", "r and s exchanged", BadSignature, w => w.Svid().WithSignature(s => [.. s[32..], .. s[..32]])),
        Bad("T-4", "another's key", BadSignature, w => w.Svid(t => t with { Key = "stranger" })),
        Bad("T-4", "ES512 of the length of ES384", BadSignature, w => w.Svid(t => t.With("ES512", "es512")).WithSignature(s => s[..96])),
        Bad("T-4", "ES512 with zeros", BadSignature, w => w.Svid(t => t.With("ES512", "es512")).WithSignature(s => new byte[132])),
        Bad("T-4", "claims of another token", BadSignature, w => w.Svid().WithPart(
            1, TokenMint.Encode((new TokenWish() with { Subject = "\"spiffe://example.org/admin\"" }).ClaimsJson))),
        Bad("T-4", "header of another token", BadSignature, w => w.Svid().WithHeader("{\"kid\":\"es256\",\"alg\":\"ES256\"}")),
        Bad("T-4", "PS256 of 2,049 bits with the greatest number", BadSignature, w => w.Svid(t => t.With("PS256", "odd"))
            .WithSignature(s => [1, .. new byte[255], 2])),
        .. new[] { "RS256", "PS256" }.SelectMany<string, JwtCase>(alg =>
        [
            Bad("T-4", $"{alg} of zeros", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(s => new byte[256])),
            Bad("T-4", $"{alg} of ones", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(s => [.. s.Select(_ => (byte)0xFF)])),
            Bad("T-4", $"{alg} with the number one", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(s => [.. new byte[255], 1])),
            Bad("T-4", $"{alg} with the modulus", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(_ => w.Modulus("rsa"))),
            Bad("T-4", $"{alg} with one less than the modulus", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(
                _ => [.. w.Modulus("rsa")[..^1], (byte)(w.Modulus("rsa")[^1] - 1)])),
            Bad("T-4", $"{alg} with a zero before it", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(s => [0, .. s])),
            Bad("T-4", $"{alg} cut by a byte", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(s => s[..^1])),
            Bad("T-4", $"{alg} without a signature", BadSignature, w => w.Svid(t => t.With(alg, "rsa")).WithSignature(_ => [])),
        ]),
    ];

    private static byte[] P256Order => Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private static string Json(string token)
    {
        var parts = token.Split('.');
        return $$"""{"protected":"{{parts[0]}}","payload":"{{parts[1]}}","signature":"{{parts[2]}}"}""";
    }

    /// <summary>The same signature, spelled with the next digit: 86 digits have four bits more than 64 bytes.</summary>
    private static string LooseEnd(string token) => token[..^1] + (char)(token[^1] + 1);

    /// <summary>Digits that make a part one digit longer than a multiple of four.</summary>
    private static int Missing(string token) => (5 - (token.IndexOf('.') % 4)) % 4;
}
