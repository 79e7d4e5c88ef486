using System.Diagnostics;
using System.Text.Json;
using X0tta6bl4.Identity.Tests.Jwt;
using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests;

/// <summary><c>x0tta6bl4 jwt verify</c>, the published binary, as a person at the console uses it.</summary>
public sealed class JwtVerbTests(JwtWorld world) : IClassFixture<JwtWorld>
{
    private readonly string _binary = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";

    private static string At => Mint.Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private string Bundle => world.Mint.Write("bundle.json", world.Bundle);

    private string ApiKeys => world.Mint.Write("api.json", world.ApiKeySet);

    private (int ExitCode, string Output, string Error) Run(params string[] arguments) => RunWith("", arguments);

    private (int ExitCode, string Output, string Error) RunWith(string input, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(_binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");
        using var process = Process.Start(new ProcessStartInfo(_binary, ["jwt", "verify", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.DoesNotContain("Unhandled", error.Result, StringComparison.Ordinal);
        return (process.ExitCode, output, error.Result);
    }

    [Theory]
    [InlineData("ES256", "es256"), InlineData("ES384", "es384"), InlineData("ES512", "es512")]
    [InlineData("RS256", "rsa"), InlineData("RS384", "rsa"), InlineData("RS512", "rsa")]
    [InlineData("PS256", "rsa"), InlineData("PS384", "rsa"), InlineData("PS512", "rsa")]
    public void A_good_svid_is_a_yes_with_who(string algorithm, string key)
    {
        var (exitCode, output, error) = Run(
            "--jwks", Bundle, "--audience", "reports", "--at", At, world.Svid(t => t.With(algorithm, key)));

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal($"yes: spiffe://example.org/a until 2031-05-01 12:05:00Z, by the key {key}\n", output);
    }

    [Fact]
    public void A_token_comes_from_standard_input_where_nobody_sees_it()
    {
        string[] arguments = ["--jwks", Bundle, "--audience", "reports", "--trust-domain", "example.org", "--at", At, "-"];

        Assert.Equal(0, RunWith(world.Svid() + "\n", arguments).ExitCode);
        Assert.Equal(0, RunWith(world.Svid() + "\r\n", arguments).ExitCode);
        Assert.Equal(0, RunWith(world.Svid(), arguments).ExitCode);
        Assert.Contains("J-1", RunWith("", arguments).Output, StringComparison.Ordinal);
        Assert.Contains("T-1", RunWith(new string('A', 9_000), arguments).Output, StringComparison.Ordinal);
        Assert.Contains("T-2", RunWith(" " + world.Svid(), arguments).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_one_is_a_no_with_the_clause()
    {
        var (exitCode, output, _) = Run(
            "--jwks", Bundle, "--audience", "other", "--at", At, "--json", world.Svid());

        var answer = JsonDocument.Parse(output).RootElement;
        Assert.Equal(1, exitCode);
        Assert.False(answer.GetProperty("believed").GetBoolean());
        Assert.Equal(("Audience", "J-6"), (answer.GetProperty("reason").GetString(), answer.GetProperty("requirement").GetString()));
        Assert.False(answer.TryGetProperty("spiffe_id", out _));
    }

    [Fact]
    public void The_answer_in_json_says_who()
    {
        var answer = JsonDocument.Parse(Run(
            "--jwks", Bundle, "--audience", "reports", "--at", At, "--json", world.Svid()).Output).RootElement;

        Assert.True(answer.GetProperty("believed").GetBoolean());
        Assert.Equal("spiffe://example.org/a", answer.GetProperty("spiffe_id").GetString());
        Assert.Equal("reports", Assert.Single(answer.GetProperty("audience").EnumerateArray()).GetString());
        Assert.Equal("es256", answer.GetProperty("key_id").GetString());
    }

    [Fact]
    public void Without_a_trust_domain_the_tokens_own_is_taken()
    {
        var other = world.Svid(t => t with { Subject = "\"spiffe://other.org/a\"" });

        Assert.Equal(0, Run("--jwks", Bundle, "--audience", "reports", "--at", At, other).ExitCode);
        Assert.Contains("W-24", Run(
            "--jwks", Bundle, "--audience", "reports", "--at", At, "--trust-domain", "example.org", other).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ed", "EdDSA")]
    [InlineData("p256", "ES256")]
    public void An_api_token_is_a_yes_with_its_scope(string key, string algorithm)
    {
        var token = world.Api(t => t.With(algorithm, key) with { More = ",\"scope\":\"mesh:read leds:write\"" });

        var (exitCode, output, _) = Run(
            "--profile", "api", "--jwks", ApiKeys, "--audience", "api", "--issuer", "site", "--at", At, token);

        Assert.Equal(0, exitCode);
        Assert.Equal($"yes: operator until 2031-05-01 12:05:00Z, by the key {key}, scope mesh:read leds:write\n", output);
    }

    [Fact]
    public void An_api_token_of_another_issuer_is_a_no()
    {
        var (exitCode, output, _) = Run(
            "--profile", "api", "--jwks", ApiKeys, "--audience", "api", "--issuer", "elsewhere", "--at", At, world.Api());

        Assert.Equal((1, "no: the token is of another issuer (A-3)\n"), (exitCode, output));
    }

    [Fact]
    public void Today_it_is_long_before_its_time() => Assert.Contains(
        "it was issued", Run("--jwks", Bundle, "--audience", "reports", world.Svid()).Output.Replace("the token", "it", StringComparison.Ordinal),
        StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_none_of_it_is_one_line_that_names_it()
    {
        var (exitCode, output, error) = Run("--jwks", world.KeyFile("rsa"), "--audience", "reports", world.Svid());

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(world.KeyFile("rsa"), error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal(2, Run("--jwks", "/nowhere.json", "--audience", "reports", world.Svid()).ExitCode);
    }

    [Theory]
    [InlineData()]
    [InlineData("a.b.c")]
    [InlineData("--audience", "x", "a.b.c")]
    [InlineData("--jwks", "x", "a.b.c")]
    [InlineData("--jwks", "x", "--audience", "", "a.b.c")]
    [InlineData("--jwks", "x", "--audience", "x", "--profile", "JWT", "a.b.c")]
    [InlineData("--jwks", "x", "--audience", "x", "--issuer", "x", "a.b.c")]
    [InlineData("--jwks", "x", "--audience", "x", "--profile", "api", "--trust-domain", "x", "a.b.c")]
    [InlineData("--jwks", "x", "--audience", "x", "a.b.c", "d.e.f")]
    public void Without_its_flags_it_says_how_it_is_used(params string[] arguments)
    {
        var (exitCode, _, error) = Run(arguments);

        Assert.Equal(2, exitCode);
        Assert.StartsWith("usage: x0tta6bl4 jwt verify", error, StringComparison.Ordinal);
    }
}
