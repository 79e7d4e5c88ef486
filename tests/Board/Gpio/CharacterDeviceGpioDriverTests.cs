using System.Collections.Concurrent;
using System.Device.Gpio;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Tests.TestKit;

namespace X0tta6bl4.Board.Tests.Gpio;

public sealed class CharacterDeviceGpioDriverTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly FakeGpioKernel _kernel = new();
    private readonly CharacterDeviceGpioDriver _driver;
    private readonly GpioController _controller;

    public CharacterDeviceGpioDriverTests()
    {
        _driver = new CharacterDeviceGpioDriver("/dev/gpiochip0", _kernel);
        _controller = new GpioController(_driver);
    }

    public void Dispose()
    {
        _controller.Dispose();
        _kernel.Dispose();
    }

    [Fact]
    public void The_chip_and_its_named_lines_are_found()
    {
        Assert.Equal(("gpiochip0", "9030000.pl061", 8), (_driver.Name, _driver.Label, _controller.PinCount));
        Assert.Equal(6, _driver.FindLine("LINE6"));
        Assert.Null(_driver.FindLine("LINE9"));
    }

    [Fact]
    public void A_line_is_requested_as_it_is_and_then_driven_without_a_glitch()
    {
        _controller.OpenPin(4, PinMode.Output, PinValue.High);
        _controller.Write(4, PinValue.Low);

        // flags 8 = output, attribute 2 = output values
        Assert.Equal(["request 4 'x0tta6bl4' flags=0", "config 4 flags=8 attr2=1/1"], _kernel.Calls);
        Assert.Equal(0UL, _kernel.Values[4]);
        Assert.Equal(PinValue.Low, _controller.Read(4));
        _controller.Toggle(4);
        Assert.Equal(1UL, _kernel.Values[4]);
    }

    [Fact]
    public void Active_low_pull_debounce_and_edges_reach_the_kernel()
    {
        _driver.Configure(3, new GpioLineOptions(ActiveLow: true, TimeSpan.FromMilliseconds(30)));
        _controller.OpenPin(3, PinMode.InputPullUp);
        PinChangeEventHandler handler = (_, _) => { };
        _controller.RegisterCallbackForPinValueChangedEvent(3, PinEventTypes.Rising | PinEventTypes.Falling, handler);
        _controller.UnregisterCallbackForPinValueChangedEvent(3, handler);

        Assert.Equal(
            [
                "request 3 'x0tta6bl4' flags=2",
                "config 3 flags=106 attr3=30000/1", // active-low, input, pull-up; debounce in µs
                "config 3 flags=136 attr3=30000/1", // and both edges
                "config 3 flags=106 attr3=30000/1",
            ],
            _kernel.Calls);
    }

    [Fact]
    public void Edges_arrive_with_the_kernels_time()
    {
        var seen = new BlockingCollection<PinValueChangedEventArgs>();
        _controller.OpenPin(3, PinMode.Input);
        _controller.RegisterCallbackForPinValueChangedEvent(3, PinEventTypes.Rising | PinEventTypes.Falling, (_, e) => seen.Add(e));

        _kernel.Edge(3, isRising: true, 5_000_000_000);
        _kernel.Edge(3, isRising: false, 5_250_000_000);

        Assert.True(seen.TryTake(out var rising, Soon));
        Assert.True(seen.TryTake(out var falling, Soon));
        Assert.Equal((PinEventTypes.Rising, 3), (rising.ChangeType, rising.PinNumber));
        Assert.Equal(PinEventTypes.Falling, falling.ChangeType);
        Assert.Equal(
            TimeSpan.FromMilliseconds(250),
            Assert.IsType<GpioEdgeEventArgs>(falling).Timestamp - Assert.IsType<GpioEdgeEventArgs>(rising).Timestamp);
    }

    [Fact]
    public void A_line_opened_while_the_thread_waits_is_heard_too()
    {
        var seen = new BlockingCollection<int>();
        foreach (var pin in new[] { 1, 2, 5 })
        {
            _controller.OpenPin(pin, PinMode.Input);
            _controller.RegisterCallbackForPinValueChangedEvent(pin, PinEventTypes.Rising, (_, e) => seen.Add(e.PinNumber));
        }

        _kernel.Edge(5, isRising: true, 1);

        Assert.True(seen.TryTake(out var pinSeen, Soon));
        Assert.Equal(5, pinSeen);
    }

    [Fact]
    public void A_closed_line_is_given_back_even_while_the_thread_waits_on_it()
    {
        _controller.OpenPin(3, PinMode.Input);
        _controller.RegisterCallbackForPinValueChangedEvent(3, PinEventTypes.Rising, (_, _) => { });
        Assert.False(_kernel.IsReleased(3));

        _controller.ClosePin(3);

        Assert.True(SpinWait.SpinUntil(() => _kernel.IsReleased(3), Soon));
    }

    [Fact]
    public void Dispose_ends_the_thread_and_releases_every_line()
    {
        _controller.OpenPin(1, PinMode.Input);
        _controller.OpenPin(2, PinMode.Output);
        _controller.RegisterCallbackForPinValueChangedEvent(1, PinEventTypes.Rising, (_, _) => { });

        _controller.Dispose();

        Assert.True(_kernel.IsReleased(1));
        Assert.True(_kernel.IsReleased(2));
    }

    [Fact]
    public void A_handler_that_throws_is_counted_and_the_next_edge_arrives()
    {
        var seen = new BlockingCollection<int>();
        _controller.OpenPin(3, PinMode.Input);
        _controller.RegisterCallbackForPinValueChangedEvent(3, PinEventTypes.Rising, (_, _) => throw new InvalidOperationException("bad handler"));
        _controller.RegisterCallbackForPinValueChangedEvent(3, PinEventTypes.Rising, (_, e) => seen.Add(e.PinNumber));

        _kernel.Edge(3, isRising: true, 1);
        _kernel.Edge(3, isRising: true, 2);

        Assert.True(seen.TryTake(out _, Soon));
        Assert.True(seen.TryTake(out _, Soon));
        Assert.Equal(2, _driver.HandlerFailures);
    }

    [Fact]
    public void An_unplugged_chip_is_no_longer_waited_for_so_nothing_spins()
    {
        _controller.OpenPin(3, PinMode.Input);
        _controller.RegisterCallbackForPinValueChangedEvent(3, PinEventTypes.Rising, (_, _) => { });

        _kernel.Unplug(3);

        Assert.True(SpinWait.SpinUntil(() => _driver.LinesListened == 0, Soon));
        _controller.ClosePin(3);
    }

    [Fact]
    public async Task Waiting_for_an_edge_ends_with_the_edge_or_with_the_token()
    {
        _controller.OpenPin(3, PinMode.Input);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        Assert.True(_controller.WaitForEvent(3, PinEventTypes.Rising, cancelled.Token).TimedOut);

        var waiting = Task.Run(() => _controller.WaitForEvent(3, PinEventTypes.Rising, CancellationToken.None));
        // An edge from before anybody asked for edges is nobody's: the thread may still read it for the first wait.
        Assert.True(SpinWait.SpinUntil(() => _driver.LinesListened == 1, Soon));
        _kernel.Edge(3, isRising: true, 1);
        Assert.Equal(PinEventTypes.Rising, (await waiting.WaitAsync(Soon)).EventTypes);
    }

    [Fact]
    public void A_held_line_and_an_absent_chip_say_what_where_and_why()
    {
        _kernel.Busy.Add(3);

        var busy = Assert.Throws<LinuxException>(() => _controller.OpenPin(3));
        Assert.Equal(Errno.EBUSY, busy.Errno);
        Assert.StartsWith("/dev/gpiochip0: GPIO_V2_GET_LINE_IOCTL line 3: ", busy.Message, StringComparison.Ordinal);
        Assert.Equal("reset", _driver.HolderOf(3));
        Assert.Null(_driver.HolderOf(4));
        Assert.Throws<LinuxException>(() => new CharacterDeviceGpioDriver("/dev/gpiochip9", _kernel));
    }

    [Fact]
    public unsafe void A_constructor_that_failed_closes_its_descriptor_once_and_no_other()
    {
        using var refused = new FakeGpioKernel { ChipInfoAnswer = -Errno.EINVAL };
        Assert.Throws<LinuxException>(() => new CharacterDeviceGpioDriver("/dev/gpiochip0", refused));
        Assert.Throws<LinuxException>(() => new CharacterDeviceGpioDriver("/dev/gpiochip9", refused));

        // Somebody else gets the freed number; the finalizer of the failed driver must leave it alone.
        var pipes = Enumerable.Range(0, 16).Select(_ => FakeGpioKernel.NewPipe()).ToArray();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        foreach (var fd in pipes.SelectMany(p => p))
        {
            var poll = new Libc.PollFd { Fd = fd };
            Assert.False(Libc.Poll(&poll, 1, 0) > 0 && (poll.Revents & Libc.POLLNVAL) != 0, $"descriptor {fd} was closed");
            _ = Libc.Close(fd);
        }
    }

    [Fact]
    public void The_real_kernel_refuses_what_is_no_gpio_chip()
    {
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => new CharacterDeviceGpioDriver("/dev/no-such-chip")).Errno);
        Assert.Contains(
            "GPIO_GET_CHIPINFO_IOCTL",
            Assert.Throws<LinuxException>(() => new CharacterDeviceGpioDriver("/dev/null")).Message,
            StringComparison.Ordinal);
    }
}
