using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using X0tta6bl4.Identity.Sealed;
using static X0tta6bl4.Identity.Tests.Sealed.StoreFolder;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary><c>x0tta6bl4 secret</c>, the published binary, as a person at the console and a provisioning script use it.</summary>
public sealed class SecretVerbTests : IDisposable
{
    private const string Precious = "tr3asure-that-nobody-may-see";
    private const int Nobody = 65534;
    private const int KillRounds = 50;

    private readonly StoreFolder _folder = new();
    private readonly string _binary = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";

    public SecretVerbTests() =>
        Assert.SkipUnless(File.Exists(_binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");

    public void Dispose() => _folder.Dispose();

    private string[] WithFuses => ["--store", _folder.Store, "--device-secret", _folder.DeviceSecret];

    private (int ExitCode, byte[] Output, string Error) Run(byte[]? input, params string[] arguments) =>
        Tool.Run(_binary, ["secret", .. arguments], input);

    private string Refused(int exitCode, byte[]? input, params string[] arguments)
    {
        var (code, output, error) = Run(input, arguments);
        Assert.Equal((exitCode, 0), (code, output.Length));
        return error;
    }

    private byte[] Fine(byte[]? input, params string[] arguments)
    {
        var (code, output, error) = Run(input, arguments);
        Assert.True(code == 0 && error.Length == 0, $"{code}: {error}");
        return output;
    }

    [Fact]
    public void Bytes_go_in_and_come_out_as_they_were()
    {
        var secret = RandomNumberGenerator.GetBytes(SealedLimits.SecretBytesMax);

        Assert.Empty(Fine(secret, ["put", "key.der", .. WithFuses]));

        Assert.Equal(secret, Fine(null, ["get", "key.der", .. WithFuses]));
    }

    [Fact]
    public void A_list_shows_everything_but_the_contents_and_needs_no_key()
    {
        Fine(Bytes(Precious), ["put", "mqtt-password", .. WithFuses]);
        Fine(null, ["rotate", .. WithFuses]);

        var text = Text(Fine(null, "list", "--store", _folder.Store))!;
        var json = JsonDocument.Parse(Fine(null, "list", "--json", "--store", _folder.Store)).RootElement;

        Assert.Contains("mqtt-password", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Precious, text + json, StringComparison.Ordinal);
        Assert.Equal(1, json.GetProperty("version").GetInt32());
        var entry = Assert.Single(json.GetProperty("secrets").EnumerateArray());
        Assert.Equal("mqtt-password", entry.GetProperty("name").GetString());
        Assert.Equal(Precious.Length, entry.GetProperty("size_bytes").GetInt32());
        Assert.Equal(2, entry.GetProperty("generation").GetInt32());
        Assert.Equal("device-secret", entry.GetProperty("source").GetString());
    }

    [Fact]
    public void What_is_not_there_or_no_name_or_empty_is_one_line()
    {
        Fine(Bytes(Precious), ["put", "a", .. WithFuses]);

        Assert.Equal("x0tta6bl4: there is no secret \"b\"\n", Refused(1, null, ["get", "b", .. WithFuses]));
        Assert.Contains("may hold a-z", Refused(2, Bytes("x"), ["put", "B!", .. WithFuses]), StringComparison.Ordinal);
        Assert.Contains("standard input is empty", Refused(1, null, ["put", "a", .. WithFuses]), StringComparison.Ordinal);
        Assert.Contains("at most 65536", Refused(1, new byte[SealedLimits.SecretBytesMax + 1], ["put", "a", .. WithFuses]), StringComparison.Ordinal);
        Assert.StartsWith("usage: x0tta6bl4 secret", Refused(2, null, ["put", "a", Precious, .. WithFuses]), StringComparison.Ordinal);
        Assert.Equal(Precious, Text(Fine(null, ["get", "a", .. WithFuses])));
        Fine(null, ["remove", "a", .. WithFuses]);
        Assert.Contains("there is no secret", Refused(1, null, ["get", "a", .. WithFuses]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_secret_is_named_and_the_others_still_open()
    {
        Fine(Bytes(Precious), ["put", "a", .. WithFuses]);
        Fine(Bytes("other"), ["put", "b", .. WithFuses]);
        File.WriteAllText(_folder.FileOf("a"), "junk");

        Assert.Contains(_folder.FileOf("a"), Refused(1, null, ["get", "a", .. WithFuses]), StringComparison.Ordinal);
        Assert.Equal("other", Text(Fine(null, ["get", "b", .. WithFuses])));
        var (code, output, _) = Run(null, "list", "--store", _folder.Store);
        Assert.Equal(1, code);
        Assert.Contains(_folder.FileOf("a"), Text(output), StringComparison.Ordinal);
    }

    /// <summary>Argon2id in the static binary, under its heap limit.</summary>
    [Fact]
    public void A_passphrase_opens_what_it_sealed()
    {
        string[] with = ["--store", _folder.Store, "--passphrase-file", _folder.Passphrase];
        Fine(Bytes(Precious), ["put", "a", .. with]);

        Assert.Equal(Precious, Text(Fine(null, ["get", "a", .. with])));
        _folder.Write("passphrase", "incorrect horse battery staple");
        Assert.Contains("the passphrase is not the one", Refused(1, null, ["get", "a", .. with]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tpm_opens_what_it_sealed_and_only_it()
    {
        using var tpm = new SwTpm(_folder.Root);
        using var other = new SwTpm(_folder.Root, "other");
        string[] with = ["--store", _folder.Store, "--tpm", tpm.Path];
        Fine(Bytes(Precious), ["put", "a", .. with]);
        Fine(null, ["rotate", .. with]);

        Assert.Equal(Precious, Text(Fine(null, ["get", "a", .. with])));
        Assert.Contains(
            "not the TPM its sealing key is in", Refused(1, null, "get", "a", "--store", _folder.Store, "--tpm", other.Path), StringComparison.Ordinal);
        tpm.PowerOff();
        Assert.Contains("there is none at", Refused(1, null, ["get", "a", .. with]), StringComparison.Ordinal);
        SeenNowhere(Precious);
    }

    [Fact]
    public void Nothing_of_a_secret_is_in_the_store_in_an_error_or_in_the_arguments()
    {
        using var put = Start(["put", "a", .. WithFuses], asNobody: false);
        var arguments = File.ReadAllText($"/proc/{put.Id}/cmdline") + File.ReadAllText($"/proc/{put.Id}/environ");
        put.StandardInput.Write(Precious);
        put.StandardInput.Close();
        put.WaitForExit();
        Fine(null, ["rotate", .. WithFuses]);
        var file = File.ReadAllBytes(_folder.FileOf("a"));
        file[^1] ^= 1;
        File.WriteAllBytes(_folder.FileOf("a"), file);
        var error = Refused(1, null, ["get", "a", .. WithFuses]) + Refused(1, null, ["rotate", .. WithFuses]);

        Assert.Equal(0, put.ExitCode);
        Assert.DoesNotContain(Precious, arguments + error, StringComparison.Ordinal);
        SeenNowhere(Precious);
        SeenNowhere(File.ReadAllText(_folder.DeviceSecret)[..16]);
    }

    /// <summary>From outside: as the same user, with the right to read any other process of his.</summary>
    [Fact]
    public void Nobody_but_root_looks_into_its_memory_and_it_leaves_no_core()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: becomes another user");
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Root, "nobody")).FullName;
        File.SetUnixFileMode(_folder.Root, File.GetUnixFileMode(_folder.Root) | UnixFileMode.OtherExecute);
        var fuses = Path.Combine(folder, "fuses");
        File.Copy(_folder.DeviceSecret, fuses);
        Tool.Run("chown", ["-R", $"{Nobody}:{Nobody}", folder]);
        var binary = Path.Combine(_folder.Root, "x0tta6bl4");
        File.Copy(_binary, binary);
        File.SetUnixFileMode(binary, (UnixFileMode)0x1ED /* 0755 */);
        using var put = Start(["put", "a", "--store", Path.Combine(folder, "store"), "--device-secret", fuses], asNobody: true, binary, folder);
        using var control = Process.Start(Nobodys("sleep", ["60"], folder))!;
        try
        {
            Eventually(() => Tool.Run("setpriv", [.. AsNobody, "cat", $"/proc/{put.Id}/environ"]).ExitCode != 0, "its environment can be read");
            Assert.Equal(0, Tool.Run("setpriv", [.. AsNobody, "cat", $"/proc/{control.Id}/environ"]).ExitCode);
            Assert.NotEqual(0, Tool.Run("setpriv", [.. AsNobody, "head", "-c", "1", $"/proc/{put.Id}/maps"]).ExitCode);
            Assert.Equal(0, Tool.Run("setpriv", [.. AsNobody, "head", "-c", "1", $"/proc/{control.Id}/maps"]).ExitCode);
        }
        finally
        {
            control.Kill();
            _ = Kill(put.Id, 6 /* SIGABRT */);
            put.WaitForExit();
        }

        Assert.DoesNotContain(Directory.GetFiles(folder), f => Path.GetFileName(f).StartsWith("core", StringComparison.Ordinal));
    }

    /// <summary>kill -9 at a moment that chance picks, while something is put or everything is rotated.</summary>
    [Fact]
    public void Killed_at_any_moment_it_leaves_the_old_or_the_new()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var newest = new string('a', 3000);
        foreach (var name in new[] { "a", "b", "c" })
        {
            Fine(Bytes(name == "a" ? newest : name), ["put", name, .. WithFuses]);
        }

        var watch = Stopwatch.StartNew();
        Fine(null, ["rotate", .. WithFuses]);
        var whole = watch.Elapsed.TotalMilliseconds * 1.1;
        var killed = 0;
        for (var round = 0; round < KillRounds; round++)
        {
            var next = new string((char)('b' + (round % 20)), 3000);
            using var process = Start([.. round % 2 == 0 ? ["rotate"] : new[] { "put", "a" }, .. WithFuses], asNobody: false);
            if (round % 2 == 1)
            {
                process.StandardInput.Write(next);
            }

            process.StandardInput.Close();
            Spin(random.NextDouble() * whole);
            _ = Kill(process.Id, 9);
            process.WaitForExit();
            killed += process.ExitCode == 0 ? 0 : 1;

            var found = Text(Fine(null, ["get", "a", .. WithFuses]))!;
            Assert.True(found == newest || (round % 2 == 1 && found == next), $"seed {seed}, round {round}: neither old nor new");
            newest = found;
            Assert.Equal(("b", "c"), (Text(Fine(null, ["get", "b", .. WithFuses])), Text(Fine(null, ["get", "c", .. WithFuses]))));
        }

        Assert.True(killed > KillRounds / 4, $"seed {seed}: only {killed} of {KillRounds} were killed in time");
        Assert.DoesNotContain(
            Directory.GetFileSystemEntries(_folder.Store, "*", SearchOption.AllDirectories), e => e.EndsWith(".new", StringComparison.Ordinal));
    }

    private static string[] AsNobody => ["--reuid", $"{Nobody}", "--regid", $"{Nobody}", "--clear-groups", "--"];

    private static ProcessStartInfo Nobodys(string program, IReadOnlyList<string> arguments, string folder) =>
        new("setpriv", [.. AsNobody, "sh", "-c", "ulimit -c unlimited; exec \"$0\" \"$@\"", program, .. arguments])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    private Process Start(IReadOnlyList<string> arguments, bool asNobody, string? binary = null, string? folder = null) => Process.Start(asNobody
        ? Nobodys(binary ?? _binary, ["secret", .. arguments], folder ?? _folder.Root)
        : new ProcessStartInfo(binary ?? _binary, ["secret", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private void SeenNowhere(string secret)
    {
        var files = Directory.GetFiles(_folder.Store, "*", SearchOption.AllDirectories);
        Assert.True(files.Length >= 3, "lock, key and a secret");
        Assert.DoesNotContain(files, f => File.ReadAllBytes(f).AsSpan().IndexOf(Bytes(secret)) >= 0);
    }

    private static void Eventually(Func<bool> condition, string problem)
    {
        for (var since = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(10))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), problem);
        }
    }

    /// <summary>Finer than a sleep: the whole thing takes few milliseconds.</summary>
    private static void Spin(double milliseconds)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since).TotalMilliseconds < milliseconds;)
        {
            Thread.SpinWait(20);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
