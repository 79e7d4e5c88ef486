using Prometheus;
using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Board.Thermal;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board;

/// <summary>
/// The board's metrics. Label values come from the board file and from fixed words, so their number is bounded by
/// <see cref="BoardDescription.PartsMax"/> and <see cref="BoardDescription.ThermalZonesMax"/>.
/// </summary>
internal sealed class BoardMetrics
{
    private readonly Counter _feeds;
    private readonly Counter _feedErrors;
    private readonly Counter _starvations;
    private readonly Gauge _fed;
    private readonly Gauge _timeout;
    private readonly Gauge _timeLeft;
    private readonly Gauge _lastReset;
    private readonly Gauge _info;
    private readonly Gauge _temperature;
    private readonly Counter _presses;
    private readonly Counter _pressesDropped;
    private readonly Counter _recordWrites;
    private readonly Gauge _ledPresent;
    private readonly Gauge _ledPattern;
    private readonly Counter _ledChanges;

    public BoardMetrics(IMetricFactory factory)
    {
        _feeds = factory.CreateCounter("x0tta6bl4_watchdog_feeds_total", "Times the watchdog was fed.");
        _feedErrors = factory.CreateCounter("x0tta6bl4_watchdog_feed_errors_total", "Times feeding the watchdog failed.");
        _starvations = factory.CreateCounter(
            "x0tta6bl4_watchdog_starvations_total", "Times feeding was stopped because a loop hung.");
        _fed = factory.CreateGauge("x0tta6bl4_watchdog_fed", "1 while the watchdog is being fed, else 0.");
        _timeout = factory.CreateGauge("x0tta6bl4_watchdog_timeout_seconds", "The watchdog's time-out; 0 without a watchdog.");
        _timeLeft = factory.CreateGauge(
            "x0tta6bl4_watchdog_time_left_seconds",
            "Time until the watchdog resets the board; NaN when the hardware cannot say.");
        _lastReset = factory.CreateGauge(
            "x0tta6bl4_board_last_reset_info", "1 for the reason this run of the agent began.", ["kind"]);
        _info = factory.CreateGauge("x0tta6bl4_board_info", "1 for the detected board.", ["board", "model"]);
        _temperature = factory.CreateGauge("x0tta6bl4_board_temperature_celsius", "Temperature of a thermal zone.", ["zone"]);
        _presses = factory.CreateCounter("x0tta6bl4_board_button_presses_total", "Presses of a button.", ["role", "kind"]);
        _pressesDropped = factory.CreateCounter(
            "x0tta6bl4_board_button_presses_dropped_total", "Presses a reader was too slow for.");
        _recordWrites = factory.CreateCounter(
            "x0tta6bl4_board_record_writes_total", "Times the reset-reason record was written to the flash.");
        _ledPresent = factory.CreateGauge("x0tta6bl4_led_present", "1 when the LED of a role can be used, else 0.", ["role"]);
        _ledPattern = factory.CreateGauge(
            "x0tta6bl4_led_pattern_info",
            "1 for the pattern the LED of a role shows, 0 for the others.",
            ["role", "pattern"]);
        _ledChanges = factory.CreateCounter("x0tta6bl4_led_changes_total", "Times a LED was given another pattern.", ["role"]);
    }

    public void Board(BoardDescription board) => _info.WithLabels(board.Id, board.Model).Set(1);

    public void LastReset(ResetReason reason) => _lastReset.WithLabels(reason.Word).Set(1);

    public void Fed()
    {
        _feeds.Inc();
        _fed.Set(1);
    }

    public void FeedFailed()
    {
        _feedErrors.Inc();
        _fed.Set(0);
    }

    public void Starved()
    {
        _starvations.Inc();
        _fed.Set(0);
    }

    public void Watchdog(TimeSpan timeout, TimeSpan? left)
    {
        _timeout.Set(timeout.TotalSeconds);
        _timeLeft.Set(left?.TotalSeconds ?? double.NaN);
    }

    public void Disarmed() => _fed.Set(0);

    public void RecordWritten() => _recordWrites.Inc();

    public void Temperature(ThermalReading reading) =>
        _temperature.WithLabels(reading.Zone).Set(reading.Celsius ?? double.NaN);

    public void Pressed(ButtonEvent press) =>
        _presses.WithLabels(press.Role, press.Kind == PressKind.Long ? "long" : "short").Inc();

    public void PressDropped() => _pressesDropped.Inc();

    public void LedPresent(LedDescription led, bool isPresent) => _ledPresent.WithLabels(Role(led)).Set(isPresent ? 1 : 0);

    public void LedShows(LedDescription led, LedPattern shown)
    {
        foreach (var pattern in Enum.GetValues<LedPattern>())
        {
            _ledPattern.WithLabels(Role(led), pattern.Word()).Set(pattern == shown ? 1 : 0);
        }

        _ledChanges.WithLabels(Role(led)).Inc();
    }

    private static string Role(LedDescription led) => led.Role switch
    {
        LedRole.Status => "status",
        LedRole.Mesh => "mesh",
        LedRole.Uplink => "uplink",
        _ => "fault",
    };
}
