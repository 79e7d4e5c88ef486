using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Tests;

public class LedCaptureTests
{
    [Fact]
    public void A_line_of_QEMUs_trace_is_a_change()
    {
        var leds = new LedCapture();

        Assert.True(leds.FeedTrace("pl061_set_output /machine/unattached/device[6] setting output 5 to 1"));

        Assert.True(leds.IsOn(LedLine.Mesh));
        Assert.Equal(1, leds.Count(0));
    }

    [Fact]
    public void Writing_the_level_a_line_has_is_no_change()
    {
        var leds = new LedCapture();
        leds.Feed(4, true);
        leds.Feed(4, true);

        Assert.Equal(1, leds.Count(0));
    }

    [Theory]
    [InlineData("qemu-system-aarch64: warning: something")]
    [InlineData("pl061_read id offset 3fc")]
    [InlineData("pl061_set_output garbage")]
    public void Other_lines_are_left_to_others(string line) => Assert.False(new LedCapture().FeedTrace(line));

    [Fact]
    public void Changes_every_half_second_are_a_slow_blink() => Assert.Equal(LedSight.Slow, Judge(500, 5));

    [Fact]
    public void Changes_every_tenth_of_a_second_are_a_fast_blink() => Assert.Equal(LedSight.Fast, Judge(100, 20));

    [Fact]
    public void A_late_timer_does_not_break_the_rhythm() => Assert.Equal(
        LedSight.Slow,
        LedCapture.Judge(
            [.. new[] { 0, 500, 1000, 1900, 2010, 2510 }.Select(ms => TimeSpan.FromMilliseconds(ms))], isOn: true));

    [Fact]
    public void No_change_is_the_level_itself()
    {
        Assert.Equal(LedSight.On, LedCapture.Judge([], isOn: true));
        Assert.Equal(LedSight.Off, LedCapture.Judge([], isOn: false));
    }

    [Fact]
    public void Two_changes_are_too_few_to_tell() => Assert.Equal(LedSight.Unsteady, Judge(500, 2));

    private static LedSight Judge(int gapMs, int count) =>
        LedCapture.Judge(
            [.. Enumerable.Range(0, count).Select(i => TimeSpan.FromMilliseconds(i * gapMs))], isOn: false);
}
