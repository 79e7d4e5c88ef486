using Microsoft.Extensions.Logging;
using Prometheus;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Supervision;

/// <summary>
/// Runs the parts and restarts the ones that fail, each on its own, with doubling and jittered delays. A critical part
/// that fails <see cref="FailuresMax"/> times within <see cref="FailureWindow"/> ends the process: init (procd, systemd)
/// restarts it clean, and if that never gets to a healthy round the watchdog resets the board. That is the whole ladder.
/// </summary>
internal sealed partial class Supervisor
{
    /// <summary>Failures of one critical part within <see cref="FailureWindow"/> that end the process.</summary>
    public const int FailuresMax = 5;

    /// <summary>Failures older than this are forgotten.</summary>
    public static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(10);

    /// <summary>First delay before a restart; doubles with each failure in the window.</summary>
    public static readonly TimeSpan RestartDelayMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest delay before a restart.</summary>
    public static readonly TimeSpan RestartDelayMax = TimeSpan.FromSeconds(60);

    /// <summary>A restarted part counts as repaired once it has run this long.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(10);

    /// <summary>How long a part may take to stop before it is left behind.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Running> _running = [];
    private readonly List<string> _startOrder = [];
    private readonly TaskCompletionSource<string> _escalated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HealthRegister _health;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Counter _restarts;
    private readonly Gauge _up;

    public Supervisor(HealthRegister health, IMetricFactory metrics, TimeProvider time, Random random, ILogger logger)
    {
        _health = health;
        _time = time;
        _random = random;
        _logger = logger;
        _restarts = metrics.CreateCounter(
            "x0tta6bl4_part_restarts_total", "Restarts of a part after it failed.", ["part"]);
        _up = metrics.CreateGauge("x0tta6bl4_part_up", "1 while the part runs, 0 while it waits for a restart.", ["part"]);
    }

    /// <summary>Completes with the name of the part whose failures are beyond repair inside this process.</summary>
    public Task<string> Escalated => _escalated.Task;

    /// <summary>Starts a part; with one of the same name and equal options running, does nothing.</summary>
    public async Task StartAsync(Part part)
    {
        if (_running.TryGetValue(part.Name, out var old))
        {
            if (old.Part.Options.Equals(part.Options))
            {
                return;
            }

            await StopAsync(part.Name);
        }

        var stop = new CancellationTokenSource();
        _startOrder.Add(part.Name);
        _running[part.Name] = new Running(part, stop, Task.Run(() => KeepRunningAsync(part, stop.Token)));
    }

    /// <summary>Stops one part; does nothing when it is not running.</summary>
    public async Task StopAsync(string name)
    {
        if (!_running.Remove(name, out var running))
        {
            return;
        }

        _startOrder.Remove(name);
        await running.Stop.CancelAsync();
        try
        {
            await running.Task.WaitAsync(StopTimeout, _time);
            running.Stop.Dispose();
            Log.PartStopped(_logger, name);
        }
        catch (TimeoutException)
        {
            Log.PartStuck(_logger, name, StopTimeout.TotalSeconds);
        }

        _health.Clear(FailedCode, name);
        _up.WithLabels(name).Set(0);
    }

    /// <summary>Stops every part, last started first.</summary>
    public async Task StopAllAsync()
    {
        foreach (var name in _startOrder.AsEnumerable().Reverse().ToArray())
        {
            await StopAsync(name);
        }
    }

    private const string FailedCode = "agent.part-failed";

    private async Task KeepRunningAsync(Part part, CancellationToken stop)
    {
        var failures = new Queue<long>();
        while (!stop.IsCancellationRequested)
        {
            Log.PartStarted(_logger, part.Name);
            _up.WithLabels(part.Name).Set(1);
            var run = RunOnceAsync(part, stop);
            if (failures.Count > 0 && await HasSettledAsync(run, stop))
            {
                _health.Clear(FailedCode, part.Name);
            }

            var failure = await run;
            if (stop.IsCancellationRequested)
            {
                return;
            }

            _up.WithLabels(part.Name).Set(0);
            failures.Enqueue(_time.GetTimestamp());
            while (_time.GetElapsedTime(failures.Peek()) > FailureWindow)
            {
                failures.Dequeue();
            }

            if (part.Critical && failures.Count >= FailuresMax)
            {
                Log.Escalated(_logger, part.Name, failures.Count, FailureWindow.TotalSeconds);
                _escalated.TrySetResult(part.Name);
                return;
            }

            var delay = RestartDelay(failures.Count);
            var reason = failure?.Message ?? "it ended by itself";
            Log.PartFailed(_logger, failure, part.Name, failures.Count, Math.Round(delay.TotalSeconds, 1), reason);
            _health.Raise(
                FailedCode,
                part.Name,
                part.Critical ? Severity.Critical : Severity.Degraded,
                $"{part.Name} failed: {reason}",
                $"it is restarted by itself (attempt {failures.Count}); the log has the details under event 4002");
            _restarts.WithLabels(part.Name).Inc();
            try
            {
                await WaitForRestartAsync(part, delay, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Waits, and tells the watchdog each second that the part is being seen to.</summary>
    private async Task WaitForRestartAsync(Part part, TimeSpan delay, CancellationToken stop)
    {
        for (var left = delay; left > TimeSpan.Zero; left -= RestartDelayMin)
        {
            part.Pulse?.Beat();
            await Task.Delay(left < RestartDelayMin ? left : RestartDelayMin, _time, stop);
        }
    }

    /// <summary>True when the part is still running after <see cref="SettleTime"/>.</summary>
    private async Task<bool> HasSettledAsync(Task run, CancellationToken stop)
    {
        try
        {
            await run.WaitAsync(SettleTime, _time, stop);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Runs the part to its end; null when it was asked to stop or returned without being asked.</summary>
    private static async Task<Exception?> RunOnceAsync(Part part, CancellationToken stop)
    {
        try
        {
            await part.RunAsync(stop);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>Doubling delay, times 0.5 to 1.5, so that a site after a power cut does not restart in step.</summary>
    private TimeSpan RestartDelay(int failures)
    {
        var doubled = RestartDelayMin * Math.Pow(2, Math.Min(failures - 1, 10));
        var capped = doubled < RestartDelayMax ? doubled : RestartDelayMax;
        lock (_random)
        {
            return capped * (0.5 + _random.NextDouble());
        }
    }

    private sealed record Running(Part Part, CancellationTokenSource Stop, Task Task);
}
