using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace X0tta6bl4.Agent.Tests;

/// <summary>
/// The published binary from outside, as init and a person at the console see it. This machine's kernel has no batman-adv
/// and no watchdog: what the agent does then is the subject here. With them it is tested in the rack.
/// </summary>
public sealed class BinaryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("x0agent").FullName;
    private readonly string _binary = Environment.GetEnvironmentVariable("X0_AGENT") ?? "";
    private Process? _agent;

    private string Config => Path.Combine(_folder, "agent.toml");

    private string Socket => Path.Combine(_folder, "control.sock");

    private void NeedsBinary() => Assert.SkipUnless(
        File.Exists(_binary), "X0_AGENT names no binary: run ./build.sh test, which builds it");

    private void WriteConfig(string more = "") => File.WriteAllText(Config, $"""
        [node]
        name = "binary"
        [api]
        listen = []
        socket = "{Socket}"
        [board]
        directory = "{_folder}"
        [state]
        directory = "{_folder}/state"
        {more}
        """);

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Patience), "did not end");
        return (process.ExitCode, output, error.Result);
    }

    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(_binary, arguments)
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private async Task<JsonElement> StartAgentAsync()
    {
        // Under nohup, SIGHUP would be ignored from birth, and reloads with it: env exec's it with the signal as it should be.
        _agent = Process.Start(new ProcessStartInfo("env", ["--default-signal=HUP", _binary, "run", "--config", Config])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        _ = _agent.StandardOutput.ReadToEndAsync();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
        {
            if (Run("status", "--json", "--config", Config) is { ExitCode: 0 or 3 } answer)
            {
                return JsonDocument.Parse(answer.Output).RootElement;
            }
        }

        throw new TimeoutException("the agent never answered");
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_agent!.Id}"]);
        kill.WaitForExit();
    }

    [Fact]
    public void Version_works_without_anything_else()
    {
        NeedsBinary();
        var (exitCode, output, _) = Run("version", "--json");
        Assert.Equal(0, exitCode);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("version").GetInt32());
    }

    [Fact]
    public void A_typo_is_a_usage_error_with_a_suggestion()
    {
        NeedsBinary();
        var (exitCode, output, error) = Run("orignators");
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("did you mean 'originators'", error);
    }

    [Fact]
    public void No_agent_is_one_line_that_says_what_to_do()
    {
        NeedsBinary();
        var (exitCode, _, error) = Run("status", "--socket", Socket);
        Assert.Equal(1, exitCode);
        Assert.Contains("the agent is not running", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_broken_configuration_stops_run_with_file_line_and_column()
    {
        NeedsBinary();
        WriteConfig("[mesh]\nalgoritm = \"BATMAN_V\"");
        var (exitCode, _, error) = Run("run", "--config", Config);
        Assert.Equal(2, exitCode);
        Assert.Contains(":11:1: unknown key 'mesh.algoritm' (nearest known key: algorithm)", error);
    }

    [Fact]
    public async Task Without_batman_adv_it_stays_up_says_so_and_stops_cleanly()
    {
        NeedsBinary();
        WriteConfig("[mesh]\nmanage = false");
        var status = await StartAgentAsync();
        Assert.Equal("binary", status.GetProperty("node").GetString());
        Assert.NotEqual("healthy", status.GetProperty("health").GetString());

        Signal("TERM");
        Assert.True(_agent!.WaitForExit(Patience));
        Assert.Equal(0, _agent.ExitCode);
        Assert.False(File.Exists(Socket), "the socket was left behind");
    }

    [Fact]
    public async Task A_second_agent_on_the_same_socket_leaves_the_first_alone()
    {
        NeedsBinary();
        WriteConfig();
        await StartAgentAsync();
        using var second = Start("run", "--config", Config);
        var log = second.StandardOutput.ReadToEndAsync();
        await Task.Delay(1500);
        using (var kill = Process.Start("kill", [$"{second.Id}"]))
        {
            kill.WaitForExit();
        }

        Assert.Contains("another agent has this socket", await log);
        Assert.NotEqual(1, Run("status", "--config", Config).ExitCode);
    }

    [Fact]
    public async Task Reload_is_all_or_nothing()
    {
        NeedsBinary();
        WriteConfig();
        await StartAgentAsync();
        WriteConfig("[log]\nlevel = \"nonsense\"");
        Signal("HUP");
        await UntilSymptomAsync("agent.config-invalid", present: true);
        WriteConfig("[log]\nlevel = \"debug\"");
        Signal("HUP");
        await UntilSymptomAsync("agent.config-invalid", present: false);
    }

    [Fact]
    public async Task Systemd_hears_that_it_is_ready_and_that_it_still_turns()
    {
        NeedsBinary();
        WriteConfig();
        var path = Path.Combine(_folder, "notify.sock");
        using var notify = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notify.Bind(new UnixDomainSocketEndPoint(path));
        _agent = Process.Start(new ProcessStartInfo(_binary, ["run", "--config", Config])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            Environment = { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "400000" },
        })!;
        _ = _agent.StandardOutput.ReadToEndAsync();
        var heard = new List<string>();
        using var patience = new CancellationTokenSource(Patience);
        while (!heard.Contains("WATCHDOG=1"))
        {
            var buffer = new byte[256];
            var length = await notify.ReceiveAsync(buffer, SocketFlags.None, patience.Token);
            heard.Add(Encoding.UTF8.GetString(buffer, 0, length).Trim());
        }

        Assert.Equal("READY=1", heard[0]);
    }

    [Fact]
    public void The_doctor_works_without_an_agent()
    {
        NeedsBinary();
        WriteConfig();
        var (exitCode, output, _) = Run("doctor", "--json", "--config", Config);
        Assert.Equal(1, exitCode);
        var findings = JsonDocument.Parse(output).RootElement.GetProperty("findings").EnumerateArray().ToList();
        Assert.Contains(findings, f => f.GetProperty("name").GetString() == "agent" && !f.GetProperty("ok").GetBoolean());
        Assert.Contains(findings, f => f.GetProperty("name").GetString() == "configuration" && f.GetProperty("ok").GetBoolean());
    }

    private async Task UntilSymptomAsync(string code, bool present)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(50))
        {
            // By its socket: the configuration is broken on purpose.
            var status = JsonDocument.Parse(Run("status", "--json", "--socket", Socket).Output).RootElement;
            if (status.GetProperty("symptoms").EnumerateArray().Any(s => s.GetProperty("code").GetString() == code) == present)
            {
                return;
            }
        }

        Assert.Fail($"{code} never became {(present ? "present" : "absent")}");
    }

    public void Dispose()
    {
        if (_agent is { HasExited: false })
        {
            _agent.Kill();
            _agent.WaitForExit();
        }

        _agent?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
