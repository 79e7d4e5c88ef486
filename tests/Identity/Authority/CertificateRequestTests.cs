using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>Requests as strangers write them: minted with openssl, and bent.</summary>
public sealed class CertificateRequestTests : IDisposable
{
    private readonly OpenSsl _openSsl = new();

    public void Dispose() => _openSsl.Dispose();

    private byte[] Csr(string key, params string[] extensions)
    {
        List<string> make = key switch
        {
            "ed25519" => ["-algorithm", "ED25519"],
            "rsa2048" => ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            _ => ["-algorithm", "EC", "-pkeyopt", $"ec_paramgen_curve:{key}"],
        };
        _openSsl.Run(["genpkey", .. make, "-out", "k.pem"]);
        _openSsl.Run(
            ["req", "-new", "-config", "ca.cnf", "-subj", "/", "-key", "k.pem", "-outform", "DER", "-out", "r.der", .. extensions.SelectMany(e => new[] { "-addext", e })]);
        return File.ReadAllBytes(_openSsl.PathOf("r.der"));
    }

    private const string Uri = "subjectAltName=critical,URI:spiffe://site.example/node/a";

    [Theory]
    [InlineData("P-256", KeyKind.P256), InlineData("P-384", KeyKind.P384), InlineData("ed25519", KeyKind.Ed25519)]
    public void A_request_of_openssl_is_understood(string key, KeyKind kind)
    {
        var request = SvidRequest.Read(Csr(key, Uri));

        Assert.Equal(("spiffe://site.example/node/a", kind), (request.Id!.Value.ToString(), request.Key.Kind));
    }

    [Fact]
    public void A_request_may_name_nobody() => Assert.Null(SvidRequest.Read(Csr("P-256")).Id);

    [Theory]
    [InlineData("other extensions", "P-256", Uri, "basicConstraints=critical,CA:TRUE")]
    [InlineData("other extensions", "P-256", Uri, "keyUsage=keyCertSign")]
    [InlineData("other extensions", "P-256", "basicConstraints=critical,CA:TRUE")]
    [InlineData("other names", "P-256", Uri + ",URI:spiffe://site.example/node/b")]
    [InlineData("other names", "P-256", Uri + ",DNS:site.example")]
    [InlineData("no SPIFFE ID", "P-256", "subjectAltName=URI:https://site.example/node/a")]
    [InlineData("RSA", "rsa2048", Uri)]
    [InlineData("curve", "P-521", Uri)]
    [InlineData("curve", "secp256k1", Uri)]
    public void What_asks_for_more_than_an_svid_or_with_another_key_is_refused(string why, string key, params string[] extensions)
    {
        var refusal = Assert.Throws<CertificateFormatException>(() => SvidRequest.Read(Csr(key, extensions)));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_signed_with_another_key_than_it_holds_is_refused()
    {
        var mine = SigningKey.Generate(KeyKind.P256);
        var others = SigningKey.Generate(KeyKind.P256);
        var csr = SvidRequest.Create(mine, AuthorityWorld.Id("node/a"));
        var key = others.PublicInfo.GetDerEncoded();
        var at = csr.AsSpan().IndexOf(mine.PublicInfo.GetDerEncoded());
        key.CopyTo(csr.AsSpan(at));

        var refusal = Assert.Throws<CertificateFormatException>(() => SvidRequest.Read(csr));

        Assert.Contains("not signed with the key", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_bit_of_a_request_can_be_changed()
    {
        var csr = SvidRequest.Create(SigningKey.Generate(KeyKind.Ed25519), AuthorityWorld.Id("node/a"));
        for (var bit = 0; bit < csr.Length * 8; bit++)
        {
            var bent = csr.ToArray();
            bent[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Throws<CertificateFormatException>(() => SvidRequest.Read(bent));
        }
    }

    [Fact]
    public void Bytes_that_are_no_request_are_said_to_be_none() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        try
        {
            SvidRequest.Read(bytes);
            return false;
        }
        catch (CertificateFormatException)
        {
            return true;
        }
    });

    [Fact]
    public void Nine_kilobytes_are_not_even_looked_at() => Assert.Contains(
        "at most 8192", Assert.Throws<CertificateFormatException>(() => SvidRequest.Read(new byte[9 * 1024])).Message, StringComparison.Ordinal);
}
