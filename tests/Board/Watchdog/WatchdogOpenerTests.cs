using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Tests.TestKit;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board.Tests.Watchdog;

public sealed class WatchdogOpenerTests : IDisposable
{
    private static readonly DeviceWatchdogDescription Description =
        new("/dev/watchdog0", TimeSpan.FromSeconds(30), null, ProcdHandover: true);

    private readonly World _world = new();
    private readonly Queue<int> _answers = new();

    public void Dispose() => _world.Dispose();

    private WatchdogOpener Opener(GpioChips? chips = null) => new(
        Open, chips ?? new GpioChips(_world.Sys.Root), new Procd(_world.Run), _world.Health, _world);

    private FakeWatchdog? Open(DeviceWatchdogDescription description, out int errno)
    {
        errno = _answers.Dequeue();
        _world.Run("open", [errno.ToString()]);
        return errno == 0 ? new FakeWatchdog() : null;
    }

    [Fact]
    public void A_free_device_is_opened_without_asking_procd()
    {
        _answers.Enqueue(0);
        var opener = Opener();

        Assert.NotNull(opener.Open(Description));
        Assert.False(opener.IsFromProcd);
        Assert.Equal(["open 0"], _world.Programs);
        Assert.Equal("", _world.Symptoms);
    }

    [Fact]
    public void A_busy_device_is_taken_over_from_procd_and_opened_at_once()
    {
        _answers.Enqueue(Errno.EBUSY);
        _answers.Enqueue(0);
        var opener = Opener();

        Assert.NotNull(opener.Open(Description));
        Assert.True(opener.IsFromProcd);
        Assert.Equal(
            ["open 16", """ubus call system watchdog {"magicclose":true,"stop":true}""", "open 0"],
            _world.Programs);
        Assert.Equal("", _world.Symptoms);
    }

    [Fact]
    public void When_procd_does_not_let_go_it_is_told_to_feed_again()
    {
        _answers.Enqueue(Errno.EBUSY);
        _answers.Enqueue(Errno.EBUSY);

        Assert.Null(Opener().Open(Description));
        Assert.Equal("""ubus call system watchdog {"magicclose":false,"stop":false}""", _world.Programs[^1]);
        Assert.Equal("board.watchdog-busy() Degraded", _world.Symptoms);
    }

    [Fact]
    public void Without_ubus_the_reason_is_in_the_symptom_and_in_the_log()
    {
        _answers.Enqueue(Errno.EBUSY);
        _world.ProgramAnswer = line => line.StartsWith("ubus", StringComparison.Ordinal)
            ? new ProgramResult(-1, "'ubus' cannot be started") : new ProgramResult(0, "");

        Assert.Null(Opener().Open(Description));
        Assert.Contains("'ubus' cannot be started", _world.Health.Current.Value[0].Text, StringComparison.Ordinal);
        Assert.Contains(_world.Log, l => l.StartsWith("2203", StringComparison.Ordinal) && l.Contains("'ubus'", StringComparison.Ordinal));
    }

    [Fact]
    public void Procd_is_left_alone_when_the_board_file_says_so()
    {
        _answers.Enqueue(Errno.EBUSY);

        Assert.Null(Opener().Open(Description with { ProcdHandover = false }));
        Assert.Equal(["open 16"], _world.Programs);
        Assert.Contains("procd_handover = true", _world.Health.Current.Value[0].Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.ENOENT, "board.watchdog-absent")]
    [InlineData(Errno.ENODEV, "board.watchdog-absent")]
    [InlineData(Errno.EPERM, "board.watchdog-denied")]
    [InlineData(Errno.EACCES, "board.watchdog-denied")]
    [InlineData(5, "board.watchdog-failed")]
    public void Every_failure_is_one_symptom_with_what_to_do(int errno, string code)
    {
        _answers.Enqueue(errno);

        Assert.Null(Opener().Open(Description));
        Assert.Equal($"{code}() Degraded", _world.Symptoms);
        Assert.NotEqual("", _world.Health.Current.Value[0].Fix);
    }

    [Fact]
    public void A_later_success_clears_the_symptom()
    {
        _answers.Enqueue(Errno.ENOENT);
        _answers.Enqueue(0);

        Assert.Null(Opener().Open(Description));
        Assert.NotNull(Opener().Open(Description));
        Assert.Equal("", _world.Symptoms);
    }

    [Fact]
    public void A_board_without_a_watchdog_says_so()
    {
        Assert.Null(Opener().Open(null));
        Assert.Equal("board.watchdog-absent() Degraded", _world.Symptoms);
    }

    [Fact]
    public void A_gpio_watchdog_is_fed_by_either_edge_and_disarmed_by_floating()
    {
        var driver = new FakeGpioDriver();
        var description = new GpioWatchdogDescription(
            new GpioLineRef("chip", 2, null, false, GpioBias.AsIs), TimeSpan.FromSeconds(1), AlwaysRunning: false);

        using var watchdog = Opener(driver.Chips("chip")).Open(description)!;
        Assert.Null(watchdog.Feed());
        Assert.Null(watchdog.Feed());
        Assert.Null(watchdog.Disarm());

        Assert.Equal(["2=1", "2=0"], driver.Writes[^2..]);
        Assert.Equal(System.Device.Gpio.PinMode.Input, driver.Mode(2));
    }

    [Fact]
    public void A_gpio_watchdog_that_cannot_stop_says_so()
    {
        var description = new GpioWatchdogDescription(
            new GpioLineRef("chip", 2, null, false, GpioBias.AsIs), TimeSpan.FromSeconds(1), AlwaysRunning: true);
        using var watchdog = Opener(new FakeGpioDriver().Chips("chip")).Open(description)!;

        Assert.Contains("always_running", watchdog.Disarm(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gpio_watchdog_on_an_absent_chip_is_a_symptom()
    {
        var description = new GpioWatchdogDescription(
            new GpioLineRef("chip", 2, null, false, GpioBias.AsIs), TimeSpan.FromSeconds(1), AlwaysRunning: false);

        Assert.Null(Opener(new FakeGpioDriver().Chips("other")).Open(description));
        Assert.Equal("board.watchdog-failed() Degraded", _world.Symptoms);
    }

    // A plain file takes the writes and refuses the ioctls: what is left is the driver's own order of things.
    [Fact]
    public void The_real_device_code_writes_what_the_kernel_expects()
    {
        _world.Sys.Write("/dev/watchdog0", "");
        _world.Sys.Write("/sys/class/watchdog/watchdog0/nowayout", "1\n");

        using var watchdog = DeviceWatchdog.Open(_world.Sys.Root, Description, out var errno)!;

        Assert.Equal(0, errno);
        Assert.True(watchdog.Info.NoWayOut);
        Assert.Equal(TimeSpan.FromSeconds(30), watchdog.Info.Timeout);
        Assert.Null(watchdog.Info.BootStatus);
        Assert.Null(watchdog.TimeLeft);
        Assert.Null(watchdog.Feed());
        Assert.Equal("x", _world.Sys.Read("/dev/watchdog0"));
        Assert.Contains("nowayout", watchdog.Disarm(), StringComparison.Ordinal);
        Assert.Equal("x", _world.Sys.Read("/dev/watchdog0")); // no 'V' when it would be a lie
    }

    [Fact]
    public void An_absent_device_gives_its_error_number()
    {
        Assert.Null(DeviceWatchdog.Open(_world.Sys.Root, Description, out var errno));
        Assert.Equal(Errno.ENOENT, errno);
    }

    [Fact]
    public void A_program_is_run_with_its_output_and_an_absent_one_is_no_exception()
    {
        Assert.Equal(new ProgramResult(0, "a b"), SystemPrograms.Run("echo", ["a b"]));
        Assert.Equal(1, SystemPrograms.Run("false", []).ExitCode);
        Assert.Equal(-1, SystemPrograms.Run("no-such-program-here", []).ExitCode);
    }
}
