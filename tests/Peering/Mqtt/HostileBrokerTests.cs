using X0tta6bl4.Tests;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>Brokers that break the protocol, hang, or ask for special treatment, byte for byte.</summary>
public class HostileBrokerTests
{
    [Fact]
    public async Task A_broker_that_never_acknowledges_gets_the_same_message_again_on_a_new_connection()
    {
        List<byte[]> seen = [];
        await using var broker = new ScriptedBroker(
            async (connection, index) =>
            {
                await connection.AcceptAsync();
                var publish = await connection.ExpectAsync(ScriptedBroker.Publish);
                seen.Add(publish[^1..]);
                if (index < 2)
                {
                    // Until the client gives up.
                    await connection.ReadAsync();
                }

                await connection.AcknowledgeAsync(publish);
                await connection.ForeverAsync();
            });
        await using var reporter = new TestReporter(
            broker.Port,
            o =>
                o with
                {
                    AcknowledgeTimeout = TimeSpan.FromMilliseconds(300),
                    StopTimeout = TimeSpan.FromMilliseconds(100),
                });
        reporter.Offer("mesh", "mesh", "1");
        reporter.Start();

        var state = await reporter.UntilAsync(s => s.PublishedTotal == 1);

        Assert.Equal("no acknowledgement within 0.3 s", state.LastError);
        Assert.Equal(["1"u8.ToArray(), "1"u8.ToArray(), "1"u8.ToArray()], seen);
        Assert.Equal(2, state.Reconnects);
        Assert.Equal(0, state.QueueMessages);
    }

    [Fact]
    public async Task A_broker_that_never_answers_connect_is_given_up_in_time()
    {
        await using var broker = new ScriptedBroker((connection, _) => connection.ForeverAsync());
        await using var reporter = new TestReporter(
            broker.Port,
            o => o with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        reporter.Start();

        var state = await reporter.UntilAsync(s => s.LastError is not null);

        Assert.Equal("no answer within 0.3 s", state.LastError);
    }

    [Fact]
    public async Task A_broker_that_stops_answering_pings_is_left()
    {
        await using var broker = new ScriptedBroker(
            async (connection, _) =>
            {
                await connection.AcceptAsync();
                await connection.ForeverAsync();
            });
        await using var reporter = new TestReporter(
            broker.Port,
            o =>
                o with
                {
                    KeepAlive = TimeSpan.FromSeconds(1),
                    AcknowledgeTimeout = TimeSpan.FromMilliseconds(300),
                    StopTimeout = TimeSpan.FromMilliseconds(100),
                });
        reporter.Start();

        var state = await reporter.UntilAsync(s => s.LastError is not null);

        Assert.Equal("no answer to a ping within 0.3 s", state.LastError);
    }

    [Theory]
    [InlineData(
        new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F },
        "the broker sent a packet of 268435455 bytes; at most 65536 are taken")]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, "the broker sent a malformed packet length")]
    public async Task A_packet_of_a_monstrous_length_is_refused_before_it_is_allocated(byte[] packet, string reason)
    {
        await using var broker = new ScriptedBroker(
            async (connection, _) =>
            {
                await connection.AcceptAsync();
                await connection.SendAsync(packet);
                await connection.ReadAsync();
            });
        await using var reporter = new TestReporter(broker.Port);
        reporter.Start();

        var state = await reporter.UntilAsync(s => s.LastError is not null);

        Assert.Equal(reason, state.LastError);
    }

    [Fact]
    public async Task Random_bytes_from_a_broker_end_the_connection_and_nothing_else()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = new ScriptedBroker(
            async (connection, index) =>
            {
                await connection.ExpectAsync(ScriptedBroker.Connect);
                if (index % 2 == 1)
                {
                    await connection.SendAsync(ScriptedBroker.Accepted);
                }

                var noise = new byte[random.Next(1, 400)];
                random.NextBytes(noise);
                await connection.SendAsync(noise);
            });
        await using var reporter = new TestReporter(
            broker.Port,
            o =>
                o with
                {
                    ConnectTimeout = TimeSpan.FromMilliseconds(200),
                    AcknowledgeTimeout = TimeSpan.FromMilliseconds(200),
                    BackoffMin = TimeSpan.FromMilliseconds(1),
                    BackoffMax = TimeSpan.FromMilliseconds(1),
                });
        reporter.Offer("mesh", "mesh", "1");
        reporter.Start();

        var start = TimeProvider.System.GetTimestamp();
        while (broker.Connections < 60)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TestReporter.Patience * 2,
                $"{broker.Connections} connections: {reporter.Log}");
            await Task.Delay(20);
        }

        Assert.Equal(
            (1, 0L),
            (reporter.Reporter.State.Value.QueueMessages, reporter.Reporter.State.Value.PublishedTotal));
    }

    [Fact]
    public async Task The_brokers_own_keep_alive_and_packet_limit_are_honoured()
    {
        var pinged = new TaskCompletionSource();
        await using var broker = new ScriptedBroker(
            async (connection, _) =>
            {
                await connection.ExpectAsync(ScriptedBroker.Connect);

                // CONNACK with server keep-alive 1 s (0x13), maximum packet size 1,000 (0x27), no retain (0x25), MQTT 5,
                // 3.2.2.3.
                await connection.SendAsync(0x20, 0x0D, 0, 0, 10, 0x13, 0, 1, 0x27, 0, 0, 0x03, 0xE8, 0x25, 0);
                await connection.AcknowledgeAsync(await connection.ExpectAsync(ScriptedBroker.Publish));
                await connection.AcknowledgeAsync(await connection.ExpectAsync(ScriptedBroker.Publish));
                await connection.ExpectAsync(ScriptedBroker.PingRequest);
                pinged.SetResult();
                await connection.ForeverAsync();
            });
        await using var reporter = new TestReporter(
            broker.Port,
            o => o with { StopTimeout = TimeSpan.FromMilliseconds(100) });
        reporter.Offer("mesh", "mesh", new string('x', 2000));
        reporter.Offer("mesh", "mesh", "small");
        reporter.Start();

        await reporter.UntilAsync(s => s is { PublishedTotal: 1, DroppedTotal: 1 });
        await pinged.Task.WaitAsync(TestReporter.Patience);

        Assert.Contains(
            "x0tta6bl4_mqtt_dropped_total{kind=\"mesh\",reason=\"too_large\"} 1\n",
            await reporter.ScrapeAsync());
        Assert.Contains("\"event\":5006", reporter.Log);
    }

    [Fact]
    public async Task What_waited_too_long_is_dropped_as_expired()
    {
        var time = new TestTime();
        await using var broker = await TestBroker.StartAsync();
        await using var reporter = new TestReporter(
            broker.Port,
            o => o with { ReportInterval = TimeSpan.FromSeconds(60) },
            time: time);
        reporter.Offer("mesh", "mesh", "old");
        time.Advance(TimeSpan.FromSeconds(200));
        reporter.Offer("mesh", "mesh", "new");
        time.Advance(TimeSpan.FromSeconds(100));
        reporter.Start();

        await reporter.UntilAsync(s => s is { PublishedTotal: 1, DroppedTotal: 1 });

        var report = broker.Published.Last();
        Assert.Equal(("new", 200u), (report.Payload, report.ExpirySeconds));
        Assert.Contains(
            "x0tta6bl4_mqtt_dropped_total{kind=\"mesh\",reason=\"expired\"} 1\n",
            await reporter.ScrapeAsync());
    }
}
