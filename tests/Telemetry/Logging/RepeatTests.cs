using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Logging;

namespace X0tta6bl4.Telemetry.Tests.Logging;

public class RepeatTests
{
    [Fact]
    public void Repeats_beyond_the_limit_are_summed_up_when_their_minute_is_over()
    {
        using var log = new TestLog(new LogOptions { RepeatsPerMinuteMax = 3 });

        for (var i = 0; i < 40; i++)
        {
            log.Logger.NeighbourAppeared("x", "mesh0", i);
        }

        Assert.Equal(3, log.Lines().Length);
        Assert.Equal(37, log.Log.LinesSuppressed);
        log.Time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(3, log.Lines().Length);
        log.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            """{"ts":"2026-11-23T20:01:00.123Z","uptime_s":102.500,"level":"info","event":1001,"name":"LinesSuppressed","component":"telemetry","msg":"37 more lines of event 9000 from mesh were held back within 60 s","suppressed":37,"of_event":9000,"of_component":"mesh","window_s":60}""",
            log.Lines()[^1]);
    }

    [Fact]
    public void The_next_minute_begins_afresh()
    {
        using var log = new TestLog(new LogOptions { RepeatsPerMinuteMax = 2 });

        for (var minute = 0; minute < 3; minute++)
        {
            for (var i = 0; i < 5; i++)
            {
                log.Logger.NeighbourAppeared("x", "mesh0", i);
            }

            log.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(3 * (2 + 1), log.Lines().Length);
        Assert.Equal(9, log.Log.LinesSuppressed);
    }

    [Fact]
    public void Another_event_and_another_component_are_not_held_back()
    {
        using var log = new TestLog(new LogOptions { RepeatsPerMinuteMax = 1 });

        log.Logger.NeighbourAppeared("x", "mesh0", 1);
        log.Logger.NeighbourAppeared("x", "mesh0", 1);
        log.Logger.ReadFailed("/x", new IOException());
        log.Log.CreateLogger("board").NeighbourAppeared("x", "mesh0", 1);

        Assert.Equal(3, log.Lines().Length);
    }

    [Fact]
    public void A_critical_line_always_passes()
    {
        using var log = new TestLog(new LogOptions { RepeatsPerMinuteMax = 1 });

        for (var i = 0; i < 20; i++)
        {
            log.Logger.LogCritical(new EventId(5), "dying");
        }

        Assert.Equal(20, log.Lines().Length);
    }

    [Fact]
    public void The_summary_has_the_worst_level_held_back()
    {
        using var log = new TestLog(new LogOptions { RepeatsPerMinuteMax = 1, Level = LogLevel.Warning });

        log.Logger.LogWarning(new EventId(5), "a");
        log.Logger.LogWarning(new EventId(5), "b");
        log.Logger.LogError(new EventId(5), "c");
        log.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Contains("\"level\":\"error\",\"event\":1001", log.Lines()[^1]);
    }

    [Fact]
    public void What_is_held_back_at_the_end_is_still_told()
    {
        using var output = new MemoryStream();
        using (var log = new AgentLog(new LogOptions { RepeatsPerMinuteMax = 1 }, output, TimeProvider.System))
        {
            log.CreateLogger("x").LogInformation(new EventId(5), "a");
            log.CreateLogger("x").LogInformation(new EventId(5), "a");
        }

        Assert.Contains("\"suppressed\":1", System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void Watching_more_events_than_the_limit_holds_nothing_back_and_grows_no_memory()
    {
        var filter = new RepeatFilter(1);
        for (var i = 0; i < RepeatFilter.EventsMax; i++)
        {
            Assert.True(filter.Admits(i, "c", LogLevel.Information, TimeSpan.Zero));
        }

        Assert.True(filter.Admits(9999, "c", LogLevel.Information, TimeSpan.Zero));
        Assert.True(filter.Admits(9999, "c", LogLevel.Information, TimeSpan.Zero));
        Assert.False(filter.Admits(0, "c", LogLevel.Information, TimeSpan.Zero));

        // A minute later the quiet ones have made room.
        Assert.True(filter.Admits(9999, "c", LogLevel.Information, RepeatFilter.Window));
        Assert.False(filter.Admits(9999, "c", LogLevel.Information, RepeatFilter.Window));
    }
}
