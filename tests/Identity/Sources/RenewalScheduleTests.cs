using X0tta6bl4.Identity.Sources;

namespace X0tta6bl4.Identity.Tests.Sources;

public sealed class RenewalScheduleTests
{
    private static readonly DateTimeOffset Now = new(2031, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 24)]
    [InlineData(0.5, 30)]
    [InlineData(1, 36)]
    public void An_hour_is_renewed_about_its_half(double chance, double minutes) =>
        Assert.Equal(Now.AddMinutes(minutes), RenewalSchedule.RenewalOf(Now, Now.AddHours(1), chance));

    [Fact]
    public void What_has_expired_is_renewed_at_once() =>
        Assert.Equal(Now, RenewalSchedule.RenewalOf(Now, Now.AddSeconds(-1), 0.9));

    /// <summary>An authority that is away from the renewal to the end is asked many times, and never in a tight loop.</summary>
    [Fact]
    public void Until_the_end_there_are_several_attempts_and_never_a_storm() => Gen
        .Select(Gen.Double[20, 100_000], Gen.Double[0, 1], Gen.Double[0, 1])
        .Sample((life, first, chance) =>
        {
            var end = Now.AddSeconds(life);
            var at = RenewalSchedule.RenewalOf(Now, end, first);
            Assert.InRange((at - Now).TotalSeconds, life * 0.399, life * 0.601);
            var attempts = 0;
            while (at < end)
            {
                attempts++;
                var pause = RenewalSchedule.PauseAfter(attempts, end - at, chance);
                Assert.InRange(pause.TotalSeconds, 0.89, 66.1);
                at += pause;
            }

            Assert.True(attempts >= 5, $"{attempts} attempts in {life:0} s");
        });

    [Fact]
    public void Afterwards_it_goes_on_once_a_minute() => Assert.Equal(
        TimeSpan.FromMinutes(1), RenewalSchedule.PauseAfter(1_000_000, TimeSpan.FromHours(-3), 0.5));
}
