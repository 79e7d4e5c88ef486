using System.Text;
using X0tta6bl4.Peering.Mqtt;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>A reporter with short time-outs, and ways to wait for what it does.</summary>
internal sealed class TestReporter : IAsyncDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MemoryStream _output = new();
    private readonly AgentLog _log;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    internal TestReporter(
        int port,
        Func<MqttReporterOptions, MqttReporterOptions>? change = null,
        BrokerDialer? dialer = null,
        TimeProvider? time = null)
    {
        _log = new AgentLog(new LogOptions { RepeatsPerMinuteMax = 1000 }, _output, TimeProvider.System);
        Metrics = new AgentMetrics(new BuildInfo("1", "test"), TimeProvider.System);
        Health = new HealthRegister(TimeProvider.System);
        var options = new MqttReporterOptions
        {
            Host = "127.0.0.1",
            Port = port,
            Site = "roof",
            Node = "a",
            ReportInterval = TimeSpan.FromMinutes(10),
            BackoffMin = TimeSpan.FromMilliseconds(20),
            BackoffMax = TimeSpan.FromMilliseconds(200),
            AcknowledgeTimeout = TimeSpan.FromSeconds(10),
        };
        Options = change?.Invoke(options) ?? options;
        Reporter = new MqttReporter(
            Options,
            Metrics,
            Health,
            _log.CreateLogger("peering"),
            time ?? TimeProvider.System,
            new Random(1),
            dialer);
    }

    internal MqttReporterOptions Options { get; }

    internal MqttReporter Reporter { get; }

    internal AgentMetrics Metrics { get; }

    internal HealthRegister Health { get; }

    internal string Log
    {
        get
        {
            _log.Flush(Patience);
            return Encoding.UTF8.GetString(_output.ToArray());
        }
    }

    internal void Start() => _running = Reporter.RunAsync(_stop.Token);

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Patience);
    }

    internal void Offer(string kind, string suffix, string payload, bool retain = true) =>
        Reporter.Offer(kind, suffix, Encoding.UTF8.GetBytes(payload), retain);

    internal async Task<MqttSnapshot> UntilAsync(Func<MqttSnapshot, bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var changed = Reporter.State.Changed;
            var state = Reporter.State.Value;
            if (condition(state))
            {
                return state;
            }

            try
            {
                await changed.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException error)
            {
                throw new TimeoutException(
                    $"not in time; the state is {Reporter.State.Value}; the log ends\n{Log[^Math.Min(Log.Length, 1500)..]}",
                    error);
            }
        }
    }

    internal async Task<string> ScrapeAsync()
    {
        using var text = new MemoryStream();
        await Metrics.WriteTextAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _log.Dispose();
        Metrics.Dispose();
        await _output.DisposeAsync();
    }
}
