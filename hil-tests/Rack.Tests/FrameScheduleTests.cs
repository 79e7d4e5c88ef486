using X0tta6bl4.Rack.Links;

namespace X0tta6bl4.Rack.Tests;

/// <summary>The relay's decisions: deterministic by seed, and each fault does what its name says.</summary>
public class FrameScheduleTests
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    [Fact]
    public void A_perfect_link_delivers_every_frame_at_once_and_in_order()
    {
        var schedule = new FrameSchedule(1);
        for (var i = 0; i < 100; i++)
        {
            schedule.Offer([(byte)i], TimeSpan.FromMilliseconds(i));
        }

        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => (byte)i),
            TakeAll(schedule, TimeSpan.FromMilliseconds(99)).Select(f => f[0]));
        Assert.Equal(100, schedule.Counters.Delivered);
    }

    [Fact]
    public void The_same_seed_gives_the_same_fates_and_another_seed_other_ones()
    {
        var profile = new LinkProfile
        {
            Loss = 0.2,
            Duplication = 0.2,
            Reordering = 0.2,
            Corruption = 0.2,
            Delay = TimeSpan.FromMilliseconds(5),
            Jitter = TimeSpan.FromMilliseconds(20),
        };

        Assert.Equal(Run(7, profile), Run(7, profile));
        Assert.NotEqual(Run(7, profile), Run(8, profile));
    }

    [Fact]
    public void Turning_one_fault_on_does_not_shift_the_fate_of_another()
    {
        var lossOnly = new LinkProfile { Loss = 0.3 };
        var lossAndMore = lossOnly with { Duplication = 0.5, Jitter = TimeSpan.FromMilliseconds(10) };

        Assert.Equal(
            Run(3, lossOnly).Select(f => f[0]).Distinct().Order(),
            Run(3, lossAndMore).Select(f => f[0]).Distinct().Order());
    }

    [Fact]
    public void A_cut_link_delivers_nothing_and_counts_it()
    {
        var schedule = new FrameSchedule(1) { Profile = LinkProfile.Perfect with { IsCut = true } };

        schedule.Offer([1], TimeSpan.Zero);

        Assert.Empty(TakeAll(schedule, Never));
        Assert.Equal(1, schedule.Counters.Cut);
    }

    [Fact]
    public void Loss_is_about_as_often_as_asked()
    {
        var schedule = new FrameSchedule(5) { Profile = LinkProfile.Perfect with { Loss = 0.25 } };
        for (var i = 0; i < 2000; i++)
        {
            schedule.Offer([0], TimeSpan.Zero);
        }

        Assert.InRange(schedule.Counters.Lost, 400, 600);
    }

    [Fact]
    public void Delay_holds_a_frame_until_its_time()
    {
        var late = LinkProfile.Perfect with { Delay = TimeSpan.FromMilliseconds(30) };
        var schedule = new FrameSchedule(1) { Profile = late };

        schedule.Offer([1], TimeSpan.FromMilliseconds(10));

        Assert.Equal(TimeSpan.FromMilliseconds(40), schedule.NextDue);
        Assert.False(schedule.TryTake(TimeSpan.FromMilliseconds(39), out _));
        Assert.True(schedule.TryTake(TimeSpan.FromMilliseconds(40), out _));
    }

    [Fact]
    public void Jitter_keeps_the_order()
    {
        var sent = Run(11, LinkProfile.Perfect with { Jitter = TimeSpan.FromMilliseconds(50) });

        Assert.Equal(sent.Select(f => f[0]).Order(), sent.Select(f => f[0]));
    }

    [Fact]
    public void Reordering_lets_later_frames_overtake()
    {
        var sent = Run(11, LinkProfile.Perfect with { Reordering = 0.3 });

        Assert.NotEqual(sent.Select(f => f[0]).Order(), sent.Select(f => f[0]));
        Assert.Equal(100, sent.Count);
    }

    [Fact]
    public void Corruption_flips_one_bit_behind_the_addresses()
    {
        var schedule = new FrameSchedule(1) { Profile = LinkProfile.Perfect with { Corruption = 1 } };
        var frame = new byte[60];

        schedule.Offer(frame, TimeSpan.Zero);

        Assert.True(schedule.TryTake(TimeSpan.Zero, out var got));
        Assert.Equal(1, got.Sum(b => System.Numerics.BitOperations.PopCount(b)));
        Assert.All(got[..12], b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_frame_too_short_to_corrupt_passes()
    {
        var schedule = new FrameSchedule(1) { Profile = LinkProfile.Perfect with { Corruption = 1 } };

        schedule.Offer(new byte[12], TimeSpan.Zero);

        Assert.True(schedule.TryTake(TimeSpan.Zero, out _));
    }

    [Fact]
    public void Too_many_waiting_frames_are_dropped_and_counted()
    {
        var schedule = new FrameSchedule(1) { Profile = LinkProfile.Perfect with { Delay = Never } };
        for (var i = 0; i < FrameSchedule.WaitingMax + 10; i++)
        {
            schedule.Offer([0], TimeSpan.Zero);
        }

        Assert.Equal(10, schedule.Counters.Overflowed);
    }

    [Fact]
    public void An_injected_frame_passes_a_cut_link()
    {
        var schedule = new FrameSchedule(1) { Profile = LinkProfile.Perfect with { IsCut = true } };

        schedule.Inject([9], TimeSpan.Zero);

        Assert.True(schedule.TryTake(TimeSpan.Zero, out var frame));
        Assert.Equal(9, frame[0]);
    }

    private static List<byte[]> Run(int seed, LinkProfile profile)
    {
        var schedule = new FrameSchedule(seed) { Profile = profile };
        for (var i = 0; i < 100; i++)
        {
            schedule.Offer([(byte)i, .. new byte[20]], TimeSpan.FromMilliseconds(i));
        }

        return TakeAll(schedule, Never);
    }

    private static List<byte[]> TakeAll(FrameSchedule schedule, TimeSpan now)
    {
        var frames = new List<byte[]>();
        while (schedule.TryTake(now, out var frame))
        {
            frames.Add(frame);
        }

        return frames;
    }
}
