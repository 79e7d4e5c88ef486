using System.Device.Gpio;
using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Tests.TestKit;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board.Tests;

public sealed class RouterBoardTests : IDisposable
{
    private static readonly BoardDescription Description = BoardDescription.Generic("acme,rocket") with
    {
        Model = "Acme Rocket",
        Leds = [new LedDescription(LedRole.Status, "green:status", null), new LedDescription(LedRole.Fault, "red:fault", null)],
        Buttons =
        [
            new ButtonDescription(
                "reset", new GpioLineRef("chip", 3, null, false, GpioBias.AsIs), TimeSpan.Zero, TimeSpan.FromSeconds(3)),
        ],
        Watchdog = new DeviceWatchdogDescription("/dev/watchdog0", TimeSpan.FromSeconds(15), null, true),
        ThermalZones = ["cpu-thermal", "no-such"],
    };

    private readonly World _world = new();
    private readonly FakeGpioDriver _gpio = new();

    public RouterBoardTests()
    {
        _world.Sys.Led("green:status", "none timer [default-on]", "1");
        _world.Sys.Led("red:fault");
        _world.Sys.Write("/sys/class/thermal/thermal_zone0/type", "gpu-thermal\n");
        _world.Sys.Write("/sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
        _world.Sys.Write("/sys/class/thermal/thermal_zone1/temp", "48250\n");
    }

    public void Dispose() => _world.Dispose();

    private RouterBoard Open(FakeWatchdog watchdog) =>
        RouterBoard.Open(Description, _world.Context(_world.Registry2), _gpio.Chips("chip"), Gives(watchdog));

    private static WatchdogOpener.OpenFunction Gives(FakeWatchdog watchdog) => (DeviceWatchdogDescription _, out int errno) =>
    {
        errno = 0;
        return watchdog;
    };

    [Fact]
    public void Opening_feeds_the_watchdog_shows_booting_and_reads_everything()
    {
        var watchdog = new FakeWatchdog();
        using var board = Open(watchdog);

        var snapshot = board.Latest.Value;

        Assert.Equal(1, watchdog.Feeds);
        Assert.Equal(("acme,rocket", "Acme Rocket", LedState.Booting), (snapshot.Id, snapshot.Model, snapshot.State));
        Assert.Equal("timer 500/500", _world.Sys.Shown("green:status"));
        Assert.Equal([48.25, null], snapshot.Thermal.Select(t => t.Celsius));
        Assert.Equal((true, 1L, "", 9.0), (
            snapshot.Watchdog!.Fed, snapshot.Watchdog.FeedsTotal, snapshot.Watchdog.HungLoops, snapshot.Watchdog.TimeLeft!.Value.TotalSeconds));
        Assert.Equal(ResetKind.PowerOrCrash, snapshot.LastReset.Kind);
        Assert.Equal("board.thermal-missing(no-such) Info", _world.Symptoms);
    }

    [Fact]
    public async Task The_loop_shows_what_is_wanted_at_once_and_beats()
    {
        using var board = Open(new FakeWatchdog());
        using var stop = new CancellationTokenSource();
        var pulse = Assert.Single(_world.Pulses.All, p => p.Name == "board");
        var changed = board.Changed;
        var loop = board.RunAsync(stop.Token);

        board.Show(LedState.Healthy);
        await changed.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(LedState.Healthy, board.Latest.Value.State);
        Assert.Equal("none 255", _world.Sys.Shown("green:status"));
        Assert.True(pulse.Beats > 0);
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task The_loop_looks_again_every_interval()
    {
        using var board = Open(new FakeWatchdog());
        using var stop = new CancellationTokenSource();
        var loop = board.RunAsync(stop.Token);
        _world.Sys.Write("/sys/class/thermal/thermal_zone1/temp", "-5000\n");
        var changed = board.Changed;

        while (board.Latest.Value.Thermal[0].Celsius != -5)
        {
            _world.Time.Advance(RouterBoard.LookInterval);
            await Task.Yield();
        }

        // A look is no news: nobody is woken for it.
        Assert.False(changed.IsCompleted);
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task A_hung_loop_shows_as_fault_whatever_else_is_wanted()
    {
        var watchdog = new FakeWatchdog { Info = new FakeWatchdog().Info with { Timeout = TimeSpan.FromMilliseconds(150) } };
        _world.Pulses.Register("netlink", TimeSpan.FromSeconds(10));
        using var board = Open(watchdog);
        board.Show(LedState.Healthy);

        _world.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.True(SpinWait.SpinUntil(() => _world.Symptoms.Contains("board.watchdog-starved", StringComparison.Ordinal), TimeSpan.FromSeconds(20)));
        using var stop = new CancellationTokenSource();
        var loop = board.RunAsync(stop.Token);
        await stop.CancelAsync();
        await loop.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal("timer 100/100", _world.Sys.Shown("green:status"));
        Assert.Equal("none 255", _world.Sys.Shown("red:fault"));
        Assert.Equal("netlink", board.Latest.Value.Watchdog!.HungLoops);
    }

    [Fact]
    public void The_end_disarms_restores_and_is_remembered_as_clean()
    {
        var watchdog = new FakeWatchdog();
        Open(watchdog).Dispose();

        Assert.Equal(["disarm", "close"], watchdog.Order);
        Assert.StartsWith("default-on", _world.Sys.Shown("green:status"), StringComparison.Ordinal);
        Assert.False(_gpio.IsOpen(3));

        _world.Sys.BootId("boot-2");
        Assert.Equal("clean", NextStart(new FakeWatchdog()).ToString());
    }

    [Fact]
    public void A_watchdog_without_a_way_out_is_said_to_stay_armed()
    {
        var watchdog = new FakeWatchdog { DisarmProblem = "nowayout" };

        Open(watchdog).Dispose();

        Assert.Contains(
            "2003 watchdog /dev/watchdog0 stays armed: nowayout; the board resets in 15 s unless somebody feeds it", _world.Log);
    }

    [Fact]
    public void A_requested_reboot_is_remembered()
    {
        var board = Open(new FakeWatchdog());
        board.NoteRebootRequested("update to 1.2");
        board.Dispose();

        _world.Sys.BootId("boot-2");
        Assert.Equal("requested: update to 1.2", NextStart(new FakeWatchdog()).ToString());
    }

    [Fact]
    public void A_kill_is_told_from_a_reset()
    {
        Open(new FakeWatchdog()); // killed: no Dispose

        Assert.Equal("agent-restart: it was killed or crashed", NextStart(new FakeWatchdog()).ToString());
        _world.Sys.BootId("boot-2");
        var reset = new FakeWatchdog { Info = new FakeWatchdog().Info with { BootStatus = WatchdogFlags.CardReset } };
        Assert.Equal("watchdog-silent: the agent was running", NextStart(reset).ToString());
    }

    [Fact]
    public void Procd_gives_the_device_up_and_gets_it_back_after_it_was_disarmed()
    {
        var order = new List<string>();
        _world.ProgramAnswer = line =>
        {
            order.Add(line);
            return new ProgramResult(0, "");
        };
        var attempts = 0;
        IWatchdogDevice? OpenDevice(DeviceWatchdogDescription description, out int errno)
        {
            errno = attempts++ == 0 ? Errno.EBUSY : 0;
            order.Add(errno == 0 ? "open" : "busy");
            return errno == 0 ? new FakeWatchdog(order) : null;
        }

        var board = RouterBoard.Open(Description, _world.Context(), _gpio.Chips("chip"), OpenDevice);
        Assert.True(board.Latest.Value.Watchdog!.FromProcd);
        board.Dispose();

        Assert.Equal(
            [
                "busy",
                """ubus call system watchdog {"magicclose":true,"stop":true}""",
                "open",
                "disarm",
                "close",
                """ubus call system watchdog {"magicclose":false,"stop":false}""",
            ],
            order);
        Assert.Contains("2004 watchdog /dev/watchdog0 given back to procd", _world.Log);
    }

    [Fact]
    public void A_hand_back_that_fails_is_an_error_in_the_log()
    {
        var attempts = 0;
        IWatchdogDevice? OpenDevice(DeviceWatchdogDescription description, out int errno)
        {
            errno = attempts++ == 0 ? Errno.EBUSY : 0;
            return errno == 0 ? new FakeWatchdog() : null;
        }

        var board = RouterBoard.Open(Description, _world.Context(), _gpio.Chips("chip"), OpenDevice);
        _world.ProgramAnswer = _ => new ProgramResult(4, "Command failed: Not found");
        board.Dispose();

        Assert.Contains(_world.Log, l => l.StartsWith("2005", StringComparison.Ordinal) && l.Contains("Not found", StringComparison.Ordinal));
    }

    [Fact]
    public void With_nothing_there_at_all_it_runs_and_says_what_is_missing()
    {
        using var bare = new World();
        using var board = RouterBoard.Open(Description, bare.Context());

        Assert.Null(board.Latest.Value.Watchdog);
        Assert.Equal(
            "board.button-unavailable(reset) Info; board.led-missing(green:status) Degraded; board.led-missing(red:fault) Degraded; "
                + "board.thermal-missing(cpu-thermal) Info; board.thermal-missing(no-such) Info; board.watchdog-absent() Degraded",
            bare.Symptoms);
    }

    [Fact]
    public async Task A_press_reaches_the_reader_and_the_snapshot_at_once()
    {
        using var board = Open(new FakeWatchdog());
        using var presses = board.Presses.Subscribe();
        using var stop = new CancellationTokenSource();
        var loop = board.RunAsync(stop.Token);
        var changed = board.Changed;

        _gpio.Edge(3, PinEventTypes.Rising);
        _world.Time.Advance(TimeSpan.FromSeconds(0.5));
        _gpio.Edge(3, PinEventTypes.Falling);

        Assert.True(presses.TryRead(out var press));
        Assert.Equal(new ButtonEvent("reset", PressKind.Short, TimeSpan.FromSeconds(0.5)), press);
        await changed.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, Assert.Single(board.Latest.Value.Buttons).Presses);
        await stop.CancelAsync();
        await loop;
    }

    [Fact]
    public async Task The_scrape_has_every_metric_and_base_units()
    {
        using var board = Open(new FakeWatchdog());

        var scrape = await World.ScrapeAsync(_world.Registry2);

        foreach (var line in new[]
        {
            "x0tta6bl4_board_info{board=\"acme,rocket\",model=\"Acme Rocket\"} 1",
            "x0tta6bl4_board_last_reset_info{kind=\"power-or-crash\"} 1",
            "x0tta6bl4_board_record_writes_total 1",
            "x0tta6bl4_board_temperature_celsius{zone=\"cpu-thermal\"} 48.25",
            "x0tta6bl4_board_temperature_celsius{zone=\"no-such\"} NaN",
            "x0tta6bl4_board_button_presses_dropped_total 0",
            "x0tta6bl4_watchdog_feeds_total 1",
            "x0tta6bl4_watchdog_feed_errors_total 0",
            "x0tta6bl4_watchdog_starvations_total 0",
            "x0tta6bl4_watchdog_fed 1",
            "x0tta6bl4_watchdog_timeout_seconds 15",
            "x0tta6bl4_watchdog_time_left_seconds 9",
            "x0tta6bl4_led_present{role=\"status\"} 1",
            "x0tta6bl4_led_pattern_info{role=\"status\",pattern=\"slow-blink\"} 1",
            "x0tta6bl4_led_pattern_info{role=\"status\",pattern=\"on\"} 0",
            "x0tta6bl4_led_changes_total{role=\"status\"} 1",
        })
        {
            Assert.Contains(line + "\n", scrape, StringComparison.Ordinal);
        }
    }

    private ResetReason NextStart(FakeWatchdog watchdog)
    {
        using var next = new World();
        var context = _world.Context() with { Pulses = next.Pulses };
        // Not disposed on purpose: what is asked is only what the start found, and the record shall stay "running".
        return RouterBoard.Open(Description, context, new FakeGpioDriver().Chips("chip"), Gives(watchdog)).LastReset;
    }
}
