using Microsoft.Extensions.Time.Testing;

namespace X0tta6bl4.Tests;

/// <summary>
/// A clock moved by hand. Its monotonic side starts 42.5 s after boot and ticks in sevenths of 100 ns, so that code
/// which takes a timestamp for a time span is found out.
/// </summary>
internal sealed class TestTime() : FakeTimeProvider(Begin)
{
    internal static readonly DateTimeOffset Begin = new(2026, 11, 23, 20, 0, 0, 123, TimeSpan.Zero);
    private static readonly TimeSpan Boot = TimeSpan.FromSeconds(42.5);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond * 7;

    public override long GetTimestamp() => (base.GetTimestamp() - Begin.UtcTicks + Boot.Ticks) * 7;
}
