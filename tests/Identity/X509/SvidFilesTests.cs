using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.X509;

public sealed class SvidFilesTests(MintFixture fixture) : IClassFixture<MintFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("x0-svid-").FullName;

    private Minted Leaf => fixture.Authorities.Mint.Leaf(fixture.Authorities.Root);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    [Fact]
    public void Pem_and_der_give_one_identity()
    {
        var leaf = Leaf;
        var fromPem = SvidFiles.Read(leaf.CertificateFile, leaf.KeyFile);
        var fromDer = SvidFiles.Read(Write("c.der", leaf.Der), Write("k.der", fixture.Authorities.Mint.Pkcs8(leaf)));

        Assert.Equal("spiffe://example.org/a", fromPem.Id.ToString());
        Assert.Equal((fromPem.Id, fromPem.NotAfter, KeyKind.P256), (fromDer.Id, fromDer.NotAfter, fromDer.KeyKind));
    }

    [Fact]
    public void A_key_of_another_certificate_is_found_before_a_peer_finds_it()
    {
        var error = Assert.Throws<CertificateFormatException>(
            () => SvidFiles.Read(Leaf.CertificateFile, fixture.Authorities.Root.KeyFile));

        Assert.Equal($"{fixture.Authorities.Root.KeyFile}: the private key does not belong to the certificate", error.Message);
    }

    [Theory]
    [InlineData("", "it is no PKCS #8 key")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "old form")]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "the key is encrypted")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "it is no PKCS #8 key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n", "does not end")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "it holds no key")]
    [InlineData(
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "it holds 2 keys")]
    public void A_bad_key_is_named_and_never_quoted(string content, string expected)
    {
        var path = Write("key.pem", System.Text.Encoding.ASCII.GetBytes(content));

        var error = Assert.Throws<CertificateFormatException>(() => SvidFiles.Read(Leaf.CertificateFile, path));

        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_of_key_we_do_not_sign_with_is_refused()
    {
        var rsa = fixture.Authorities.Mint.Leaf(fixture.Authorities.Root, w => w with { Key = "rsa2048" });

        Assert.Contains(
            "not of a kind used here",
            Assert.Throws<CertificateFormatException>(() => SvidFiles.Read(rsa.CertificateFile, rsa.KeyFile)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_key_off_its_curve_is_said_as_such()
    {
        var leaf = Leaf;

        var error = Assert.Throws<CertificateFormatException>(() => SvidFiles.Read(Write("bent.der", leaf.Bent()), leaf.KeyFile));

        Assert.Contains("its key cannot be used", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_a_megabyte_is_not_read() => Assert.Contains(
        "at most 65536", Assert.Throws<CertificateFormatException>(
            () => SvidFiles.Read(Write("big.pem", new byte[1024 * 1024]), Leaf.KeyFile)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_authority_is_no_identity_of_ours() => Assert.Contains(
        "no SVID", Assert.Throws<CertificateFormatException>(
            () => SvidFiles.Read(fixture.Authorities.Root.CertificateFile, fixture.Authorities.Root.KeyFile)).Message,
        StringComparison.Ordinal);
}
