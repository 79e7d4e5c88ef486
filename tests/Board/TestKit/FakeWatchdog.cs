using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board.Tests.TestKit;

/// <summary>Only the device is faked: it counts feedings and remembers the order of what was done to it.</summary>
internal sealed class FakeWatchdog(List<string>? order = null) : IWatchdogDevice
{
    public List<string> Order { get; } = order ?? [];

    public string? FeedProblem { get; set; }

    public string? DisarmProblem { get; set; }

    public int Feeds { get; private set; }

    public WatchdogInfo Info { get; init; } = new(
        "/dev/watchdog0", "fake", WatchdogFlags.MagicClose, TimeSpan.FromSeconds(15), TimeSpan.Zero, false, WatchdogFlags.None);

    public TimeSpan? TimeLeft => TimeSpan.FromSeconds(9);

    public string? Feed()
    {
        Feeds += FeedProblem is null ? 1 : 0;
        return FeedProblem;
    }

    public string? Disarm()
    {
        Order.Add("disarm");
        return DisarmProblem;
    }

    public void Dispose() => Order.Add("close");
}
