using Microsoft.Extensions.Time.Testing;

namespace X0tta6bl4.Mesh.Tests;

public class RoundScheduleTests
{
    private static readonly MeshOptions Options = new();

    private readonly FakeTimeProvider _time = new();
    private readonly RoundSchedule _schedule;

    public RoundScheduleTests() => _schedule = new RoundSchedule(Options, _time);

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>One round as the loop does it; returns what it read.</summary>
    private static string Round(RoundSchedule schedule, TimeSpan? silentIn, bool isChanged = false)
    {
        var done = "";
        if (schedule.IsCheckDue)
        {
            schedule.Checked();
            done += "c";
        }

        var originators = schedule.AreOriginatorsDue;
        if (schedule.AreNeighboursDue || originators)
        {
            schedule.NeighboursRead(silentIn);
            done += "n";
        }

        if (originators)
        {
            schedule.OriginatorsRead();
            done += "o";
        }

        if (isChanged)
        {
            schedule.Changed();
        }

        return done;
    }

    private void Quiet()
    {
        for (var i = 0; i < 40; i++)
        {
            Round(_schedule, Ms(1500));
            _time.Advance(_schedule.DueIn);
        }
    }

    [Fact]
    public void Everything_is_looked_at_in_the_first_round() => Assert.Equal("cno", Round(_schedule, null));

    [Fact]
    public void A_quiet_mesh_is_looked_at_when_a_neighbour_can_have_become_silent()
    {
        Quiet();
        Round(_schedule, Ms(1300));
        Assert.InRange(_schedule.DueIn, Ms(0), Ms(1300));
        var looks = 0;
        for (var start = _time.GetTimestamp(); _time.GetElapsedTime(start) < TimeSpan.FromMinutes(1); _time.Advance(_schedule.DueIn))
        {
            looks += Round(_schedule, Ms(1500)).Contains('n', StringComparison.Ordinal) ? 1 : 0;
        }

        Assert.InRange(looks, 38, 44);
    }

    [Fact]
    public void A_change_brings_the_short_interval_back()
    {
        Quiet();
        Assert.True(_schedule.OriginatorsIn > TimeSpan.FromSeconds(1) || _schedule.AreOriginatorsDue);
        Round(_schedule, Ms(1900), isChanged: true);
        _time.Advance(Ms(1000));
        Assert.True(_schedule.AreOriginatorsDue);
        Round(_schedule, Ms(1900));
        Assert.InRange(_schedule.DueIn, Ms(0), Options.PollInterval);
    }

    [Fact]
    public void An_event_reads_the_originators_in_its_round()
    {
        Quiet();
        _schedule.Happened();
        Assert.Contains("no", Round(_schedule, Ms(1900)));
    }

    /// <summary>
    /// Whatever the tables say, whatever is configured and however often reading fails: the interfaces are checked at least
    /// every four seconds, the loop never waits longer than that, a neighbour is looked at no later than it can have become
    /// silent, and the originators no later than their longest interval.
    /// </summary>
    [Fact]
    public void No_look_is_ever_later_than_promised() => Gen.Select(
        Gen.Int[250, 10_000], Gen.Int[0, 50_000], Gen.Select(Gen.Int[0, 3_000], Gen.Int[0, 9]).Array[1, 200]).Sample(
        (poll, more, rounds) =>
        {
            var options = new MeshOptions { PollInterval = Ms(poll), PollIntervalMax = Ms(poll + more) };
            var time = new FakeTimeProvider();
            var schedule = new RoundSchedule(options, time);
            var (check, neighbours, originators) = (time.GetTimestamp(), time.GetTimestamp(), time.GetTimestamp());
            TimeSpan? promised = null;
            foreach (var (silentMs, what) in rounds)
            {
                var wait = schedule.DueIn;
                Assert.InRange(wait, TimeSpan.Zero, MeshLoop.CheckInterval);
                time.Advance(wait);
                if (what == 0)
                {
                    schedule.Failed();
                    promised = null;
                    continue;
                }

                if (what == 1)
                {
                    schedule.Happened();
                }

                var silentIn = Ms(silentMs);
                var done = Round(schedule, silentIn, isChanged: what == 2);
                var now = time.GetTimestamp();
                check = done.Contains('c', StringComparison.Ordinal) ? now : check;
                if (done.Contains('n', StringComparison.Ordinal))
                {
                    promised = silentIn;
                    neighbours = now;
                }

                originators = done.Contains('o', StringComparison.Ordinal) ? now : originators;
                Assert.True(time.GetElapsedTime(check, now) <= MeshLoop.CheckInterval, "check");
                Assert.True(promised is not { } due || time.GetElapsedTime(neighbours, now) <= due || done.Contains('n', StringComparison.Ordinal), "neighbours");
                Assert.True(time.GetElapsedTime(originators, now) <= options.PollIntervalMax + MeshLoop.CheckInterval, "originators");
            }
        },
        iter: 5_000);
}
