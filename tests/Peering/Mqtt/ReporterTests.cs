using System.Diagnostics;
using MQTTnet.Protocol;
using X0tta6bl4.Peering.Mqtt;
using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>Against a real broker in this process.</summary>
public class ReporterTests
{
    private const string Online = """{"version":1,"state":"online"}""";

    [Fact]
    public async Task Status_comes_first_then_reports_in_order_retained_and_typed()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var reporter = new TestReporter(broker.Port);
        reporter.Offer("mesh", "mesh", "1");
        reporter.Offer("event", "events/link", "2", retain: false);
        reporter.Start();

        await reporter.UntilAsync(s => s is { Connected: true, PublishedTotal: 2, QueueMessages: 0 });

        Assert.Equal(
            [
                new Received("x0tta6bl4/v1/roof/a/status", Online, true, "application/json", 0, null),
                new Received("x0tta6bl4/v1/roof/a/mesh", "1", true, "application/json", 2999, null),
                new Received("x0tta6bl4/v1/roof/a/events/link", "2", false, "application/json", 2999, null),
            ],
            broker.Published.Select(p => p with { ExpirySeconds = p.ExpirySeconds is 0 ? 0u : 2999 }));
        Assert.All(broker.Published.Skip(1), p => Assert.InRange(p.ExpirySeconds, 2900u, 3000u));
        Assert.Contains("\"event\":5000", reporter.Log);
    }

    [Fact]
    public async Task The_document_and_a_real_scrape_name_the_same_metrics()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var reporter = new TestReporter(broker.Port);
        reporter.Start();
        reporter.Offer("mesh", "mesh", "1");
        reporter.Reporter.Offer("mesh", "mesh", new byte[MqttReporterOptions.PayloadBytesMax + 1], retain: true);
        await reporter.UntilAsync(s => s is { PublishedTotal: 1, DroppedTotal: 1 });

        var scrape = await reporter.ScrapeAsync();

        Assert.Empty(MetricsDocument.Differences(Repository.ReadText("docs/metrics.md"), scrape, "Agent", "MQTT"));
        Assert.Contains("x0tta6bl4_mqtt_dropped_total{kind=\"mesh\",reason=\"too_large\"} 1\n", scrape);
        Assert.Contains("x0tta6bl4_mqtt_published_total{kind=\"mesh\"} 1\n", scrape);
        Assert.Contains("\nx0tta6bl4_mqtt_connected 1\n", scrape);
    }

    [Fact]
    public void The_document_lists_every_event() =>
        Assert.Empty(
            LogDocument.Differences(Repository.ReadText("docs/logs.md"), 5000, 5999, typeof(MqttReporter).Assembly));

    [Fact]
    public void The_document_lists_every_symptom() =>
        Assert.Empty(HealthDocument.Differences(Repository.ReadText("docs/health.md"), "peering"));

    [Fact]
    public async Task A_report_from_a_traced_activity_carries_its_traceparent()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var reporter = new TestReporter(broker.Port);
        using (var activity = new Activity("mesh.report").SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            reporter.Offer("mesh", "mesh", activity.Id!);
        }

        reporter.Start();
        await reporter.UntilAsync(s => s.PublishedTotal == 1);

        var report = broker.Published.Last();
        Assert.Equal(report.Payload, report.TraceParent);
    }

    [Fact]
    public async Task What_was_offered_while_the_broker_was_away_arrives_in_order_when_it_comes()
    {
        var port = TestBroker.FreePort();
        await using var reporter = new TestReporter(port);
        reporter.Start();
        for (var i = 0; i < 50; i++)
        {
            reporter.Offer("mesh", "mesh", $"{i}");
        }

        var state = await reporter.UntilAsync(s => s.LastError is not null);
        Assert.Equal("nothing listens there (connection refused)", state.LastError);
        Assert.Equal(MqttReporter.SymptomBroker, Assert.Single(reporter.Health.Current.Value).Code);

        await using var broker = await TestBroker.StartAsync(port);
        await reporter.UntilAsync(s => s.PublishedTotal == 50);

        Assert.Equal([Online, .. Enumerable.Range(0, 50).Select(i => $"{i}")], broker.Published.Select(p => p.Payload));
        Assert.Empty(reporter.Health.Current.Value);
        Assert.Equal(0, reporter.Reporter.State.Value.Reconnects);
    }

    [Fact]
    public async Task A_full_queue_drops_the_oldest_of_the_kind_and_counts_it()
    {
        var port = TestBroker.FreePort();
        await using var reporter = new TestReporter(port, o => o with { QueueMessagesMax = 4 });
        reporter.Offer("board", "board", "b");
        for (var i = 0; i < 10; i++)
        {
            reporter.Offer("mesh", "mesh", $"{i}");
        }

        Assert.Equal(7, reporter.Reporter.State.Value.DroppedTotal);
        await using var broker = await TestBroker.StartAsync(port);
        reporter.Start();
        await reporter.UntilAsync(s => s.PublishedTotal == 4);

        Assert.Equal([Online, "b", "7", "8", "9"], broker.Published.Select(p => p.Payload));
        Assert.Contains(
            "x0tta6bl4_mqtt_dropped_total{kind=\"mesh\",reason=\"full\"} 7\n",
            await reporter.ScrapeAsync());
    }

    [Fact]
    public async Task A_refused_connection_is_told_in_the_brokers_words_and_tried_again()
    {
        await using var broker = await TestBroker.StartAsync();
        var refusals = 0;
        broker.OnConnect = args =>
        {
            if (refusals++ < 3)
            {
                args.ReasonCode = MqttConnectReasonCode.NotAuthorized;
                args.ReasonString = "who are you?";
            }
        };
        await using var reporter = new TestReporter(broker.Port);
        reporter.Start();

        var state = await reporter.UntilAsync(s => s.LastError is not null);
        Assert.Equal("the broker refused the connection: not authorized (who are you?)", state.LastError);
        await reporter.UntilAsync(s => s.Connected);
        Assert.Contains("\nx0tta6bl4_mqtt_connect_failures_total 3\n", await reporter.ScrapeAsync());
        Assert.Contains("\"event\":5001", reporter.Log);
    }

    [Fact]
    public async Task A_message_the_broker_will_never_take_is_dropped_and_the_rest_goes_on()
    {
        await using var broker = await TestBroker.StartAsync();
        broker.OnPublish = args =>
        {
            if (args.ApplicationMessage.Topic.EndsWith("/secret", StringComparison.Ordinal))
            {
                args.ProcessPublish = false;
                args.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            }
        };
        await using var reporter = new TestReporter(broker.Port);
        reporter.Offer("mesh", "secret", "no");
        reporter.Offer("mesh", "mesh", "yes");
        reporter.Start();

        await reporter.UntilAsync(s => s is { PublishedTotal: 1, DroppedTotal: 1, QueueMessages: 0 });

        Assert.Equal([Online, "yes"], broker.Published.Select(p => p.Payload));
        Assert.Contains(
            "x0tta6bl4_mqtt_dropped_total{kind=\"mesh\",reason=\"rejected\"} 1\n",
            await reporter.ScrapeAsync());
        Assert.Contains("\"event\":5002", reporter.Log);
    }

    [Fact]
    public async Task A_broker_over_its_quota_gets_the_message_again()
    {
        await using var broker = await TestBroker.StartAsync();
        var refusals = 0;
        broker.OnPublish = args =>
        {
            if (args.ApplicationMessage.Topic.EndsWith("/mesh", StringComparison.Ordinal) && refusals++ < 2)
            {
                args.ProcessPublish = false;
                args.Response.ReasonCode = MqttPubAckReasonCode.QuotaExceeded;
            }
        };
        await using var reporter = new TestReporter(broker.Port);
        reporter.Offer("mesh", "mesh", "1");
        reporter.Start();

        var state = await reporter.UntilAsync(s => s is { PublishedTotal: 1, QueueMessages: 0 });

        Assert.Equal(0, state.DroppedTotal);
        Assert.Equal("the broker did not take a message: quota exceeded", state.LastError);
    }

    [Fact]
    public async Task A_connection_that_breaks_while_sending_loses_nothing()
    {
        await using var broker = await TestBroker.StartAsync();
        var random = new Random(7);
        broker.OnPublish = args => args.CloseConnection = random.Next(4) == 0;
        await using var reporter = new TestReporter(broker.Port);
        reporter.Start();
        for (var i = 0; i < 40; i++)
        {
            reporter.Offer("mesh", "mesh", $"{i}");
        }

        var state = await reporter.UntilAsync(s => s is { PublishedTotal: 40, QueueMessages: 0 });

        Assert.Equal(0, state.DroppedTotal);
        Assert.InRange(state.Reconnects, 1, 100);
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => $"{i}"),
            broker
                .Published.Where(p => p.Topic.EndsWith("/mesh", StringComparison.Ordinal))
                .Select(p => p.Payload)
                .Distinct());
    }

    [Fact]
    public async Task A_stop_says_offline_and_a_break_leaves_the_will()
    {
        await using var broker = await TestBroker.StartAsync();
        Stream? wire = null;
        await using (
            var reporter = new TestReporter(
                broker.Port,
                dialer: async (host, port, token) =>
            {
                var link = await PlainTcp.DialAsync(host, port, token);
                wire = link.Stream;
                return link;
            }))
        {
            reporter.Start();
            await reporter.UntilAsync(s => s.Connected);
            var status = $"{reporter.Options.TopicRoot}/status";
            Assert.Equal(Online, (await broker.RetainedAsync())[status]);

            await wire!.DisposeAsync();
            await broker.UntilAsync(() =>
                broker.Published.Any(p => p.Payload == """{"version":1,"state":"offline","reason":"lost"}"""));

            await reporter.UntilAsync(s => s is { Connected: true, Reconnects: 1 });
            await reporter.StopAsync();
            Assert.Equal(
                """{"version":1,"state":"offline","reason":"stopped"}""",
                (await broker.RetainedAsync())[status]);
            Assert.Contains("\"event\":5003", reporter.Log);
            Assert.False(reporter.Reporter.State.Value.Connected);
        }

        await Task.Delay(200);
        Assert.Equal("""{"version":1,"state":"offline","reason":"stopped"}""", broker.Published.Last().Payload);
    }

    [Fact]
    public async Task Two_nodes_of_one_name_are_told_so()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = new TestReporter(
            broker.Port,
            o => o with { BackoffMin = TimeSpan.FromSeconds(20), BackoffMax = TimeSpan.FromSeconds(20) });
        first.Start();
        await first.UntilAsync(s => s.Connected);
        await using var second = new TestReporter(broker.Port);
        second.Start();

        var state = await first.UntilAsync(s => !s.Connected);

        Assert.Equal(
            "another client connected as x0tta6bl4-roof-a; give each router of a site its own node.name",
            state.LastError);
    }

    [Fact]
    public async Task Sources_report_on_connecting_and_at_the_interval_and_a_broken_one_costs_only_itself()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var reporter = new TestReporter(
            broker.Port,
            o => o with { ReportInterval = TimeSpan.FromSeconds(1) });
        var renders = 0;
        reporter.Reporter.AddSource("board", "board", () => throw new IOException("gone"));
        reporter.Reporter.AddSource("none", "none", () => null);
        reporter.Reporter.AddSource("mesh", "mesh", () => System.Text.Encoding.ASCII.GetBytes($"{++renders}"));
        reporter.Start();

        await reporter.UntilAsync(s => s.PublishedTotal == 3);

        Assert.Equal([Online, "1", "2", "3"], broker.Published.Select(p => p.Payload));
        Assert.Contains("\"event\":5005", reporter.Log);
    }

    [Fact]
    public async Task Silence_is_broken_by_pings_and_the_connection_holds()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var reporter = new TestReporter(broker.Port, o => o with { KeepAlive = TimeSpan.FromSeconds(1) });
        reporter.Start();

        await reporter.UntilAsync(s => s.Connected);
        await broker.UntilAsync(() => broker.Pings >= 3);

        Assert.Equal((true, 0L), (reporter.Reporter.State.Value.Connected, reporter.Reporter.State.Value.Reconnects));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/mesh")]
    [InlineData("mesh/")]
    [InlineData("a//b")]
    [InlineData("mesh/+")]
    [InlineData("#")]
    [InlineData("a\0b")]
    public async Task A_suffix_that_is_no_topic_is_a_programmers_error(string suffix)
    {
        await using var reporter = new TestReporter(1);
        Assert.Throws<ArgumentException>(() => reporter.Offer("mesh", suffix, "x"));
        Assert.Throws<ArgumentException>(() => reporter.Reporter.AddSource("mesh", suffix, () => null));
    }

    [Fact]
    public void Unusable_options_are_refused_with_what_to_change()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new TestReporter(1883, o => o with { Host = "broker.example" }));

        Assert.Contains("leave mqtt.tls out or true", error.Message);
    }
}
