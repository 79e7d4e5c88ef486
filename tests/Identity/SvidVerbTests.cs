using System.Diagnostics;
using System.Text.Json;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests;

/// <summary><c>x0tta6bl4 svid verify</c>, the published binary, as a person at the console uses it.</summary>
public sealed class SvidVerbTests(MintFixture fixture) : IClassFixture<MintFixture>
{
    private readonly string _binary = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";

    private static string At => Mint.Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(_binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");
        using var process = Process.Start(new ProcessStartInfo(_binary, ["svid", "verify", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private Minted Root => fixture.Authorities.Root;

    [Fact]
    public void A_good_chain_is_a_yes_with_who()
    {
        var leaf = fixture.Authorities.Mint.Leaf(Root);

        var (exitCode, output, _) = Run(
            "--bundle", Root.CertificateFile, "--trust-domain", Mint.Domain, "--at", At, leaf.CertificateFile);

        Assert.Equal(0, exitCode);
        Assert.StartsWith("yes: spiffe://example.org/a until 2031-05-01 12:50:00Z", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_one_is_a_no_with_the_clause()
    {
        var leaf = fixture.Authorities.Mint.Leaf(Root, w => w with { Usage = "critical,digitalSignature,keyCertSign" });

        var (exitCode, output, _) = Run(
            "--bundle", Root.CertificateFile, "--trust-domain", Mint.Domain, "--at", At, "--json", leaf.CertificateFile);

        var answer = JsonDocument.Parse(output).RootElement;
        Assert.Equal(1, exitCode);
        Assert.Equal("X-15", answer.GetProperty("requirement").GetString());
        Assert.Equal("LeafKeyUsage", answer.GetProperty("reason").GetString());
        Assert.Equal(42, answer.GetProperty("tls_alert").GetInt32());
    }

    [Fact]
    public void Today_it_is_long_before_its_time()
    {
        var (exitCode, output, _) = Run(
            "--bundle", Root.CertificateFile, "--trust-domain", Mint.Domain, fixture.Authorities.Mint.Leaf(Root).CertificateFile);

        Assert.Equal(1, exitCode);
        Assert.Contains("it is valid from", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spiffe://example.org/a", 0)]
    [InlineData("spiffe://example.org/*", 0)]
    [InlineData("spiffe://example.org", 0)]
    [InlineData("spiffe://example.org/b", 1)]
    [InlineData("spiffe://example.org/a/*", 1)]
    [InlineData("spiffe://other.org", 1)]
    [InlineData("example.org", 2)]
    public void Only_who_is_allowed_is_let_in(string pattern, int expected)
    {
        var (exitCode, output, error) = Run(
            "--bundle", Root.CertificateFile, "--trust-domain", Mint.Domain, "--at", At, "--allow", pattern,
            fixture.Authorities.Mint.Leaf(Root).CertificateFile);

        Assert.True(expected == exitCode, $"{exitCode}: {output}{error}");
    }

    [Fact]
    public void A_file_that_is_none_of_it_is_one_line_that_names_it()
    {
        var (exitCode, output, error) = Run(
            "--bundle", Root.KeyFile, "--trust-domain", Mint.Domain, fixture.Authorities.Mint.Leaf(Root).CertificateFile);

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(Root.KeyFile, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData(false, 0, "yes: spiffe://example.org/a"), InlineData(true, 1, "it was revoked")]
    public void With_a_revocation_list_the_answer_is_what_the_list_says(bool isRevoked, int expected, string word)
    {
        var mint = fixture.Authorities.Mint;
        var status = new StatusMint(mint);
        var leaf = mint.Leaf(Root);
        var list = status.Write(
            $"verb-{isRevoked}.crl", status.List(Root, l => l with { Revoked = isRevoked ? [StatusMint.SerialOf(leaf)] : ["0102"] }));

        var (exitCode, output, _) = Run(
            "--bundle", Root.CertificateFile, "--trust-domain", Mint.Domain, "--at", At, "--crl", list, leaf.CertificateFile);

        Assert.Equal(expected, exitCode);
        Assert.Contains(word, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_somebody_else_is_a_no_and_a_file_that_is_none_is_an_error()
    {
        var mint = fixture.Authorities.Mint;
        var status = new StatusMint(mint);
        var foreign = status.Write("verb-foreign.crl", status.List(fixture.Authorities.Foreign));
        string[] arguments = ["--bundle", Root.CertificateFile, "--trust-domain", Mint.Domain, "--at", At, mint.Leaf(Root).CertificateFile, "--crl"];

        var (exitCode, output, _) = Run([.. arguments, foreign]);
        Assert.Equal(1, exitCode);
        Assert.Contains("there is no revocation list of its issuer", output, StringComparison.Ordinal);
        var (broken, _, error) = Run([.. arguments, Root.CertificateFile]);
        Assert.Equal(2, broken);
        Assert.Contains(Root.CertificateFile, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_its_flags_it_says_how_it_is_used() => Assert.StartsWith(
        "usage: x0tta6bl4 svid verify", Run("chain.pem").Error, StringComparison.Ordinal);
}
