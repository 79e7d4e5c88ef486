using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Tests.TestKit;

namespace X0tta6bl4.Board.Tests.Leds;

public sealed class LedPanelTests : IDisposable
{
    private readonly World _world = new();

    private static BoardDescription Board(params LedDescription[] leds) => BoardDescription.Generic("a,b") with { Leds = leds };

    private static LedDescription Sysfs(LedRole role, string name) => new(role, name, null);

    private LedPanel Open(BoardDescription board, GpioChips? chips = null, string bootId = "boot-1") => LedPanel.Open(
        board, _world.Sys.Root, chips ?? new GpioChips(_world.Sys.Root), new SavedLeds(_world.Sys.RunFolder, bootId),
        _world.Health, _world.Metrics, _world);

    [Fact]
    public void The_kernel_blinks_and_shines()
    {
        _world.Sys.Led("green:status", max: "1");
        using var panel = Open(Board(Sysfs(LedRole.Status, "green:status")));

        panel.Show(LedState.Joining, default);
        Assert.Equal("timer 500/500", _world.Sys.Shown("green:status"));
        panel.Show(LedState.Healthy, default);
        Assert.Equal("none 1", _world.Sys.Shown("green:status"));
        panel.Show(LedState.Fault, default);
        Assert.Equal("timer 100/100", _world.Sys.Shown("green:status"));
        Assert.Null(panel.Due);
    }

    [Fact]
    public void A_led_that_shows_the_state_already_is_not_written()
    {
        _world.Sys.Led("green:status");
        using var panel = Open(Board(Sysfs(LedRole.Status, "green:status")));
        panel.Show(LedState.Healthy, default);
        _world.Sys.Write("/sys/class/leds/green:status/brightness", "7");

        panel.Show(LedState.Degraded, default);

        Assert.Equal("none 7", _world.Sys.Shown("green:status"));
    }

    [Theory]
    [InlineData("[none] timer", "none 3")]
    [InlineData("none [timer]", "timer 500/500")]
    [InlineData("none timer [default-on]", "default-on 255")]
    public void The_end_restores_what_was_there(string triggers, string expected)
    {
        _world.Sys.Led("green:status", triggers, brightness: "3");
        var panel = Open(Board(Sysfs(LedRole.Status, "green:status")));
        panel.Show(LedState.Fault, default);
        panel.Show(LedState.Healthy, default);

        panel.Dispose();

        Assert.Equal(expected, _world.Sys.Shown("green:status"));
        Assert.False(_world.Sys.Exists("/run/leds.saved"));
    }

    [Fact]
    public void A_netdev_trigger_comes_back_with_its_interface()
    {
        _world.Sys.Led("blue:wan", "none timer [netdev]");
        foreach (var (attribute, value) in new[] { ("device_name", "wan"), ("link", "1"), ("tx", "1"), ("rx", "0"), ("interval", "50") })
        {
            _world.Sys.Write($"/sys/class/leds/blue:wan/{attribute}", value);
        }

        var panel = Open(Board(Sysfs(LedRole.Uplink, "blue:wan")));
        _world.Sys.Write("/sys/class/leds/blue:wan/device_name", "");
        _world.Sys.Write("/sys/class/leds/blue:wan/link", "0");

        panel.Dispose();

        Assert.Equal("netdev", _world.Sys.Read("/sys/class/leds/blue:wan/trigger"));
        Assert.Equal("wan", _world.Sys.Read("/sys/class/leds/blue:wan/device_name"));
        Assert.Equal("1", _world.Sys.Read("/sys/class/leds/blue:wan/link"));
    }

    [Fact]
    public void After_a_kill_the_next_process_restores_the_first_state_not_ours()
    {
        _world.Sys.Led("green:status", "none timer [default-on]", brightness: "1");
        Open(Board(Sysfs(LedRole.Status, "green:status"))).Show(LedState.Joining, default); // killed: no Dispose
        Assert.Equal("timer 500/500", _world.Sys.Shown("green:status"));

        Open(Board(Sysfs(LedRole.Status, "green:status"))).Dispose();

        Assert.StartsWith("default-on", _world.Sys.Shown("green:status"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_saved_state_of_another_boot_is_not_used()
    {
        _world.Sys.Led("green:status", "none timer [default-on]");
        Open(Board(Sysfs(LedRole.Status, "green:status"))).Show(LedState.Joining, default);
        _world.Sys.Led("green:status", "[none] timer", brightness: "9"); // the kernel of the next boot set it anew

        Open(Board(Sysfs(LedRole.Status, "green:status")), bootId: "boot-2").Dispose();

        Assert.Equal("none 9", _world.Sys.Shown("green:status"));
    }

    [Fact]
    public void A_saved_file_torn_anywhere_is_survived()
    {
        _world.Sys.Led("green:status");
        Open(Board(Sysfs(LedRole.Status, "green:status"))).Show(LedState.Joining, default);
        var whole = File.ReadAllBytes(_world.Sys.RunFolder + "/leds.saved");
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(_world.Sys.RunFolder + "/leds.saved", whole[..cut]);
            new SavedLeds(_world.Sys.RunFolder, "boot-1").Load();
        }
    }

    [Fact]
    public void A_missing_led_is_named_with_what_there_is_and_the_others_go_on()
    {
        _world.Sys.Led("green:status");
        using var panel = Open(Board(Sysfs(LedRole.Fault, "red:fault"), Sysfs(LedRole.Status, "green:status")));

        panel.Show(LedState.Healthy, default);

        Assert.Equal("board.led-missing(red:fault) Degraded", _world.Symptoms);
        Assert.Contains("(there: green:status)", _world.Health.Current.Value[0].Text, StringComparison.Ordinal);
        Assert.Equal("none 255", _world.Sys.Shown("green:status"));
        Assert.Equal([false, true], panel.Snapshot.Select(l => l.Present));
    }

    [Fact]
    public void Without_the_timer_trigger_a_blink_is_steady_light_and_a_symptom()
    {
        _world.Sys.Led("green:status", "[none] default-on");
        _world.Sys.Delete("/sys/class/leds/green:status/delay_on");
        using var panel = Open(Board(Sysfs(LedRole.Status, "green:status")));

        panel.Show(LedState.Booting, default);

        Assert.Equal("none 255", _world.Sys.Shown("green:status"));
        Assert.Equal("board.led-no-timer(green:status) Degraded", _world.Symptoms);
        panel.Show(LedState.Healthy, default);
        Assert.Equal("board.led-no-timer(green:status) Degraded", _world.Symptoms);
    }

    [Fact]
    public void A_led_that_vanishes_is_a_symptom_until_it_is_back()
    {
        _world.Sys.Led("green:status");
        using var panel = Open(Board(Sysfs(LedRole.Status, "green:status")));
        _world.Sys.Delete("/sys/class/leds/green:status/brightness");

        panel.Show(LedState.Healthy, default);
        Assert.Equal("board.led-failed(green:status) Degraded", _world.Symptoms);

        _world.Sys.Led("green:status");
        panel.Show(LedState.Joining, default);
        Assert.Equal("", _world.Symptoms);
    }

    [Fact]
    public void Restoring_goes_on_past_a_led_that_fails_and_keeps_the_file()
    {
        _world.Sys.Led("a", brightness: "1");
        _world.Sys.Led("b", brightness: "2");
        var panel = Open(Board(Sysfs(LedRole.Status, "a"), Sysfs(LedRole.Mesh, "b")));
        panel.Show(LedState.Fault, default);
        _world.Sys.Delete("/sys/class/leds/a/brightness");

        panel.Dispose();

        Assert.Equal("none 2", _world.Sys.Shown("b"));
        Assert.True(_world.Sys.Exists("/run/leds.saved"));
        Assert.Contains(_world.Log, l => l.StartsWith("2102 LED a could not be restored", StringComparison.Ordinal));
    }

    [Fact]
    public void A_plain_gpio_led_is_blinked_by_the_tick_and_left_dark()
    {
        var driver = new FakeGpioDriver();
        var line = new GpioLineRef("chip", 5, null, false, GpioBias.AsIs);
        var panel = Open(Board(new LedDescription(LedRole.Status, null, line)), driver.Chips("chip"));

        panel.Show(LedState.Booting, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromMilliseconds(500), panel.Due);
        panel.Tick(TimeSpan.FromMilliseconds(499));
        panel.Tick(TimeSpan.FromMilliseconds(500));
        panel.Tick(TimeSpan.FromMilliseconds(1000));
        panel.Show(LedState.Healthy, TimeSpan.FromMilliseconds(1100));
        Assert.Null(panel.Due);
        panel.Dispose();

        Assert.Equal("5=0 5=1 5=0 5=1 5=1 5=0", string.Join(' ', driver.Writes));
        Assert.False(driver.IsOpen(5));
    }

    [Fact]
    public void A_gpio_led_on_a_chip_that_is_not_there_or_a_line_that_is_held_is_a_symptom()
    {
        var driver = new FakeGpioDriver { OpenFailure = new LinuxException("GPIO_V2_GET_LINE_IOCTL line 5", "/dev/gpiochip0", 16) };
        var held = new GpioLineRef("chip", 5, null, false, GpioBias.AsIs);
        using var panel = Open(
            Board(
                new LedDescription(LedRole.Status, null, held),
                new LedDescription(LedRole.Mesh, null, held with { Chip = "nochip" }),
                new LedDescription(LedRole.Fault, null, held with { Offset = 99 })),
            driver.Chips("chip"));

        Assert.Equal(
            "board.led-missing(chip:5) Degraded; board.led-missing(chip:99) Degraded; board.led-missing(nochip:5) Degraded",
            _world.Symptoms);
    }

    public void Dispose() => _world.Dispose();
}
