using System.Text;
using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>How a token is to be. The defaults are a flawless JWT-SVID of example.org for "reports".</summary>
internal sealed record TokenWish
{
    /// <summary>Members of the header, without the braces.</summary>
    public string Header { get; init; } = """
        "alg":"ES256","kid":"es256"
        """;

    /// <summary>The members of the claims that are not named below, with a comma before each.</summary>
    public string More { get; init; } = "";

    public string? Subject { get; init; } = "\"spiffe://example.org/a\"";

    public string? Audience { get; init; } = "\"reports\"";

    public string? Expires { get; init; } = At(300);

    public string? Issued { get; init; } = At(-10);

    public string? Issuer { get; init; }

    /// <summary>What signs it, whatever the header says.</summary>
    public string Algorithm { get; init; } = "ES256";

    /// <summary>The name of the key that signs it.</summary>
    public string Key { get; init; } = "es256";

    /// <summary>A flawless API token.</summary>
    public static TokenWish Api { get; } = new()
    {
        Header = """
            "alg":"EdDSA","kid":"ed"
            """,
        Subject = "\"operator\"",
        Issuer = "\"site\"",
        Audience = "\"api\"",
        Algorithm = "EdDSA",
        Key = "ed",
    };

    public string HeaderJson => $"{{{Header.Trim()}}}";

    public string ClaimsJson
    {
        get
        {
            var members = new[] { ("iss", Issuer), ("sub", Subject), ("aud", Audience), ("iat", Issued), ("exp", Expires) }
                .Where(m => m.Item2 is not null).Select(m => $"\"{m.Item1}\":{m.Item2}");
            return $"{{{string.Join(',', members)}{More}}}";
        }
    }

    /// <summary>So many seconds from now, as a NumericDate.</summary>
    public static string At(double seconds) =>
        (Mint.Now.ToUnixTimeSeconds() + seconds).ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>With another algorithm and its key, in the header and in fact.</summary>
    public TokenWish With(string algorithm, string key) =>
        this with { Header = $"\"alg\":\"{algorithm}\",\"kid\":\"{key}\"", Algorithm = algorithm, Key = key };
}

/// <summary>The keys, bundles and key sets of all cases.</summary>
public sealed class JwtWorld : IDisposable
{
    private readonly Dictionary<string, string> _keys;
    private readonly Dictionary<TokenWish, string> _minted = [];

    public JwtWorld()
    {
        Mint = new TokenMint();
        _keys = new Dictionary<string, string>
        {
            ["es256"] = Mint.Key("P-256"),
            ["es384"] = Mint.Key("P-384"),
            ["es512"] = Mint.Key("P-521"),
            ["rsa"] = Mint.Key("2048"),
            ["pinned"] = Mint.Key("2048"),
            ["weak"] = Mint.Key("1024"),
            ["odd"] = Mint.Key("2049"),
            ["ed"] = Mint.Key("ED25519"),
            ["k1"] = Mint.Key("secp256k1"),
            ["x509"] = Mint.Key("P-256"),
            ["no-use"] = Mint.Key("P-256"),
            ["other"] = Mint.Key("P-256"),
            ["stranger"] = Mint.Key("P-256"),
            ["ed-stranger"] = Mint.Key("ED25519"),
            ["p256"] = Mint.Key("P-256"),
        };
        Bundle = Set(
        [
            .. new[] { "es256", "es384", "es512", "rsa", "weak", "odd", "ed" }.Select(key => Svid(key)),
            Svid("pinned", ",\"alg\":\"PS256\""),
            Mint.Jwk(_keys["x509"], "\"kid\":\"x509\",\"use\":\"x509-svid\""),
            Mint.Jwk(_keys["no-use"], "\"kid\":\"no-use\""),
            """{"kty":"oct","use":"jwt-svid","kid":"secret","k":"AAAA"}""",
            """{"kty":"EC","crv":"secp256k1","use":"jwt-svid","kid":"k1","x":"AAAA","y":"AAAA"}""",
            Svid("es256", key: "off-curve", change: jwk => jwk
                .Replace("\"x\"", "\"z\"", StringComparison.Ordinal)
                .Replace("\"y\"", "\"x\"", StringComparison.Ordinal)
                .Replace("\"z\"", "\"y\"", StringComparison.Ordinal)),
            Svid("rsa", key: "even", change: jwk => jwk.Replace("\"e\":\"AQAB\"", "\"e\":\"Ag\"", StringComparison.Ordinal)),
            Svid("rsa", key: "one", change: jwk => jwk.Replace("\"e\":\"AQAB\"", "\"e\":\"AQ\"", StringComparison.Ordinal)),
            $$"""{"kty":"RSA","use":"jwt-svid","kid":"huge","n":"{{TokenMint.Encode([.. Enumerable.Repeat((byte)0xFF, 513)])}}","e":"AQAB"}""",
            $$"""{"kty":"RSA","use":"jwt-svid","kid":"composite","n":"{{TokenMint.Encode([.. Enumerable.Repeat((byte)0xFF, 256)])}}","e":"AQAB"}""",
        ]);
        Bundles = new JwtBundleSet([
            .. Ids.Domains.Select(domain => Read(Bundle, domain)),
            Read(Set([Svid("other", key: "es256")]), "other.org"),
            Read(Set([Svid("es256", key: "only")]), "single.org"),
            Read(Set([]), "empty.org"),
        ]);
        ApiKeySet = Set(
        [
            Mint.Jwk(_keys["ed"], "\"kid\":\"ed\",\"alg\":\"EdDSA\",\"use\":\"sig\""),
            Mint.Jwk(_keys["p256"], "\"kid\":\"p256\""),
            Mint.Jwk(_keys["rsa"], "\"kid\":\"rsa\""),
            Mint.Jwk(_keys["es384"], "\"kid\":\"es384\",\"use\":\"sig\""),
            Svid("es256"),
            """{"kty":"oct","kid":"secret","k":"AAAA"}""",
            $$"""{"kty":"OKP","crv":"Ed25519","kid":"small-order","x":"{{TokenMint.Encode([1, .. new byte[31]])}}"}""",
        ]);
        ApiKeys = ApiTokenKeySet.Read(Encoding.UTF8.GetBytes(ApiKeySet));
        OnlyKey = ApiTokenKeySet.Read(Encoding.UTF8.GetBytes(Set([Mint.Jwk(_keys["ed"])])));
    }

    internal TokenMint Mint { get; }

    /// <summary>The bundle of example.org, as a document.</summary>
    internal string Bundle { get; }

    internal JwtBundleSet Bundles { get; }

    /// <summary>The keys of the API, as a document.</summary>
    internal string ApiKeySet { get; }

    internal ApiTokenKeySet ApiKeys { get; }

    /// <summary>One key of the API, without an ID.</summary>
    internal ApiTokenKeySet OnlyKey { get; }

    internal string KeyFile(string name) => _keys[name];

    /// <summary>The modulus of one of the RSA keys of example.org.</summary>
    internal byte[] Modulus(string name) => TokenMint.Decode(System.Text.Json.JsonDocument.Parse(Bundle).RootElement.GetProperty("keys")
        .EnumerateArray().Single(k => k.GetProperty("kid").GetString() == name).GetProperty("n").GetString()!);

    /// <summary>The token, minted once.</summary>
    internal string Token(TokenWish wish)
    {
        lock (_minted)
        {
            if (!_minted.TryGetValue(wish, out var token))
            {
                _minted[wish] = token = Mint.Token(wish.HeaderJson, wish.ClaimsJson, wish.Algorithm, _keys[wish.Key]);
            }

            return token;
        }
    }

    internal string Svid(Func<TokenWish, TokenWish>? change = null) => Token(change is null ? new TokenWish() : change(new TokenWish()));

    internal string Api(Func<TokenWish, TokenWish>? change = null) => Token(change is null ? TokenWish.Api : change(TokenWish.Api));

    internal static string Set(IEnumerable<string> keys) => $"{{\"keys\":[{string.Join(',', keys)}]}}";

    internal static JwtBundle Read(string json, string domain) =>
        JwtBundleReader.Read(Encoding.UTF8.GetBytes(json), MintFixture.Domain(domain));

    public void Dispose() => Mint.Dispose();

    private string Svid(string file, string more = "", string? key = null, Func<string, string>? change = null)
    {
        var jwk = Mint.Jwk(_keys[file], $"\"kid\":\"{key ?? file}\",\"use\":\"jwt-svid\"{more}");
        return change is null ? jwk : change(jwk);
    }
}
