using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Agent.Cli;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Service;
using X0tta6bl4.Toml;
using LogOptions = X0tta6bl4.Telemetry.Logging.LogOptions;

namespace X0tta6bl4.Agent;

/// <summary>
/// The running agent, from the first log line to the last. <see cref="RunAsync"/> is the boot story: what starts, in which
/// order, and what a signal does.
/// </summary>
internal sealed partial class RouterAgent : IDisposable
{
    private readonly string _configPath;
    private readonly TimeProvider _time;
    private readonly AgentLog _log;
    private readonly ILogger _logger;
    private readonly AgentParts _parts;
    private readonly Supervisor _supervisor;
    private readonly ServiceNotifier _notifier = ServiceNotifier.FromEnvironment();
    private readonly Channel<PosixSignal> _signals = Channel.CreateBounded<PosixSignal>(16);
    private readonly AgentOptions _options;

    public RouterAgent(AgentOptions options, string configPath, TimeProvider time)
    {
        _options = options;
        _configPath = configPath;
        _time = time;
        _log = new AgentLog(
            new LogOptions
            {
                Level = Level(options.Log.Level),
                Format = options.Log.Format == "text" ? LogFormat.Text : LogFormat.Json,
            },
            AgentLog.OpenStandardOutput(),
            time);
        _logger = _log.CreateLogger("agent");
        _parts = new AgentParts(_log, time);
        _supervisor = new Supervisor(_parts.Health, _parts.Metrics.Factory, time, new Random(), _logger);
    }

    /// <summary>Runs until SIGTERM or SIGINT (exit code 0), or until a critical part is beyond repair (1).</summary>
    public async Task<int> RunAsync()
    {
        using var term = Catch(PosixSignal.SIGTERM);
        using var interrupt = Catch(PosixSignal.SIGINT);
        using var hangup = Catch(PosixSignal.SIGHUP);
        var started = _time.GetTimestamp();
        Log.Starting(
            _logger, VersionVerb.FullVersion, VersionVerb.Architecture, _options.Node.Name, _options.Node.Site, _configPath);

        _parts.ForbidCoreDumps();
        _parts.OpenBoard(_options);
        await StartPartsAsync(_options);
        _notifier.Ready();

        var exitCode = await ServeAsync();

        _notifier.Stopping();
        await _supervisor.StopAllAsync();
        Log.Stopped(_logger, Math.Round(_time.GetElapsedTime(started).TotalSeconds, 1));
        return exitCode;
    }

    /// <summary>
    /// The start order. Stopping goes the other way round. On reload the same list is walked again: a part whose options
    /// did not change is left alone.
    /// </summary>
    private async Task StartPartsAsync(AgentOptions options)
    {
        // LEDs, buttons and sensors. The watchdog is fed by a thread of its own, as long as every loop makes progress.
        await _supervisor.StartAsync(_parts.Board(options));
        // The main job. Before the servers, which take a tenth of a second of a small processor to start.
        await _supervisor.StartAsync(_parts.Mesh(options));
        // From here on `x0tta6bl4 status` answers.
        await _supervisor.StartAsync(_parts.Control(options, _configPath));
        await StartOrStopAsync(_parts.Observation(options), "http");
        await _supervisor.StartAsync(_parts.Display());
        // Before whoever connects to others.
        await StartOrStopAsync(_parts.Trust.Authority(options), "authority");
        await StartOrStopAsync(_parts.Trust.Identity(options), "identity");
        await StartOrStopAsync(_parts.Trust.Island(options), "island");
        await StartOrStopAsync(_parts.Trust.IslandContact(options), "island-contact");
        await StartOrStopAsync(_parts.Trust.IslandGreeting(options), "island-greeting");
        await StartOrStopAsync(_parts.Mqtt(options), "mqtt");
        await StartOrStopAsync(_parts.ServiceWatchdog(_notifier), "service-watchdog");
        await _supervisor.StartAsync(_parts.Memory());
    }

    private Task StartOrStopAsync(Part? part, string name) =>
        part is null ? _supervisor.StopAsync(name) : _supervisor.StartAsync(part);

    private async Task<int> ServeAsync()
    {
        while (true)
        {
            var signal = _signals.Reader.ReadAsync().AsTask();
            if (await Task.WhenAny(signal, _supervisor.Escalated) != signal)
            {
                return ExitCode.Failed;
            }

            if (await signal != PosixSignal.SIGHUP)
            {
                Log.Stopping(_logger, (await signal).ToString());
                return ExitCode.Fine;
            }

            await ReloadAsync();
        }
    }

    /// <summary>All or nothing: a file with any problem changes nothing.</summary>
    private async Task ReloadAsync()
    {
        _notifier.Reloading(_time);
        var problems = new TomlProblems();
        var options = AgentConfig.Read(_configPath, problems);
        if (options is not null && (options.Board != _options.Board || options.State != _options.State
            || options.Identity != _options.Identity || options.Secrets != _options.Secrets
            || options.Authority != _options.Authority || options.Island != _options.Island))
        {
            problems.Add(
                _configPath, 0, 0,
                "[board], [state], [secrets], [identity], [authority] and [island] cannot change while the agent runs: restart it");
            options = null;
        }

        _parts.Health.Set(
            options is null, "agent.config-invalid", _configPath, Telemetry.Health.Severity.Degraded,
            $"the configuration has {problems.Count} problems; the running one stays",
            $"run: x0tta6bl4 config check {_configPath}");
        if (options is null)
        {
            foreach (var problem in problems.Items)
            {
                Log.ReloadRefused(_logger, problem.ToString());
            }
        }
        else
        {
            // The format of a running log stays as it was started: a reader in mid-file could not follow.
            _log.Level = Level(options.Log.Level);
            await StartPartsAsync(options);
            Log.Reloaded(_logger, _configPath);
        }

        _notifier.Ready();
    }

    private PosixSignalRegistration Catch(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _signals.Writer.TryWrite(context.Signal);
    });

    private static LogLevel Level(string name) => name switch
    {
        "debug" => LogLevel.Debug,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    public void Dispose()
    {
        _parts.Dispose();
        _notifier.Dispose();
        _log.Dispose();
    }
}
