using MQTTnet.Exceptions;
using X0tta6bl4.Peering.Mqtt;

namespace X0tta6bl4.Peering.Tests.Mqtt;

public class SmallPartsTests
{
    private static readonly MqttReporterOptions Fine = new() { Host = "127.0.0.1", Site = "roof", Node = "a-1" };

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("::1", true)]
    [InlineData("localhost", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("LOCALHOST", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("broker", false)]
    public void Plain_tcp_goes_to_this_machine_or_needs_the_operators_word(string host, bool allowed)
    {
        var problems = (Fine with { Host = host }).Problems();

        Assert.Equal(allowed, problems.Count == 0);
        Assert.Empty((Fine with { Host = host, IsEncrypted = true }).Problems());
        if (!allowed)
        {
            Assert.Contains("leave mqtt.tls out or true", problems[0]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("+")]
    [InlineData("#")]
    [InlineData("käse")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void A_name_that_is_no_topic_level_is_refused(string name)
    {
        Assert.Contains("node.name", Assert.Single((Fine with { Node = name }).Problems()));
        Assert.Contains("node.site", Assert.Single((Fine with { Site = name }).Problems()));
    }

    [Fact]
    public void Every_other_value_out_of_range_is_named()
    {
        var problems = (Fine with
        {
            Host = "",
            Port = 0,
            ReportInterval = TimeSpan.Zero,
            KeepAlive = TimeSpan.FromDays(1),
            QueueMessagesMax = 0,
        }).Problems();

        Assert.Collection(
            problems,
            p => Assert.Contains("mqtt.host", p),
            p => Assert.Contains("mqtt.port", p),
            p => Assert.Contains("mqtt.report_interval", p),
            p => Assert.Contains("mqtt.keep_alive", p),
            p => Assert.Contains("mqtt.queue_messages", p));
    }

    [Fact]
    public void Names_topics_and_brokers_are_what_people_expect()
    {
        Assert.Equal("x0tta6bl4/v1/roof/a-1", Fine.TopicRoot);
        Assert.Equal("x0tta6bl4-roof-a-1", Fine.ClientId);
        Assert.Equal("127.0.0.1:1883", Fine.Broker);
        Assert.Equal("[::1]:1883", (Fine with { Host = "::1" }).Broker);
    }

    [Fact]
    public void Pauses_double_up_to_the_most_and_are_jittered() =>
        Gen.Int.Sample(seed =>
        {
            var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(120), new Random(seed));
            var expected = 1.0;
            for (var i = 0; i < 12; i++)
            {
                Assert.InRange(backoff.Next().TotalSeconds, expected * 0.5, expected * 1.5);
                expected = Math.Min(expected * 2, 120);
            }

            backoff.Reset();
            Assert.InRange(backoff.Next().TotalSeconds, 0.5, 1.5);
        });

    [Fact]
    public void Routers_that_lost_their_broker_together_do_not_come_back_together()
    {
        var pauses = Enumerable
            .Range(0, 200)
            .Select(seed =>
                new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(120), new Random(seed)).Next().TotalSeconds)
            .ToArray();

        var busiest = pauses.GroupBy(p => (int)p).Max(g => g.Count());
        Assert.InRange(busiest, 1, 50);
    }

    [Fact]
    public void Frames_within_the_limit_pass_however_they_are_cut() =>
        Gen.Select(Gen.Int[0, 70_000].Array[1, 6], Gen.Int[1, 5000]).Sample((lengths, chunk) =>
        {
            var stream = lengths.SelectMany(Frame).ToArray();
            var guard = new PacketSizeGuard(70_000);
            for (var at = 0; at < stream.Length; at += chunk)
            {
                guard.Inspect(stream.AsSpan(at, Math.Min(chunk, stream.Length - at)));
            }
        });

    [Fact]
    public void A_frame_over_the_limit_is_refused_at_its_header() =>
        Gen.Int[1001, 268_435_455].Sample(length =>
        {
            var header = Header(length);
            var guard = new PacketSizeGuard(1000);
            guard.Inspect(header.AsSpan(0, header.Length - 1));
            Assert.Throws<MqttProtocolViolationException>(() => guard.Inspect(header.AsSpan(header.Length - 1)));
        });

    [Fact]
    public void A_length_that_never_ends_is_refused() =>
        Assert.Throws<MqttProtocolViolationException>(() =>
            new PacketSizeGuard(1000).Inspect([0x30, 0xFF, 0xFF, 0xFF, 0xFF]));

    private static IEnumerable<byte> Frame(int length) => [.. Header(length), .. new byte[length]];

    private static byte[] Header(int length)
    {
        List<byte> header = [0x30];
        do
        {
            header.Add((byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        return [.. header];
    }
}
