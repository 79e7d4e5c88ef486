using System.Diagnostics;
using System.Text;
using System.Text.Json;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;

namespace X0tta6bl4.Identity.Tests;

/// <summary>
/// The published binary as an agent that reports to a broker on 127.0.0.1 over TLS, with its identity in files, and whoever plays
/// the broker. Ends what it started.
/// </summary>
internal sealed class PublishedAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<Process> _processes = [];
    private readonly StringBuilder _said = new();

    /// <summary>Where its files are.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("x0-agent-").FullName;

    /// <summary>The binary; empty when the tests were not started by build.sh.</summary>
    public static string Binary { get; } = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";

    /// <summary>Port of the broker.</summary>
    public int Port { get; } = Loopback.FreePort();

    /// <summary>Skips the test, saying why, where there is no binary.</summary>
    public static void Need() => Assert.SkipUnless(File.Exists(Binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Gives it an identity, or the next.</summary>
    public void Put(Minted svid, Minted root)
    {
        // Key first: of all orders one that is wrong for a moment.
        File.Copy(svid.KeyFile, Path.Combine(Folder, "svid_key.pem"), overwrite: true);
        File.Copy(svid.CertificateFile, Path.Combine(Folder, "svid.pem"), overwrite: true);
        File.Copy(root.CertificateFile, Path.Combine(Folder, "svid_bundle.pem"), overwrite: true);
    }

    /// <summary>Starts it.</summary>
    /// <param name="brokerIds">Whom it believes to be the broker.</param>
    /// <param name="identity">More lines of the section of that name.</param>
    public void Start(string brokerIds, string identity = "")
    {
        var config = Path.Combine(Folder, "agent.toml");
        File.WriteAllText(config, $"""
            [node]
            name = "tls"
            site = "test"
            [identity]
            source = "files"
            trust_domain = "{Mint.Domain}"
            certificates = "{Folder}/svid.pem"
            key = "{Folder}/svid_key.pem"
            bundle = "{Folder}/svid_bundle.pem"
            {identity}
            [mqtt]
            host = "127.0.0.1"
            port = {Port}
            tls = true
            broker_ids = ["{brokerIds}"]
            report_interval = "1s"
            [api]
            listen = []
            socket = "{Folder}/control.sock"
            [board]
            directory = "{Folder}"
            watchdog = false
            [state]
            directory = "{Folder}/state"
            """);
        Run(Binary, ["run", "--config", config]);
    }

    /// <summary>Starts another process, which ends with this.</summary>
    public Process Run(string program, IReadOnlyList<string> arguments, params (string, string)[] environment)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return Follow(Process.Start(info)!);
    }

    /// <summary>Takes over a process that was started elsewhere.</summary>
    public Process Follow(Process process)
    {
        // Not by lines: what a broker of openssl prints has none.
        _ = ListenAsync(process.StandardOutput);
        _ = ListenAsync(process.StandardError);
        _processes.Add(process);
        return process;
    }

    /// <summary>Waits for something in its status.</summary>
    public async Task<JsonElement> UntilAsync(string what, Func<JsonElement, bool> holds)
    {
        var last = "";
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(100))
        {
            using var process = Process.Start(new ProcessStartInfo(
                Binary, ["status", "--json", "--config", Path.Combine(Folder, "agent.toml")])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            last = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (last.StartsWith('{') && JsonDocument.Parse(last).RootElement is var status
                && status.TryGetProperty("mqtt", out _) && holds(status))
            {
                return status;
            }
        }

        throw new TimeoutException($"not within {Patience.TotalSeconds} s: {what}\n{last}\n{Tail()}");
    }

    /// <summary>Waits until one of the processes has written something.</summary>
    public async Task SaysAsync(string text)
    {
        for (var clock = Stopwatch.StartNew(); Count(text) == 0; await Task.Delay(50))
        {
            if (clock.Elapsed > Patience)
            {
                throw new TimeoutException($"not within {Patience.TotalSeconds} s: \"{text}\"\n{Tail()}");
            }
        }
    }

    /// <summary>How often the processes have written this.</summary>
    public int Count(string text)
    {
        var said = Said();
        var count = 0;
        for (var at = said.IndexOf(text, StringComparison.Ordinal); at >= 0; at = said.IndexOf(text, at + text.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    private string Tail() => string.Join('\n', Said().Split('\n').TakeLast(40));

    private string Said()
    {
        lock (_said)
        {
            return _said.ToString();
        }
    }

    private async Task ListenAsync(StreamReader from)
    {
        var text = new char[1024];
        int count;
        while ((count = await from.ReadAsync(text)) > 0)
        {
            lock (_said)
            {
                _said.Append(text, 0, count);
            }
        }
    }
}
