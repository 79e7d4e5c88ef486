using System.Text;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.X509;

public sealed class TrustBundleReaderTests(MintFixture fixture) : IClassFixture<MintFixture>
{
    private string Root => Convert.ToBase64String(fixture.Authorities.Root.Der);

    private string Key(string more = "", string use = "x509-svid", string kty = "EC", string? x5c = null) =>
        $$"""{"kty":"{{kty}}","use":"{{use}}","x5c":[{{x5c ?? $"\"{Root}\""}}]{{more}}}""";

    private static TrustBundle Read(string json) =>
        TrustBundleReader.Read(Encoding.UTF8.GetBytes(json), MintFixture.Domain(Mint.Domain));

    private static string Refused(string json) => Assert.Throws<CertificateFormatException>(() => Read(json)).Message;

    [Fact]
    public void The_document_of_the_standard_is_read()
    {
        var bundle = Read($$"""{"keys":[{{Key()}},{{Key(",\"kid\":\"x\"")}}],"spiffe_sequence":18446744073709551615,"spiffe_refresh_hint":300}""");

        Assert.Equal(2, bundle.X509Authorities.Count);
        Assert.Equal((ulong.MaxValue, TimeSpan.FromMinutes(5)), (bundle.Sequence, bundle.RefreshHint));
    }

    [Fact]
    public void Pem_and_der_are_the_same_authorities()
    {
        var roots = fixture.Authorities.Bundle;
        var pem = roots.SelectMany(r => File.ReadAllBytes(r.CertificateFile)).ToArray();
        var der = roots.SelectMany(r => r.Der).ToArray();

        foreach (var file in new[] { pem, der })
        {
            var bundle = TrustBundleReader.Read(file, MintFixture.Domain(Mint.Domain));
            Assert.Equal(roots.Select(r => r.Der), bundle.X509Authorities.Select(a => a.Der.ToArray()));
        }
    }

    public static TheoryData<string, string, string> Ignored => new()
    {
        { "B-6", "another use", """{"kty":"EC","use":"jwt-svid","kid":"k","x":"AA","y":"AA"}""" },
        { "B-6", "a use nobody knows", """{"kty":"EC","use":"future","x5c":["AAAA"]}""" },
        { "B-10", "no use", """{"kty":"EC","x5c":["AAAA"]}""" },
        { "B-10", "a use in capitals", """{"kty":"EC","use":"X509-SVID","x5c":["AAAA"]}""" },
        { "B-9", "no key type", """{"use":"x509-svid","x5c":["AAAA"]}""" },
        { "B-9", "a key type nobody knows", """{"kty":"LWE","use":"x509-svid","x5c":["AAAA"]}""" },
        { "X-26", "no certificate", """{"kty":"EC","use":"x509-svid"}""" },
        { "X-26", "an empty list of certificates", """{"kty":"EC","use":"x509-svid","x5c":[]}""" },
        { "B-6", "no object", "7" },
    };

    [Theory, MemberData(nameof(Ignored))]
    public void What_the_standard_says_to_ignore_is_ignored_alone(string requirement, string what, string key)
    {
        Assert.True(Read($$"""{"keys":[{{key}},{{Key()}}]}""").X509Authorities.Count == 1, $"{requirement} {what}");
        Assert.Empty(Read($$"""{"keys":[{{key}}]}""").X509Authorities);
    }

    [Fact]
    public void All_but_the_first_certificate_of_a_key_are_ignored() =>
        Assert.Single(Read($$"""{"keys":[{{Key(x5c: $"\"{Root}\",\"no base64\"")}}]}""").X509Authorities);

    [Fact]
    public void Without_authorities_every_svid_of_the_domain_is_refused()
    {
        var verdict = new SvidVerifier(new SvidPolicy()).Verify(
            [fixture.Authorities.Mint.Leaf(fixture.Authorities.Root).Der], new TrustBundleSet(Read("""{"keys":[]}""")), Mint.Now);

        Assert.Equal(SvidRefusalReason.UnknownTrustDomain, verdict.Refusal!.Reason);
    }

    [Theory]
    [InlineData("B-5", "{}")]
    [InlineData("B-5", """{"keys":{}}""")]
    [InlineData("B-3", """{"keys":[],"spiffe_sequence":"1"}""")]
    [InlineData("B-3", """{"keys":[],"spiffe_sequence":1.5}""")]
    [InlineData("B-3", """{"keys":[],"spiffe_sequence":-1}""")]
    [InlineData("B-4", """{"keys":[],"spiffe_refresh_hint":"300"}""")]
    [InlineData("B-4", """{"keys":[],"spiffe_refresh_hint":0.5}""")]
    [InlineData("X-24", """{"keys":[{"kty":"EC","use":"x509-svid","x5c":["!"]}]}""")]
    [InlineData("X-24", """{"keys":[{"kty":"EC","use":"x509-svid","x5c":[7]}]}""")]
    public void What_breaks_the_standard_is_refused_by_its_number(string requirement, string json) =>
        Assert.Contains(requirement, Refused(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[]""")]
    [InlineData("""{"keys":[[[[[[[[[[1]]]]]]]]]]}""")]
    public void What_is_no_json_is_refused(string json) => Assert.Contains("no JSON", Refused(json), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"keys":[{"kty":"\ud800"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","use":"x509-svid","x5c":["\ud800"]}]}""")]
    [InlineData("""{"keys":[{"\ud800":1,"kty":"EC","use":"x509-svid","x5c":["AAAA"]}]}""")]
    public void Text_that_is_no_unicode_is_refused(string json) => Assert.NotEmpty(Refused(json));

    [Fact]
    public void A_megabyte_of_beginnings_is_refused_at_once()
    {
        var file = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("-----BEGIN A-----\n", 50_000)));

        Assert.Contains(
            "over 64 blocks",
            Assert.Throws<CertificateFormatException>(() => TrustBundleReader.Read(file, MintFixture.Domain(Mint.Domain))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_bundles_of_one_domain_are_refused() => Assert.Contains(
        "B-13", Assert.Throws<ArgumentException>(() => new TrustBundleSet(Read("""{"keys":[]}"""), Read("""{"keys":[]}"""))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Too_much_of_anything_is_refused_with_the_figures()
    {
        Assert.Contains("65 keys", Refused($$"""{"keys":[{{string.Join(',', Enumerable.Repeat("1", 65))}}]}"""), StringComparison.Ordinal);
        Assert.Contains(
            "over 64", Assert.Throws<CertificateFormatException>(() => TrustBundleReader.Read(
                Enumerable.Repeat(fixture.Authorities.Root.Der, 65).SelectMany(d => d).ToArray(), MintFixture.Domain(Mint.Domain))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "1048576", Assert.Throws<CertificateFormatException>(() => TrustBundleReader.Read(
                new byte[1024 * 1024 + 1], MintFixture.Domain(Mint.Domain))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_leaf_among_the_authorities_is_refused() => Assert.Contains(
        "X-9", Assert.Throws<CertificateFormatException>(() => TrustBundleReader.Read(
            fixture.Authorities.Mint.Leaf(fixture.Authorities.Root).Der, MintFixture.Domain(Mint.Domain))).Message,
        StringComparison.Ordinal);

    /// <summary>Any JSON and any bytes are a bundle or refused, never anything else.</summary>
    [Fact]
    public void Any_bytes_are_a_bundle_or_refused() => Gen.Char["{}[]\":,0123keysx509-svidctyEC -BEGIN\\ud8\u00ff"].Array[0, 80].Sample(
        text =>
        {
            try
            {
                Assert.NotNull(TrustBundleReader.Read(Encoding.UTF8.GetBytes(text), MintFixture.Domain(Mint.Domain)));
            }
            catch (CertificateFormatException)
            {
                // Refused, which is an answer.
            }
        },
        iter: 20_000);
}
