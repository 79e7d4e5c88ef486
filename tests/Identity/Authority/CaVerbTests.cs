using System.Diagnostics;
using System.Text.Json;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary><c>x0tta6bl4 ca</c>, the published binary, as an operator uses it; what it makes is shown to openssl.</summary>
public sealed class CaVerbTests : IDisposable
{
    private readonly string _binary = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";
    private readonly OpenSsl _openSsl = new();

    public CaVerbTests()
    {
        File.WriteAllBytes(PathOf("fuses"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        File.SetUnixFileMode(PathOf("fuses"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _openSsl.Dispose();

    private string PathOf(string name) => _openSsl.PathOf(name);

    private Process Start(params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(_binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");
        return Process.Start(new ProcessStartInfo(
            _binary, arguments is ["ca", ..] ? [.. arguments, "--store", PathOf("state/secrets"), "--device-secret", PathOf("fuses")] : arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private string Fine(params string[] arguments)
    {
        var (exitCode, output, error) = Run(arguments);
        Assert.True(exitCode == 0, $"{string.Join(' ', arguments)}: {exitCode}: {output}{error}");
        return output;
    }

    private void Init(string domain = "site.example")
    {
        Directory.CreateDirectory(PathOf("state"));
        Fine("ca", "init", "--trust-domain", domain, "--out", PathOf("bundle.pem"));
    }

    [Fact]
    public void From_nothing_to_files_that_openssl_and_svid_verify_believe()
    {
        Init();

        Assert.Contains("spiffe://site.example/broker until", Fine("ca", "issue", "--id", "spiffe://site.example/broker", "--out-dir", PathOf("out")), StringComparison.Ordinal);

        _openSsl.Run("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", PathOf("out/bundle.pem"), PathOf("out/svid.pem"));
        _openSsl.Run("pkey", "-in", PathOf("out/svid_key.pem"), "-check", "-noout");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("out/svid_key.pem")));
        Assert.Equal(File.ReadAllText(PathOf("bundle.pem")), File.ReadAllText(PathOf("out/bundle.pem")));
        Assert.Equal(File.ReadAllText(PathOf("bundle.pem")), Fine("ca", "bundle"));
        Assert.StartsWith(
            "yes: spiffe://site.example/broker until",
            Fine("svid", "verify", "--bundle", PathOf("bundle.pem"), "--trust-domain", "site.example", PathOf("out/svid.pem")), StringComparison.Ordinal);
    }

    [Fact]
    public void For_a_request_that_openssl_made()
    {
        Init();
        _openSsl.Run("req", "-new", "-config", "ca.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-subj", "/", "-out", "r.pem");

        Fine("ca", "issue", "--id", "spiffe://site.example/broker", "--csr", PathOf("r.pem"), "--out-dir", PathOf("out"));

        _openSsl.Run("verify", "-x509_strict", "-CAfile", PathOf("bundle.pem"), PathOf("out/svid.pem"));
        Assert.False(File.Exists(PathOf("out/svid_key.pem")));
        var (exitCode, _, error) = Run("ca", "issue", "--id", "spiffe://site.example/broker", "--csr", PathOf("k.pem"), "--out-dir", PathOf("out2"));
        Assert.Equal(1, exitCode);
        Assert.Contains("no CERTIFICATE REQUEST", error, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("out2/svid.pem")));
    }

    [Fact]
    public void Over_an_hour_must_be_asked_for_and_is_said_to_be_refused_by_routers()
    {
        Init();
        var (exitCode, _, error) = Run("ca", "issue", "--id", "spiffe://site.example/lab", "--ttl", "30d", "--out-dir", PathOf("out"));
        Assert.Equal(2, exitCode);
        Assert.Contains("--long-lived yes", error, StringComparison.Ordinal);

        Assert.Contains(
            "routers of this mesh refuse it", Fine("ca", "issue", "--id", "spiffe://site.example/lab", "--ttl", "30d", "--long-lived", "yes", "--out-dir", PathOf("out")), StringComparison.Ordinal);

        Assert.Contains(
            "(U-1)", Run("svid", "verify", "--bundle", PathOf("bundle.pem"), "--trust-domain", "site.example", PathOf("out/svid.pem")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_authority_is_not_made_over_the_first()
    {
        Init();
        var before = File.ReadAllText(PathOf("bundle.pem"));

        var (exitCode, _, error) = Run("ca", "init", "--trust-domain", "site.example", "--out", PathOf("bundle.pem"));

        Assert.Equal(1, exitCode);
        Assert.Contains("already", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(PathOf("bundle.pem")));
    }

    [Fact]
    public void A_new_authority_does_not_inherit_the_ledger_of_one_whose_key_is_gone()
    {
        Init();
        Fine("ca", "token", "--id", "spiffe://site.example/node/a");
        Directory.Delete(PathOf("state/secrets"), recursive: true);

        var (exitCode, _, error) = Run("ca", "init", "--trust-domain", "site.example", "--out", PathOf("bundle.pem"));

        Assert.Equal(1, exitCode);
        Assert.Contains("there is the ledger of an authority", error, StringComparison.Ordinal);
        Directory.Delete(PathOf("state/authority"), recursive: true);
        Init();
    }

    [Fact]
    public void Denying_names_a_certificate_that_outlives_the_hour()
    {
        Init();
        Fine("ca", "issue", "--id", "spiffe://site.example/lab", "--ttl", "30d", "--long-lived", "yes", "--out-dir", PathOf("out"));

        Assert.Contains("by file is valid until", Fine("ca", "deny", "--id", "spiffe://site.example/lab"), StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_denials_and_islands_are_listed()
    {
        Init();
        var join = JoinString.Parse(Fine("ca", "token", "--id", "spiffe://site.example/node/a", "--address", "10.0.0.1:8448"));
        Fine("ca", "token", "--id", "spiffe://site.example/node/stolen");
        Fine("ca", "island", "--id", "spiffe://site.example/node/b", "--days", "14");
        Fine("ca", "deny", "--id", "spiffe://site.example/node/stolen");

        var list = JsonDocument.Parse(Fine("ca", "list", "--json")).RootElement;

        Assert.Equal(
            [("spiffe://site.example/node/b", "known", 14), ("spiffe://site.example/node/stolen", "denied", 0)],
            list.GetProperty("nodes").EnumerateArray().Select(n => (
                n.GetProperty("spiffe_id").GetString(), n.GetProperty("standing").GetString(), n.GetProperty("island_days").GetInt32())));
        Assert.Equal(join.Token.Selector, Assert.Single(list.GetProperty("tokens").EnumerateArray()).GetProperty("selector").GetString());
        Assert.Contains("denied   spiffe://site.example/node/stolen", Fine("ca", "list"), StringComparison.Ordinal);
        var (exitCode, _, error) = Run("ca", "token", "--id", "spiffe://site.example/node/stolen");
        Assert.Equal(1, exitCode);
        Assert.Contains("ca allow --id", error, StringComparison.Ordinal);
        Fine("ca", "allow", "--id", "spiffe://site.example/node/stolen");
        Fine("ca", "token", "--id", "spiffe://site.example/node/stolen");
    }

    [Theory]
    [InlineData("is kept for authorities", 1, "token", "--id", "spiffe://site.example/x0tta6bl4/authority")]
    [InlineData("not of the trust domain", 1, "token", "--id", "spiffe://other.example/a")]
    [InlineData("names the trust domain itself", 1, "issue", "--id", "spiffe://site.example", "--out-dir", "/nonexistent/x")]
    [InlineData("--id:", 2, "token", "--id", "site.example/a")]
    [InlineData("up to 90 days", 1, "token", "--id", "spiffe://site.example/a", "--ttl", "91d")]
    [InlineData("--ttl:", 2, "token", "--id", "spiffe://site.example/a", "--ttl", "1w")]
    [InlineData("no port", 1, "token", "--id", "spiffe://site.example/a", "--address", "h:0")]
    [InlineData("--days:", 2, "island", "--id", "spiffe://site.example/a", "--days", "91")]
    [InlineData("usage:", 2, "list", "all")]
    [InlineData("usage:", 2, "deny")]
    public void What_cannot_be_is_one_clear_error(string text, int expected, params string[] arguments)
    {
        Init();

        var (exitCode, output, error) = Run(["ca", .. arguments]);

        Assert.Equal((expected, ""), (exitCode, output));
        Assert.Contains(text, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_authority_it_says_how_to_make_one()
    {
        Directory.CreateDirectory(PathOf("state"));

        Assert.Contains("ca init --trust-domain", Run("ca", "token", "--id", "spiffe://site.example/a").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_at_any_moment_it_loses_no_token_that_it_printed()
    {
        Init();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var printed = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            using var process = Start("ca", "token", "--id", "spiffe://site.example/node/a");
            var output = process.StandardOutput.ReadToEndAsync();
            process.WaitForExit(random.Next(1, 60));
            process.Kill();
            await process.WaitForExitAsync();
            if (await output is [.., '\n'] join)
            {
                printed.Add(JoinString.Parse(join).Token.Selector);
            }
        }

        var listed = JsonDocument.Parse(Fine("ca", "list", "--json")).RootElement.GetProperty("tokens").EnumerateArray()
            .Select(t => t.GetProperty("selector").GetString()!).ToList();
        Assert.True(printed.All(listed.Contains), $"seed {seed}: printed {printed.Count}, listed {listed.Count}");
        Fine("ca", "token", "--id", "spiffe://site.example/node/a");
    }

    [Fact]
    public void Ten_at_once_do_not_lose_one_anothers_tokens()
    {
        Init();
        var all = Enumerable.Range(0, 10).Select(i => Start("ca", "token", "--id", $"spiffe://site.example/node/{i}")).ToList();
        var joins = all.Select(p => JoinString.Parse(p.StandardOutput.ReadToEnd()).Token.Selector).ToList();
        all.ForEach(p => p.WaitForExit());

        var listed = JsonDocument.Parse(Fine("ca", "list", "--json")).RootElement.GetProperty("tokens").EnumerateArray()
            .Select(t => t.GetProperty("selector").GetString()!);
        Assert.Equal(joins.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        all.ForEach(p => p.Dispose());
    }

    [Fact]
    public void The_root_key_stands_in_no_file_in_the_clear()
    {
        Init();
        Fine("ca", "token", "--id", "spiffe://site.example/node/a");

        foreach (var file in Directory.GetFiles(PathOf("state"), "*", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            // The head of PKCS #8 for P-256 and Ed25519, and of PEM.
            Assert.Equal(-1, bytes.AsSpan().IndexOf("PRIVATE KEY"u8));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(Convert.FromHexString("06072A8648CE3D0201")));
            Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead));
        }
    }
}
