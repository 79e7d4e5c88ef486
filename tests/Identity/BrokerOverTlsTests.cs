using System.Diagnostics;
using System.Text.Json;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;

namespace X0tta6bl4.Identity.Tests;

/// <summary>
/// The published binary and a real mosquitto that speaks TLS 1.3 only and demands a certificate: from outside, as a site has it.
/// Certificates are of this very hour.
/// </summary>
public sealed class BrokerOverTlsTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("x0-broker-").FullName;
    private readonly string _binary = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";
    private readonly string _mosquitto = Environment.GetEnvironmentVariable("X0_MOSQUITTO") ?? "";
    private readonly int _port = Loopback.FreePort();
    private readonly Mint _mint = new();
    private readonly List<Process> _processes = [];
    private readonly List<string> _log = [];
    private Minted _root = null!;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists(_binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");
        Assert.SkipUnless(File.Exists(_mosquitto), "X0_MOSQUITTO names no mosquitto: run ./build.sh test, which fetches it");
        _root = _mint.Root("site", Today);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _mint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Wish Today(Wish wish) => wish with
    {
        NotBefore = DateTimeOffset.UtcNow.AddMinutes(-1),
        NotAfter = DateTimeOffset.UtcNow.AddMinutes(50),
    };

    private Minted Svid(string path, TimeSpan? life = null) => _mint.Leaf(
        _root, w => Today(w).WithUris($"spiffe://{Mint.Domain}/{path}") with
        {
            NotBefore = DateTimeOffset.UtcNow.AddSeconds(-2),
            NotAfter = DateTimeOffset.UtcNow + (life ?? TimeSpan.FromMinutes(50)),
        });

    private void Put(Minted svid)
    {
        // Key first: of all orders one that is wrong for a moment.
        File.Copy(svid.KeyFile, Path.Combine(_folder, "svid_key.pem"), overwrite: true);
        File.Copy(svid.CertificateFile, Path.Combine(_folder, "svid.pem"), overwrite: true);
        File.Copy(_root.CertificateFile, Path.Combine(_folder, "svid_bundle.pem"), overwrite: true);
    }

    private void StartBroker(Minted svid)
    {
        var config = Path.Combine(_folder, "mosquitto.conf");
        File.WriteAllText(config, $"""
            listener {_port} 127.0.0.1
            user root
            cafile {_root.CertificateFile}
            certfile {svid.CertificateFile}
            keyfile {svid.KeyFile}
            tls_version tlsv1.3
            require_certificate true
            allow_anonymous true
            log_type all
            """);
        var libraries = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(_mosquitto)!, "../lib/x86_64-linux-gnu"));
        Start(_mosquitto, ["-c", config], ("LD_LIBRARY_PATH", libraries));
    }

    private void StartAgent(string brokerIds)
    {
        var config = Path.Combine(_folder, "agent.toml");
        File.WriteAllText(config, $"""
            [node]
            name = "tls"
            site = "test"
            [identity]
            source = "files"
            trust_domain = "{Mint.Domain}"
            certificates = "{_folder}/svid.pem"
            key = "{_folder}/svid_key.pem"
            bundle = "{_folder}/svid_bundle.pem"
            [mqtt]
            host = "127.0.0.1"
            port = {_port}
            tls = true
            broker_ids = ["{brokerIds}"]
            report_interval = "1s"
            [api]
            listen = []
            socket = "{_folder}/control.sock"
            [board]
            directory = "{_folder}"
            watchdog = false
            [state]
            directory = "{_folder}/state"
            """);
        Start(_binary, ["run", "--config", config]);
    }

    private void Start(string program, IReadOnlyList<string> arguments, params (string, string)[] environment)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, line) => Log(line.Data);
        process.ErrorDataReceived += (_, line) => Log(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    private void Log(string? line)
    {
        lock (_log)
        {
            _log.Add(line ?? "");
        }
    }

    private async Task<JsonElement> UntilAsync(string what, Func<JsonElement, bool> holds)
    {
        var last = "";
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(100))
        {
            using var process = Process.Start(new ProcessStartInfo(
                _binary, ["status", "--json", "--config", Path.Combine(_folder, "agent.toml")])
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

        lock (_log)
        {
            throw new TimeoutException($"not within {Patience.TotalSeconds} s: {what}\n{last}\n{string.Join('\n', _log.TakeLast(40))}");
        }
    }

    private static bool IsConnected(JsonElement status) => status.GetProperty("mqtt").GetProperty("connected").GetBoolean();

    private static long Published(JsonElement status) => status.GetProperty("mqtt").GetProperty("published").GetInt64();

    private int Count(string text)
    {
        lock (_log)
        {
            return _log.Count(l => l.Contains(text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Reports_reach_a_broker_that_proved_who_it_is()
    {
        StartBroker(Svid("broker/one"));
        Put(Svid("node/a"));
        StartAgent($"spiffe://{Mint.Domain}/broker/*");

        var status = await UntilAsync("two reports acknowledged", s => IsConnected(s) && Published(s) >= 2);

        var identity = status.GetProperty("identity");
        Assert.Equal($"spiffe://{Mint.Domain}/node/a", identity.GetProperty("spiffe_id").GetString());
        Assert.True(identity.GetProperty("usable").GetBoolean());
        Assert.Equal(1, identity.GetProperty("connections").GetInt32());
    }

    [Fact]
    public async Task A_broker_that_is_somebody_else_gets_nothing()
    {
        StartBroker(Svid("node/b"));
        Put(Svid("node/a"));
        StartAgent($"spiffe://{Mint.Domain}/broker/*");

        var status = await UntilAsync(
            "the refusal is shown", s => s.GetProperty("mqtt").GetProperty("last_error").GetString() is { Length: > 0 });

        Assert.Equal(
            $"the peer was refused: spiffe://{Mint.Domain}/node/b is not let in here (U-6)",
            status.GetProperty("mqtt").GetProperty("last_error").GetString());
        Assert.Equal(0, Published(status));
        Assert.Equal(0, Count("New client connected"));
    }

    /// <summary>Certificates of 25 s: within half a minute the connection must have moved to a new one, twice, without a loss.</summary>
    [Fact]
    public async Task Rotation_moves_the_connection_and_loses_nothing()
    {
        StartBroker(Svid("broker/one"));
        Put(Svid("node/a", TimeSpan.FromSeconds(25)));
        StartAgent($"spiffe://{Mint.Domain}/broker/*");
        await UntilAsync("connected", IsConnected);

        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(10));
            Put(Svid("node/a", TimeSpan.FromSeconds(25)));
        }

        var status = await UntilAsync("reconnected twice", s => s.GetProperty("mqtt").GetProperty("reconnects").GetInt64() >= 1 && IsConnected(s));
        Assert.Equal(0, status.GetProperty("mqtt").GetProperty("dropped").GetInt64());
        Assert.True(Published(status) > 20, $"{Published(status)} published");
        Assert.DoesNotContain("identity.", status.GetProperty("symptoms").ToString(), StringComparison.Ordinal);
        // Neither side ever saw the other vanish: no will was published.
        Assert.Equal(0, Count("Not connected to the broker"));
        Assert.True(Count("This router is spiffe://example.org/node/a until") >= 3);
    }
}
