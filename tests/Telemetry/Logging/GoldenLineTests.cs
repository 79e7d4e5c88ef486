using System.Diagnostics;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Logging;

namespace X0tta6bl4.Telemetry.Tests.Logging;

/// <summary>The lines as they are documented in docs/logs.md, byte for byte.</summary>
public class GoldenLineTests
{
    [Fact]
    public void A_json_line_names_time_event_component_and_fields()
    {
        using var log = new TestLog();

        log.Logger.NeighbourAppeared("02:ba:de:af:fe:01", "mesh0", 1250);

        Assert.Equal(
            """{"ts":"2026-11-23T20:00:00.123Z","uptime_s":42.500,"level":"info","event":9000,"name":"NeighbourAppeared","component":"mesh","msg":"Neighbour 02:ba:de:af:fe:01 on mesh0 appeared after 1250 ms","neighbour":"02:ba:de:af:fe:01","hard_interface":"mesh0","after_ms":1250}""",
            log.Line());
    }

    [Fact]
    public void A_text_line_is_short_and_names_the_event()
    {
        using var log = new TestLog(new LogOptions { Format = LogFormat.Text });

        log.Logger.NeighbourAppeared("02:ba:de:af:fe:01", "mesh0", 1250);

        Assert.Equal(
            "2026-11-23T20:00:00.123Z info     mesh: Neighbour 02:ba:de:af:fe:01 on mesh0 appeared after 1250 ms [9000]",
            log.Line());
    }

    [Fact]
    public void A_line_inside_an_activity_carries_its_ids()
    {
        using var log = new TestLog();
        using var activity = new Activity("mape.analyze")
            .SetIdFormat(ActivityIdFormat.W3C)
            .SetParentId(
                ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c"),
                ActivitySpanId.CreateFromString("b7ad6b7169203331"))
            .Start();

        log.Logger.NeighbourAppeared("x", "y", 1);

        Assert.Contains(
            $"\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"span_id\":\"{activity.SpanId}\",\"neighbour\"",
            log.Line());
    }

    [Fact]
    public void An_exception_becomes_error_and_stack()
    {
        using var log = new TestLog();

        log.Logger.ReadFailed("/sys/x", Thrown(new IOException("no such device")));

        var line = log.Line();
        Assert.Contains("\"error\":\"IOException: no such device\",\"path\":\"/sys/x\",\"stack\":\"   at ", line);
        Assert.EndsWith("}", line);
    }

    public static TheoryData<object?, string> Values => new()
    {
        { null, "null" },
        { true, "true" },
        { 42, "42" },
        { ulong.MaxValue, "18446744073709551615" },
        { (byte)7, "7" },
        { 0.25, "0.25" },
        { 1.5m, "1.5" },
        { double.NaN, "\"NaN\"" },
        { TimeSpan.FromMilliseconds(1500), "1.5" },
        { LogLevel.Warning, "\"Warning\"" },
        { "quote \" back\\slash \n tab\t", "\"quote \\\" back\\\\slash \\n tab\\t\"" },
        { "grün 雪 😀", "\"grün 雪 \\uD83D\\uDE00\"" },
        { new Broken(), "\"(InvalidOperationException while formatting a Broken)\"" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_field_keeps_its_type(object? value, string json)
    {
        using var log = new TestLog(new LogOptions { Level = LogLevel.Debug });

        log.Logger.Log(
            LogLevel.Information,
            new EventId(1, "E"),
            new[] { KeyValuePair.Create("value", value) },
            null,
            (_, _) => "m");

        Assert.EndsWith($"\"msg\":\"m\",\"value\":{json}}}", log.Line());
    }

    [Theory]
    [InlineData("LastSeenMs", "last_seen_ms")]
    [InlineData("hardInterface", "hard_interface")]
    [InlineData("TQ", "tq")]
    [InlineData("already_snake", "already_snake")]
    [InlineData("Level", "level_")]
    [InlineData("msg", "msg_")]
    public void A_field_name_is_snake_case_and_never_hides_a_member_of_the_line(string name, string expected)
    {
        using var log = new TestLog();

        log.Logger.Log(LogLevel.Information, 1, new[] { KeyValuePair.Create(name, (object?)1) }, null, (_, _) => "m");

        Assert.EndsWith($",\"{expected}\":1}}", log.Line());
    }

    [Theory]
    [InlineData("X0tta6bl4.Board.Leds.LedBoard", "board")]
    [InlineData("X0tta6bl4.Mesh", "mesh")]
    [InlineData("agent", "agent")]
    [InlineData("System.Net", "System.Net")]
    public void The_component_is_the_module(string category, string component)
    {
        using var log = new TestLog();

        log.Log.CreateLogger(category).LogInformation(new EventId(1), "m");

        Assert.Contains($"\"component\":\"{component}\"", log.Line());
    }

    [Fact]
    public void A_message_that_cannot_be_formatted_is_still_a_line()
    {
        using var log = new TestLog();

        log.Logger.Log<object>(LogLevel.Warning, 1, new object(), null, (_, _) => throw new FormatException());

        Assert.Contains("(FormatException while formatting this message)", log.Line());
    }

    private static Exception Thrown(Exception error)
    {
        try
        {
            throw error;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    private sealed class Broken
    {
        public override string ToString() => throw new InvalidOperationException();
    }
}
