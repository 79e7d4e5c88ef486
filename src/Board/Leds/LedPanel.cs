using Microsoft.Extensions.Logging;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Leds;

/// <summary>What one LED shows.</summary>
/// <param name="Role">What it is for.</param>
/// <param name="Name">Its name in the kernel, or chip:line.</param>
/// <param name="Pattern">The wanted pattern.</param>
/// <param name="Present">False when the hardware or the driver is missing.</param>
public sealed record LedSnapshot(LedRole Role, string Name, LedPattern Pattern, bool Present);

/// <summary>
/// All LEDs of the board: takes a state, shows its patterns, puts everything back at the end. A missing LED is a
/// symptom, and the others go on. Not thread-safe: it belongs to the board loop.
/// </summary>
internal sealed partial class LedPanel : IDisposable
{
    private readonly List<(LedDescription Description, ILed? Led)> _leds = [];
    private readonly Dictionary<ILed, SavedLed> _saved = [];
    private readonly Dictionary<string, LedPattern> _shown = new(StringComparer.Ordinal);
    private readonly SavedLeds _store;
    private readonly HealthRegister _health;
    private readonly BoardMetrics _metrics;
    private readonly ILogger _logger;

    private LedPanel(SavedLeds store, HealthRegister health, BoardMetrics metrics, ILogger logger)
    {
        _store = store;
        _health = health;
        _metrics = metrics;
        _logger = logger;
    }

    /// <summary>What every LED of the board file shows.</summary>
    public IReadOnlyList<LedSnapshot> Snapshot =>
    [
        .. _leds.Select(l => new LedSnapshot(
            l.Description.Role, l.Description.Name, _shown.GetValueOrDefault(l.Description.Name), l.Led is not null)),
    ];

    /// <summary>
    /// When <see cref="Tick"/> must be called next, on the clock given to it; null when the kernel does all the
    /// blinking.
    /// </summary>
    public TimeSpan? Due => _leds.Select(l => (l.Led as GpioLed)?.Due).Min();

    /// <summary>Opens the LEDs of a board and saves what they show now.</summary>
    public static LedPanel Open(
        BoardDescription board,
        SysRoot root,
        GpioChips chips,
        SavedLeds store,
        HealthRegister health,
        BoardMetrics metrics,
        ILogger logger)
    {
        var panel = new LedPanel(store, health, metrics, logger);
        var earlier = store.Load();
        foreach (var description in board.Leds)
        {
            ILed? led = description.Sysfs is { } name
                ? panel.OpenSysfs(root, name, earlier)
                : panel.OpenGpio(description, chips);
            panel._leds.Add((description, led));
            metrics.LedPresent(description, led is not null);
        }

        panel.StoreSaved(earlier.Count);
        return panel;
    }

    /// <summary>Shows a state; LEDs that show it already are left alone.</summary>
    public void Show(LedState state, TimeSpan now)
    {
        foreach (var (description, led) in _leds)
        {
            var pattern = LedTable.Pattern(description.Role, state);
            if (led is null || (_shown.TryGetValue(led.Name, out var shown) && shown == pattern))
            {
                continue;
            }

            _shown[led.Name] = pattern;
            _metrics.LedShows(description, pattern);
            Report(led, led.Show(pattern, now));
        }
    }

    /// <summary>Blinks the LEDs the kernel does not blink.</summary>
    public void Tick(TimeSpan now)
    {
        foreach (var (_, led) in _leds)
        {
            if (led is { NeedsTick: true })
            {
                Report(led, led.Tick(now));
            }
        }
    }

    /// <summary>Puts every LED back as it was found. Goes on past one that fails.</summary>
    public void Dispose()
    {
        var isComplete = true;
        foreach (var (led, saved) in _saved)
        {
            var errno = ((SysfsLed)led).Restore(saved);
            if (errno != 0)
            {
                isComplete = false;
                LogRestoreFailed(led.Name, Errno.Text(errno));
            }
        }

        foreach (var (_, led) in _leds)
        {
            led?.Dispose();
        }

        if (isComplete)
        {
            _store.Forget();
        }

        LogRestored(_saved.Count);
        _saved.Clear();
        _leds.Clear();
    }

    private SysfsLed? OpenSysfs(SysRoot root, string name, IReadOnlyDictionary<string, SavedLed> earlier)
    {
        var led = new SysfsLed(root, name);
        // What a killed process saved is the older truth: the LED now shows that process' pattern.
        var saved = earlier.GetValueOrDefault(name) ?? led.Save();
        var isMissing = !led.IsPresent || saved is null;
        var others = isMissing ? string.Join(", ", root.List("/sys/class/leds")) : "";
        _health.Set(
            isMissing, "board.led-missing", name, Severity.Degraded,
            $"LED '{name}' is not in /sys/class/leds (there: {(others.Length == 0 ? "none" : others)}).",
            "Load the LED driver (leds-gpio), or correct the name in the board file.");
        if (isMissing)
        {
            LogMissing(name, others);
            return null;
        }

        _saved[led] = saved!;
        return led;
    }

    private GpioLed? OpenGpio(LedDescription description, GpioChips chips)
    {
        string? problem;
        try
        {
            if (chips.Open(description.Gpio!, TimeSpan.Zero, out problem) is { } at)
            {
                return new GpioLed(description.Name, at.Controller, at.Pin);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            problem = e.Message;
        }

        _health.Raise(
            "board.led-missing", description.Name, Severity.Degraded,
            $"LED on GPIO line {description.Name} cannot be used: {problem}.",
            "Correct chip and line in the board file, or free the line (gpioinfo shows who holds it).");
        LogMissing(description.Name, problem ?? "");
        return null;
    }

    private void StoreSaved(int earlierCount)
    {
        if (_saved.Count == 0)
        {
            return;
        }

        if (earlierCount > 0)
        {
            LogFoundSaved(earlierCount);
        }

        var errno = _store.Store(_saved.Values);
        if (errno != 0)
        {
            LogSaveFailed(Errno.Text(errno));
        }
    }

    private void Report(ILed led, LedResult result)
    {
        _health.Set(
            result.Problem is not null, "board.led-failed", led.Name, Severity.Degraded,
            $"LED '{led.Name}' cannot be set: {result.Problem}.",
            "The agent needs write access to /sys/class/leds, or the GPIO chip has gone.");
        // Steady patterns always work, so only a blink says whether the trigger is there.
        if (_shown.TryGetValue(led.Name, out var pattern) && pattern.HalfPeriodMs() > 0)
        {
            _health.Set(
                result.IsSteadyInstead, "board.led-no-timer", led.Name, Severity.Degraded,
                $"LED '{led.Name}' cannot blink: the kernel has no timer trigger. It shines steadily instead.",
                "Load the module ledtrig-timer (OpenWrt package kmod-ledtrig-timer).");
        }
    }
}
