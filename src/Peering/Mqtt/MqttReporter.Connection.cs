using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>One connection, from CONNECT to whatever ends it.</summary>
public sealed partial class MqttReporter
{
    /// <summary>
    /// How long to wait for MQTTnet's own account of a connection's end, which says what the broker gave as a reason.
    /// </summary>
    private static readonly TimeSpan EndingWaitMax = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns why the connection ended or was not made, for people; null when it is time for the next one, and nothing is wrong.
    /// </summary>
    private async Task<string?> RunConnectionAsync(CancellationToken cancellationToken)
    {
        var adapters = new ChannelAdapterFactory(_options, _dialer);
        using var client = new MqttClient(adapters, MqttNetNullLogger.Instance);
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.DisconnectedAsync += args =>
        {
            lost.TrySetResult(Describe(args));
            return Task.CompletedTask;
        };
        BrokerSession? session = null;
        try
        {
            session = Session(await ConnectAsync(client, cancellationToken), adapters.ServerKeepAlive);
            await SendAsync(client, session, StatusMessage(StatusPayload.Online, session), cancellationToken);
            SetConnected();
            await ReportAsync(client, session, adapters.RenewAfter, lost.Task, cancellationToken);
            await HandOverAsync(client);
            return null;
        }
        catch (BrokerException error) when (!cancellationToken.IsCancellationRequested)
        {
            return error.Message;
        }
        catch (Exception error) when (IsConnectionTrouble(error, client))
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                await Task.WhenAny(lost.Task, Task.Delay(EndingWaitMax, _time, cancellationToken));
                return lost.Task.IsCompletedSuccessfully ? await lost.Task : Describe(error);
            }
        }

        if (session is not null && client.IsConnected)
        {
            await SayGoodbyeAsync(client, session);
        }

        return "stopped";
    }

    // MQTTnet looks at its dispatcher without asking whether the connection's end has just taken it away.
    private static bool IsConnectionTrouble(Exception error, MqttClient client) =>
        error is IOException or SocketException or OperationCanceledException or ObjectDisposedException
            or MqttCommunicationException or MqttProtocolViolationException or MqttClientNotConnectedException
        || (error is NullReferenceException && !client.IsConnected);

    /// <summary>Runs one exchange with the broker; when it takes too long, throws what is missing instead.</summary>
    private async Task<T> WithinAsync<T>(
        TimeSpan time,
        string missing,
        Func<CancellationToken, Task<T>> exchangeAsync,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(time, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await exchangeAsync(either.Token);
        }
        catch (Exception error) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BrokerException($"{missing} within {time.TotalSeconds} s", error);
        }
    }

    private async Task<MqttClientConnectResult> ConnectAsync(MqttClient client, CancellationToken cancellationToken)
    {
        var options = new MqttClientOptions
        {
            ClientId = _options.ClientId,
            ChannelOptions = new NoChannelOptions(),
            ProtocolVersion = MqttProtocolVersion.V500,
            CleanSession = true,
            KeepAlivePeriod = TimeSpan.Zero,
            Timeout = _options.ConnectTimeout,
            MaximumPacketSize = MqttReporterOptions.ReceivedPacketBytesMax,
            WillTopic = $"{_options.TopicRoot}/{StatusPayload.TopicSuffix}",
            WillPayload = StatusPayload.Lost,
            WillContentType = StatusPayload.ContentType,
            WillQualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            WillRetain = true,
        };
        try
        {
            var result = await WithinAsync(
                _options.ConnectTimeout, "no answer", token => client.ConnectAsync(options, token), cancellationToken);

            // MQTTnet does not throw for a refusal.
            if (result.ResultCode == MqttClientConnectResultCode.Success)
            {
                return result;
            }

            throw new BrokerException(
                $"the broker refused the connection: {Words(result.ResultCode, result.ReasonString)}");
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _metrics.ConnectFailures.Inc();
            throw;
        }
    }

    private BrokerSession Session(MqttClientConnectResult result, TimeSpan serverKeepAlive)
    {
        if (!result.RetainAvailable)
        {
            _logger.NoRetain(_options.Broker);
        }

        return new BrokerSession(
            KeepAlive: serverKeepAlive > TimeSpan.Zero ? serverKeepAlive : _options.KeepAlive,
            PacketBytesMax: result.MaximumPacketSize is > 0 and { } max ? max : uint.MaxValue,
            CanRetain: result.RetainAvailable,
            QoS: result.MaximumQoS < MqttQualityOfServiceLevel.AtLeastOnce
                ? result.MaximumQoS
                : MqttQualityOfServiceLevel.AtLeastOnce);
    }

    /// <summary>Ends when the connection has to be replaced.</summary>
    private async Task ReportAsync(
        MqttClient client,
        BrokerSession session,
        TimeSpan? renewAfter,
        Task<string> lost,
        CancellationToken cancellationToken)
    {
        var nextReports = Now();
        var lastSent = Now();
        var renewal = renewAfter is { } after ? Now() + after : TimeSpan.MaxValue;
        while (Now() < renewal)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Now() >= nextReports)
            {
                OfferSources();
                nextReports = Now() + _options.ReportInterval;
            }

            // Taken before the queue is looked at: what is offered in between still wakes us.
            var wake = _wake.Next;
            while (await SendNextAsync(client, session, cancellationToken))
            {
                lastSent = Now();
            }

            var nextPing = lastSent + session.KeepAlive;
            if (Now() >= nextPing)
            {
                await PingAsync(client, cancellationToken);
                lastSent = Now();
                continue;
            }

            if (lost.IsCompleted)
            {
                throw new BrokerException(await lost);
            }

            var next = nextPing < nextReports ? nextPing : nextReports;
            await WaitAsync(wake, lost, (next < renewal ? next : renewal) - Now(), cancellationToken);
        }
    }

    /// <summary>Leaves the broker so that it does not publish our will: the next connection follows at once.</summary>
    private async Task HandOverAsync(MqttClient client)
    {
        try
        {
            using var patience = new CancellationTokenSource(_options.StopTimeout, _time);
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), patience.Token);
        }
        catch (Exception error) when (IsConnectionTrouble(error, client))
        {
            // The broker then publishes our will, and the next connection's status after it.
            _logger.LeftWithoutGoodbye(_options.Broker, error);
        }
    }

    private async Task WaitAsync(Task wake, Task lost, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero, _time, done.Token);
        await Task.WhenAny(wake, lost, timer);
        await done.CancelAsync();
    }

    private void OfferSources()
    {
        foreach (var source in _sources)
        {
            try
            {
                if (source.Render() is { } payload)
                {
                    Offer(source.Kind, source.TopicSuffix, payload, retain: true);
                }
            }
            catch (Exception error)
            {
                // Foreign code; its failure must not cost the other reports.
                _logger.SourceFailed(source.Kind, source.TopicSuffix, error);
            }
        }
    }

    /// <summary>Sends the oldest message and waits for its acknowledgement. False when none waits.</summary>
    private async Task<bool> SendNextAsync(
        MqttClient client,
        BrokerSession session,
        CancellationToken cancellationToken)
    {
        Report? report;
        lock (_lock)
        {
            report = _queue.Take();
        }

        if (report is null)
        {
            return false;
        }

        var expiry = _options.MessageExpiry - (Now() - report.OfferedAt);
        if (expiry < TimeSpan.FromSeconds(1))
        {
            Finish(report, DropReason.Expired);
            return true;
        }

        var message = ReportMessage(report, expiry, session);
        if (report.Bytes + BrokerSession.OverheadBytes > session.PacketBytesMax)
        {
            Finish(report, DropReason.TooLarge);
            return true;
        }

        try
        {
            var start = _time.GetTimestamp();
            await SendAsync(client, session, message, cancellationToken);
            _metrics.AcknowledgeSeconds.Observe(_time.GetElapsedTime(start).TotalSeconds);
            Finish(report, dropped: null);
        }
        catch (MessageRejectedException rejected)
        {
            _logger.Rejected(_options.Broker, report.Kind, report.Topic, rejected.Message);
            Finish(report, DropReason.Rejected);
        }
        catch
        {
            lock (_lock)
            {
                _queue.Return();
            }

            throw;
        }

        return true;
    }

    private void Finish(Report report, DropReason? dropped)
    {
        lock (_lock)
        {
            _queue.Complete();
            if (dropped is { } reason)
            {
                CountDropLocked(new Dropped(report, reason));
            }
            else
            {
                _published++;
                _metrics.Published(report.Kind);
            }

            PublishLocked();
        }
    }

    /// <exception cref="MessageRejectedException">This message will never be taken; the connection is fine.</exception>
    private async Task SendAsync(
        MqttClient client, BrokerSession session, MqttApplicationMessage message, CancellationToken cancellationToken)
    {
        message.QualityOfServiceLevel = session.QoS;
        var result = await WithinAsync(
            _options.AcknowledgeTimeout,
            "no acknowledgement",
            token => client.PublishAsync(message, token),
            cancellationToken);
        if (result.ReasonCode
            is MqttClientPublishReasonCode.NotAuthorized
                or MqttClientPublishReasonCode.TopicNameInvalid
                or MqttClientPublishReasonCode.PayloadFormatInvalid)
        {
            throw new MessageRejectedException(Words(result.ReasonCode, result.ReasonString));
        }

        if (!result.IsSuccess)
        {
            // Quota, implementation error and the like may pass: the message stays and the connection starts over.
            throw new BrokerException(
                $"the broker did not take a message: {Words(result.ReasonCode, result.ReasonString)}");
        }
    }

    private async Task PingAsync(MqttClient client, CancellationToken cancellationToken) => await WithinAsync(
        _options.AcknowledgeTimeout,
        "no answer to a ping",
        async token =>
        {
            await client.PingAsync(token);
            return true;
        },
        cancellationToken);

    private async Task SayGoodbyeAsync(MqttClient client, BrokerSession session)
    {
        int waiting;
        lock (_lock)
        {
            waiting = _queue.Count;
        }

        try
        {
            using var patience = new CancellationTokenSource(_options.StopTimeout, _time);
            await client.PublishAsync(StatusMessage(StatusPayload.Stopped, session), patience.Token);
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), patience.Token);
            _logger.Left(_options.Broker, waiting);
        }
        catch (Exception error)
        {
            // Nothing depends on it: the broker then publishes our will.
            _logger.LeftWithoutGoodbye(_options.Broker, error);
        }
    }
}
