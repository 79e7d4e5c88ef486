using X0tta6bl4.Board.Tests.TestKit;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board.Tests.Watchdog;

public sealed class WatchdogFeederTests : IDisposable
{
    private readonly World _world = new();
    private readonly FakeWatchdog _device = new();

    public void Dispose() => _world.Dispose();

    private WatchdogFeeder Feeder(FakeWatchdog? device = null)
    {
        var journal = new RunJournal(_world.Sys.StateFolder, "boot-1", _world.Health, _world.Metrics);
        journal.Begin(null);
        return new WatchdogFeeder(device ?? _device, _world.Pulses, journal, _world.Health, _world.Metrics, _world);
    }

    private RunRecord? Record => RunRecord.TryParse(File.ReadAllBytes(_world.Sys.StateFolder + "/last-run"));

    [Fact]
    public void It_feeds_while_every_loop_beats()
    {
        var netlink = _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        using var feeder = Feeder();
        for (var i = 0; i < 10; i++)
        {
            feeder.Step();
            _world.Time.Advance(TimeSpan.FromSeconds(5));
            netlink.Beat();
        }

        Assert.Equal(10, _device.Feeds);
        Assert.Equal("", _world.Symptoms);
        Assert.Equal(RunState.Running, Record?.State);
    }

    [Fact]
    public void A_hung_loop_is_written_down_before_feeding_ends()
    {
        _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        _world.Pulses.Register("raft", TimeSpan.FromSeconds(60));
        using var feeder = Feeder();
        feeder.Step();

        _world.Time.Advance(TimeSpan.FromSeconds(10.1));
        feeder.Step();
        feeder.Step();

        Assert.Equal(1, _device.Feeds);
        Assert.False(feeder.IsFed);
        Assert.Equal("netlink", feeder.Hung);
        Assert.Equal((RunState.Hung, "netlink"), (Record!.State, Record.Detail));
        Assert.Equal("board.watchdog-starved() Critical", _world.Symptoms);
        Assert.Single(_world.Log, l => l.StartsWith("2220", StringComparison.Ordinal));
    }

    [Fact]
    public void More_hung_loops_are_added_to_the_record()
    {
        _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        _world.Pulses.Register("raft", TimeSpan.FromSeconds(20));
        using var feeder = Feeder();
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        feeder.Step();
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        feeder.Step();

        Assert.Equal("netlink, raft", Record?.Detail);
    }

    [Fact]
    public void A_loop_that_comes_back_is_fed_for_again()
    {
        var netlink = _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        using var feeder = Feeder();
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        feeder.Step();

        netlink.Beat();
        feeder.Step();

        Assert.Equal(1, _device.Feeds);
        Assert.True(feeder.IsFed);
        Assert.Equal((RunState.Recovered, "netlink"), (Record!.State, Record.Detail));
        Assert.Equal("", _world.Symptoms);
    }

    [Fact]
    public async Task Hanging_and_recovering_for_ever_does_not_wear_out_the_flash()
    {
        var netlink = _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        using var feeder = Feeder();
        for (var i = 0; i < 1000; i++)
        {
            _world.Time.Advance(TimeSpan.FromSeconds(11));
            feeder.Step();
            netlink.Beat();
            feeder.Step();
        }

        var scrape = await World.ScrapeAsync(_world.Registry);
        // One for the start, two for each counted recovery, one for the hang that stays.
        Assert.Contains($"x0tta6bl4_board_record_writes_total {(RunJournal.RecoveriesMax * 2) + 2}\n", scrape, StringComparison.Ordinal);
        Assert.Equal(RunState.Hung, Record?.State);
        Assert.Equal(1000, _device.Feeds);
    }

    [Fact]
    public void A_device_that_cannot_be_fed_is_critical_until_it_can()
    {
        using var feeder = Feeder();
        _device.FeedProblem = "EIO";
        feeder.Step();
        feeder.Step();
        Assert.Equal("board.watchdog-feed-failed() Critical", _world.Symptoms);
        Assert.Single(_world.Log, l => l.StartsWith("2222", StringComparison.Ordinal));

        _device.FeedProblem = null;
        feeder.Step();
        Assert.Equal("", _world.Symptoms);
    }

    [Theory]
    [InlineData(15, 5)]
    [InlineData(6, 2)]
    [InlineData(300, 5)]
    [InlineData(0.09, 0.05)]
    public void It_feeds_three_times_a_timeout_within_bounds(double timeoutSeconds, double intervalSeconds)
    {
        var device = new FakeWatchdog { Info = new FakeWatchdog().Info with { Timeout = TimeSpan.FromSeconds(timeoutSeconds) } };
        using var feeder = Feeder(device);

        Assert.Equal(TimeSpan.FromSeconds(intervalSeconds), feeder.Interval);
    }

    [Fact]
    public void A_state_folder_that_cannot_be_written_is_a_symptom_and_no_reason_to_feed_a_hung_agent()
    {
        _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        using var feeder = Feeder();
        Directory.Delete(_world.Sys.StateFolder, recursive: true);
        _world.Time.Advance(TimeSpan.FromSeconds(11));

        feeder.Step();

        Assert.Equal(0, _device.Feeds);
        Assert.Contains("board.record-unwritable", _world.Symptoms, StringComparison.Ordinal);
        Assert.Contains("board.watchdog-starved", _world.Symptoms, StringComparison.Ordinal);
    }

    [Fact]
    public void The_thread_feeds_and_ends()
    {
        var device = new FakeWatchdog { Info = new FakeWatchdog().Info with { Timeout = TimeSpan.FromMilliseconds(150) } };
        var feeder = Feeder(device);
        feeder.Start();

        Assert.True(SpinWait.SpinUntil(() => feeder.Feeds >= 3, TimeSpan.FromSeconds(20)));
        feeder.Dispose();
        var fed = device.Feeds;
        Assert.False(SpinWait.SpinUntil(() => device.Feeds > fed, TimeSpan.FromMilliseconds(200)));
    }
}
