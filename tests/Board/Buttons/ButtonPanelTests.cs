using System.Device.Gpio;
using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Tests.TestKit;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Board.Tests.Buttons;

public sealed class ButtonPanelTests : IDisposable
{
    private const int Pin = 3;

    private static readonly BoardDescription Board = BoardDescription.Generic("a,b") with
    {
        Buttons =
        [
            new ButtonDescription(
                "reset", new GpioLineRef("chip", Pin, null, true, GpioBias.PullUp), TimeSpan.FromMilliseconds(30), TimeSpan.FromSeconds(3)),
        ],
    };

    private readonly World _world = new();
    private readonly FakeGpioDriver _driver = new();

    public void Dispose() => _world.Dispose();

    private FeedReader<ButtonEvent>? _presses;

    private ButtonPanel Open(GpioChips? chips = null)
    {
        var panel = new ButtonPanel(Board, chips ?? _driver.Chips("chip"), _world.Time, _world.Health, _world.Metrics, _world);
        _presses = panel.Presses.Subscribe();
        return panel;
    }

    private List<ButtonEvent> Drain()
    {
        var events = new List<ButtonEvent>();
        while (_presses!.TryRead(out var e))
        {
            events.Add(e);
        }

        return events;
    }

    [Fact]
    public void A_short_press_is_known_at_the_release()
    {
        using var panel = Open();

        _driver.Edge(Pin, PinEventTypes.Rising);
        _world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(Drain());
        _driver.Edge(Pin, PinEventTypes.Falling);

        Assert.Equal([new ButtonEvent("reset", PressKind.Short, TimeSpan.FromSeconds(1))], Drain());
    }

    [Fact]
    public void A_long_press_is_known_while_held_and_only_once()
    {
        using var panel = Open();

        _driver.Edge(Pin, PinEventTypes.Rising);
        _world.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([new ButtonEvent("reset", PressKind.Long, TimeSpan.FromSeconds(3))], Drain());

        _world.Time.Advance(TimeSpan.FromSeconds(3));
        _driver.Edge(Pin, PinEventTypes.Falling);
        Assert.Empty(Drain());
    }

    [Fact]
    public void Hold_time_comes_from_the_kernels_clock_not_from_when_we_got_round_to_it()
    {
        using var panel = Open();

        // Both edges reach us together, seconds late.
        _driver.Edge(Pin, PinEventTypes.Rising, TimeSpan.FromSeconds(100));
        _driver.Edge(Pin, PinEventTypes.Falling, TimeSpan.FromSeconds(100.2));
        _driver.Edge(Pin, PinEventTypes.Rising, TimeSpan.FromSeconds(101));
        _driver.Edge(Pin, PinEventTypes.Falling, TimeSpan.FromSeconds(105));

        Assert.Equal(
            [
                new ButtonEvent("reset", PressKind.Short, TimeSpan.FromSeconds(0.2)),
                new ButtonEvent("reset", PressKind.Long, TimeSpan.FromSeconds(3)),
            ],
            Drain());
    }

    [Fact]
    public void Lost_edges_cost_at_most_a_press()
    {
        using var panel = Open();

        _driver.Edge(Pin, PinEventTypes.Falling); // held since before we listened
        _driver.Edge(Pin, PinEventTypes.Rising, TimeSpan.FromSeconds(1));
        _driver.Edge(Pin, PinEventTypes.Rising, TimeSpan.FromSeconds(10));
        _driver.Edge(Pin, PinEventTypes.Falling, TimeSpan.FromSeconds(10.5));

        Assert.Equal([new ButtonEvent("reset", PressKind.Short, TimeSpan.FromSeconds(0.5))], Drain());
    }

    [Fact]
    public async Task Presses_nobody_reads_are_dropped_and_counted()
    {
        using var panel = Open();
        for (var i = 0; i < ButtonPanel.QueueMax + 5; i++)
        {
            _driver.Edge(Pin, PinEventTypes.Rising, TimeSpan.FromSeconds(i));
            _driver.Edge(Pin, PinEventTypes.Falling, TimeSpan.FromSeconds(i + 0.1));
        }

        Assert.Equal(ButtonPanel.QueueMax, Drain().Count);
        Assert.Equal(ButtonPanel.QueueMax + 5, panel.Snapshot[0].Presses);
        var scrape = await World.ScrapeAsync(_world.Registry);
        Assert.Contains("x0tta6bl4_board_button_presses_dropped_total 5\n", scrape, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_edges_give_at_most_one_press_a_push_and_never_throw() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 4000]).Array[0, 60].Sample(
            edges =>
            {
                using var world = new World();
                var driver = new FakeGpioDriver();
                using var panel = new ButtonPanel(Board, driver.Chips("chip"), world.Time, world.Health, world.Metrics, world);
                foreach (var (isDown, ms) in edges)
                {
                    driver.Edge(Pin, isDown ? PinEventTypes.Rising : PinEventTypes.Falling);
                    world.Time.Advance(TimeSpan.FromMilliseconds(ms));
                }

                Assert.True(panel.Snapshot[0].Presses <= edges.Count(e => e.Item1));
            },
            iter: 300);

    [Fact]
    public void The_line_is_opened_with_its_pull_and_closed_at_the_end()
    {
        var panel = Open();
        Assert.Equal(PinMode.InputPullUp, _driver.Mode(Pin));

        panel.Dispose();

        Assert.False(_driver.IsOpen(Pin));
        Assert.Empty(_driver.Handlers);
    }

    [Fact]
    public void A_line_held_by_somebody_else_is_worth_knowing_and_no_more()
    {
        _driver.OpenFailure = new LinuxException("GPIO_V2_GET_LINE_IOCTL line 3", "/dev/gpiochip0", Errno.EBUSY);

        using var panel = Open();

        Assert.Equal("board.button-unavailable(reset) Info", _world.Symptoms);
        Assert.False(panel.Snapshot[0].Present);
        Assert.False(_driver.IsOpen(Pin));
    }

    [Fact]
    public void An_absent_chip_is_named()
    {
        using var panel = Open(_driver.Chips("other"));

        Assert.Contains("'chip'", _world.Health.Current.Value[0].Text, StringComparison.Ordinal);
    }
}
