using X0tta6bl4.Identity.Clock;

namespace X0tta6bl4.Identity.Tests.Clock;

public sealed class ValidationClockTests
{
    private static readonly DateTimeOffset Build = new(2026, 11, 24, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_right_clock_is_believed()
    {
        var time = new TwoClocks(Build.AddDays(3));
        var clock = new ValidationClock(time, Build);

        time.Pass(TimeSpan.FromHours(5));

        Assert.Equal((time.Wall, false, 0L), (clock.Now, clock.IsBehind, clock.SetBack));
    }

    [Fact]
    public void In_1970_it_is_the_build_and_goes_on_from_there()
    {
        var time = new TwoClocks(DateTimeOffset.UnixEpoch);
        var clock = new ValidationClock(time, Build);

        time.Pass(TimeSpan.FromMinutes(7));

        Assert.Equal((Build.AddMinutes(7), true), (clock.Now, clock.IsBehind));
    }

    [Fact]
    public void What_is_proven_past_raises_it_and_nothing_lowers_it()
    {
        var time = new TwoClocks(DateTimeOffset.UnixEpoch);
        var clock = new ValidationClock(time, Build);

        clock.Witness(Build.AddDays(30));
        time.Pass(TimeSpan.FromSeconds(10));
        clock.Witness(Build.AddDays(2));

        Assert.Equal(Build.AddDays(30).AddSeconds(10), clock.Now);
    }

    [Fact]
    public void A_clock_that_learns_the_time_is_believed_from_then_on()
    {
        var time = new TwoClocks(DateTimeOffset.UnixEpoch);
        var clock = new ValidationClock(time, Build);
        Assert.True(clock.IsBehind);

        time.Wall = Build.AddDays(400);

        Assert.Equal((Build.AddDays(400), false, 0L), (clock.Now, clock.IsBehind, clock.SetBack));
    }

    [Fact]
    public void Set_back_is_noticed_and_does_not_bring_back_what_has_expired()
    {
        var time = new TwoClocks(Build.AddDays(10));
        var clock = new ValidationClock(time, Build);
        clock.Witness(Build.AddDays(9));
        Assert.Equal(0, clock.SetBack);

        time.Wall = Build.AddDays(1);

        Assert.Equal((1L, true, Build.AddDays(9)), (clock.SetBack, clock.IsBehind, clock.Now));
        time.Pass(TimeSpan.FromDays(1));
        Assert.Equal(1, clock.SetBack);
    }

    [Fact]
    public void A_clock_that_is_corrected_by_little_was_not_set_back()
    {
        var time = new TwoClocks(Build.AddDays(10));
        var clock = new ValidationClock(time, Build);

        time.Wall -= TimeSpan.FromSeconds(4);

        Assert.Equal(0, clock.SetBack);
    }

    /// <summary>Whatever the wall clock does, the time to judge by never goes behind what is proven.</summary>
    [Fact]
    public void It_is_never_earlier_than_what_is_proven() => Gen
        .Select(Gen.Int[-2_000_000_000, 2_000_000_000], Gen.Int[0, 100_000], Gen.Int[-1000, 1000])
        .Array[1, 30]
        .Sample(steps =>
        {
            var time = new TwoClocks(Build);
            var clock = new ValidationClock(time, Build);
            var proven = Build;
            foreach (var (wall, pass, witness) in steps)
            {
                time.Wall = Build.AddSeconds(wall);
                time.Pass(TimeSpan.FromSeconds(pass));
                proven += TimeSpan.FromSeconds(pass);
                var moment = Build.AddHours(witness);
                clock.Witness(moment);
                proven = moment > proven ? moment : proven;
                Assert.True(clock.Now >= proven, $"{clock.Now:u} is before {proven:u}");
                Assert.Equal(time.Wall > proven ? time.Wall : proven, clock.Now);
            }
        });
}
