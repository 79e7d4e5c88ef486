using System.Diagnostics;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// Sends reports to an MQTT 5 broker: retained, QoS 1, in order, through a bounded queue that outlives the broker's
/// absences. One loop (<see cref="RunAsync"/>) connects, announces the node, sends and waits for each acknowledgement;
/// any failure ends the connection and starts over after a pause. Thread-safe to offer to.
/// </summary>
public sealed partial class MqttReporter
{
    /// <summary>Periodic sources at most.</summary>
    public const int SourcesMax = 32;

    /// <summary>Raised while no broker takes our reports.</summary>
    public const string SymptomBroker = "peering.broker-unreachable";

    private readonly MqttReporterOptions _options;
    private readonly BrokerDialer _dialer;
    private readonly MqttMetrics _metrics;
    private readonly HealthRegister _health;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Backoff _backoff;
    private readonly Lock _lock = new();
    private readonly ReportQueue _queue;
    private readonly List<Source> _sources = [];
    private readonly Signal _wake = new();
    private readonly Signal _retry = new();
    private bool _connected;
    private bool _connectedBefore;
    private string? _lastError;
    private long _published;
    private long _dropped;
    private long _reconnects;

    /// <param name="options">Broker, topics and limits.</param>
    /// <param name="metrics">Where the counters go.</param>
    /// <param name="health">Where <see cref="SymptomBroker"/> is raised.</param>
    /// <param name="logger">One line a change of state.</param>
    /// <param name="time">Clock of keep-alive, expiry and pauses.</param>
    /// <param name="random">Jitter of the pauses.</param>
    /// <param name="dialer">How to reach the broker; plain TCP unless given. TLS comes in through here.</param>
    /// <exception cref="ArgumentException">The options are not usable; the message says what to change.</exception>
    public MqttReporter(
        MqttReporterOptions options,
        AgentMetrics metrics,
        HealthRegister health,
        ILogger logger,
        TimeProvider time,
        Random random,
        BrokerDialer? dialer = null)
    {
        if (options.Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        }

        _options = options;
        _dialer = dialer ?? PlainTcp.DialAsync;
        _metrics = new MqttMetrics(metrics.Factory);
        _health = health;
        _logger = logger;
        _time = time;
        _backoff = new Backoff(options.BackoffMin, options.BackoffMax, random);
        _queue = new ReportQueue(options.QueueMessagesMax, options.QueueBytesMax);
        State = new Latest<MqttSnapshot>(Snapshot());
    }

    /// <summary>How reporting fares.</summary>
    public Latest<MqttSnapshot> State { get; }

    /// <summary>
    /// Adds a report that is rendered and offered, retained, at every <see cref="MqttReporterOptions.ReportInterval"/>
    /// and on every new connection. Offer the same topic yourself when its content changes. Call before
    /// <see cref="RunAsync"/>.
    /// </summary>
    /// <param name="kind">Constant word, metric label.</param>
    /// <param name="topicSuffix">Topic below the node's own.</param>
    /// <param name="render">Renders the present state; null when there is none yet.</param>
    public void AddSource(string kind, string topicSuffix, Func<byte[]?> render)
    {
        CheckSuffix(topicSuffix);
        if (_sources.Count >= SourcesMax)
        {
            throw new InvalidOperationException($"more than {SourcesMax} report sources");
        }

        _sources.Add(new Source(kind, topicSuffix, render));
    }

    /// <summary>
    /// Puts a message into the queue. Never waits; what does not fit is dropped by the queue's rule and counted.
    /// </summary>
    /// <param name="kind">Constant word, metric label and unit of dropping.</param>
    /// <param name="topicSuffix">Topic below the node's own, for example <c>mesh</c>.</param>
    /// <param name="payload">JSON; not changed afterwards.</param>
    /// <param name="retain">The broker keeps it for later subscribers.</param>
    /// <exception cref="ArgumentException">The suffix is no plain topic.</exception>
    public void Offer(string kind, string topicSuffix, ReadOnlyMemory<byte> payload, bool retain)
    {
        CheckSuffix(topicSuffix);
        var activity = Activity.Current;
        var report = new Report(
            kind,
            $"{_options.TopicRoot}/{topicSuffix}",
            payload,
            retain,
            activity is { IdFormat: ActivityIdFormat.W3C } ? activity.Id : null,
            Now());
        lock (_lock)
        {
            IReadOnlyList<Dropped> dropped = payload.Length > MqttReporterOptions.PayloadBytesMax
                ? [new Dropped(report, DropReason.TooLarge)]
                : _queue.Offer(report);
            foreach (var one in dropped)
            {
                CountDropLocked(one);
            }

            PublishLocked();
        }

        _wake.Wake();
    }

    /// <summary>Ends the pause after a failed attempt: what it failed for may be mended. Does nothing otherwise.</summary>
    public void RetryNow() => _retry.Wake();

    /// <summary>
    /// Connects, reports and reconnects until cancelled; then says goodbye within
    /// <see cref="MqttReporterOptions.StopTimeout"/>. Does not throw for anything a broker or network may do.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var start = _time.GetTimestamp();
                var reason = await RunConnectionAsync(cancellationToken);
                if (reason is not null && !cancellationToken.IsCancellationRequested)
                {
                    await PauseAsync(reason, _time.GetElapsedTime(start), cancellationToken);
                }
            }
        }
        finally
        {
            SetDisconnected(reason: null);
        }
    }

    private async Task PauseAsync(string reason, TimeSpan held, CancellationToken cancellationToken)
    {
        if (held >= _options.StableAfter)
        {
            _backoff.Reset();
        }

        var pause = _backoff.Next();
        _logger.NotConnected(_options.Broker, reason, pause.TotalSeconds);
        SetDisconnected(reason);
        await _retry.Next
            .WaitAsync(pause, _time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void CheckSuffix(string suffix)
    {
        if (suffix.Length is 0 or > MqttReporterOptions.TopicSuffixCharsMax
            || suffix.Split('/').Any(level => level.Length == 0)
            || suffix.AsSpan().ContainsAny("+#\0"))
        {
            throw new ArgumentException(
                $"'{suffix}' is no topic below a node: levels without +, # or NUL, "
                + $"{MqttReporterOptions.TopicSuffixCharsMax} characters at most",
                nameof(suffix));
        }
    }

    private void SetConnected()
    {
        int waiting;
        lock (_lock)
        {
            if (_connectedBefore)
            {
                _reconnects++;
                _metrics.Reconnects.Inc();
            }

            _connected = true;
            _connectedBefore = true;
            waiting = _queue.Count;
            PublishLocked();
        }

        _health.Clear(SymptomBroker, _options.Broker);
        _logger.Connected(_options.Broker, _options.ClientId, waiting);
    }

    private void SetDisconnected(string? reason)
    {
        lock (_lock)
        {
            _connected = false;
            _lastError = reason ?? _lastError;
            PublishLocked();
        }

        _health.Set(
            reason is not null,
            SymptomBroker,
            _options.Broker,
            Severity.Info,
            $"no reports reach the broker {_options.Broker}: {reason}",
            "see that the broker runs and mqtt.host and mqtt.port name it; "
            + "up to mqtt.queue_messages reports wait meanwhile");
    }

    private void CountDropLocked(Dropped dropped)
    {
        _dropped++;
        _metrics.Dropped(dropped);
    }

    private void PublishLocked()
    {
        _metrics.Connected.Set(_connected ? 1 : 0);
        _metrics.QueueMessages.Set(_queue.Count);
        _metrics.QueueBytes.Set(_queue.Bytes);
        State.Publish(Snapshot());
    }

    private MqttSnapshot Snapshot() =>
        new(_connected, _options.Broker, _queue.Count, _queue.Bytes, _published, _dropped, _lastError, _reconnects);

    private TimeSpan Now() => TimeSpan.FromSeconds(_time.GetTimestamp() / (double)_time.TimestampFrequency);

    private sealed record Source(string Kind, string TopicSuffix, Func<byte[]?> Render);
}
