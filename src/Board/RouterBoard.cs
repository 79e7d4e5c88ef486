using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Board.Thermal;
using X0tta6bl4.Board.Watchdog;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board;

/// <summary>
/// The router's own hardware as one part of the agent: <see cref="Open(BoardDescription, BoardContext)"/> arms the
/// watchdog and starts feeding it by proof of health, <see cref="RunAsync"/> is the loop that shows LEDs and reads
/// sensors, <see cref="Dispose"/> leaves everything as it was found. Nothing missing stops it: each missing thing is a
/// symptom.
/// <para><see cref="Show"/>, <see cref="Latest"/> and <see cref="Presses"/> may be used from any thread.</para>
/// </summary>
public sealed partial class RouterBoard : IDisposable
{
    /// <summary>Time between two looks at watchdog and sensors.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    /// <summary>Longest healthy round of the loop: sysfs writes on a busy I²C expander take under a second.</summary>
    public static readonly TimeSpan LoopDeadline = TimeSpan.FromSeconds(30);

    private readonly BoardDescription _description;
    private readonly BoardContext _context;
    private readonly BoardMetrics _metrics;
    private readonly ILogger _logger;
    private readonly GpioChips _chips;
    private readonly Procd _procd;
    private readonly RunJournal _journal;
    private readonly IWatchdogDevice? _watchdog;
    private readonly bool _isFromProcd;
    private readonly WatchdogFeeder? _feeder;
    private readonly LedPanel _leds;
    private readonly ButtonPanel _buttons;
    private readonly ThermalZones _thermal;
    private readonly LoopPulse _pulse;
    private readonly long _start;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Signal _changed = new();
    private int _wanted = (int)LedState.Booting;
    private int _wasPressed;
    private string? _rebootReason;
    private bool _isDisposed;

    private RouterBoard(
        BoardDescription description, BoardContext context, GpioChips chips, WatchdogOpener.OpenFunction openWatchdog)
    {
        _description = description;
        _context = context;
        _metrics = new BoardMetrics(context.Metrics);
        _logger = context.Logger;
        _chips = chips;
        _procd = new Procd(context.RunProgram);
        _start = context.Time.GetTimestamp();
        _pulse = context.Pulses.Register("board", LoopDeadline);
        _metrics.Board(description);

        // The watchdog first: from here on a hang of anything below ends in a reset.
        var bootId = context.Root.Read("/proc/sys/kernel/random/boot_id")?.Trim() ?? "unknown";
        var opener = new WatchdogOpener(openWatchdog, chips, _procd, context.Health, context.Logger);
        _watchdog = opener.Open(description.Watchdog);
        _isFromProcd = opener.IsFromProcd;
        _journal = new RunJournal(context.StateFolder, bootId, context.Health, _metrics);
        try
        {
            LastReset = _journal.Begin(_watchdog?.Info.BootStatus);
            _metrics.LastReset(LastReset);
            LogStarted(description.Id, description.Model, LastReset.ToString(), LastReset.BootReason ?? "");
            if (_watchdog is not null)
            {
                _feeder = new WatchdogFeeder(_watchdog, context.Pulses, _journal, context.Health, _metrics, context.Logger)
                {
                    HungChanged = Wake,
                };
                _feeder.Start();
            }

            var saved = new SavedLeds(context.RunFolder, bootId);
            _leds = LedPanel.Open(
                description, context.Root, chips, saved, context.Health, _metrics, context.Logger);
            _leds.Show(LedState.Booting, Now);
            _buttons = new ButtonPanel(description, chips, context.Time, context.Health, _metrics, context.Logger)
            {
                Pressed = WakeForPress,
            };
            _thermal = new ThermalZones(description.ThermalZones, context.Root, context.Health);
            Latest = new Latest<BoardSnapshot>(Look(State));
        }
        catch (Exception)
        {
            // Nothing above is expected to throw. If it does, nobody would feed what is armed and nobody would
            // disarm it.
            _feeder?.Dispose();
            ReleaseWatchdog();
            _leds?.Dispose();
            chips.Dispose();
            throw;
        }
    }

    /// <summary>Why this run of the agent began.</summary>
    public ResetReason LastReset { get; }

    /// <summary>The board as it is now; published every <see cref="LookInterval"/> and when a LED changes.</summary>
    public Latest<BoardSnapshot> Latest { get; }

    /// <summary>
    /// Completes when <see cref="Latest"/> shows something to tell: another <see cref="BoardSnapshot.State"/>, or a press.
    /// Take it before looking.
    /// </summary>
    public Task Changed => _changed.Next;

    /// <summary>Presses of the buttons.</summary>
    public Feed<ButtonEvent> Presses => _buttons.Presses;

    private TimeSpan Now => _context.Time.GetElapsedTime(_start);

    /// <summary>
    /// Opens everything the description names. Opening arms the watchdog. Once a process: the loop is registered as
    /// <c>board</c>, and <see cref="RunAsync"/> must be running within <see cref="LoopDeadline"/>.
    /// </summary>
    public static RouterBoard Open(BoardDescription description, BoardContext context) =>
        Open(
            description, context, new GpioChips(context.Root),
            (DeviceWatchdogDescription device, out int errno) => DeviceWatchdog.Open(context.Root, device, out errno));

    /// <summary>For tests: with chips and a watchdog device of their own.</summary>
    internal static RouterBoard Open(
        BoardDescription description, BoardContext context, GpioChips chips, WatchdogOpener.OpenFunction openWatchdog) =>
        new(description, context, chips, openWatchdog);

    /// <summary>Says what the LEDs shall show. A fault of the board's own (starving watchdog) goes before it.</summary>
    public void Show(LedState state)
    {
        if (Interlocked.Exchange(ref _wanted, (int)state) != (int)state)
        {
            Wake();
        }
    }

    /// <summary>
    /// Writes down that a reboot is wanted and why, so that the next start can tell. Call it before rebooting.
    /// </summary>
    public void NoteRebootRequested(string why)
    {
        _rebootReason = why;
        _journal.Write(RunState.RebootRequested, why);
    }

    /// <summary>The loop. Ends only by its token; may be run again after a failure.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var nextLook = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            var state = State;
            var wasPressed = Interlocked.Exchange(ref _wasPressed, 0) != 0;
            var isChanged = wasPressed || state != Latest.Value.State;
            _leds.Show(state, Now);
            _leds.Tick(Now);
            if (isChanged || Now >= nextLook)
            {
                nextLook = Now + LookInterval;
                Latest.Publish(Look(state));
            }

            if (isChanged)
            {
                _changed.Wake();
            }

            _pulse.Beat();
            var due = _leds.Due is { } blink && blink < nextLook ? blink : nextLook;
            await WaitAsync(due - Now, cancellationToken);
        }
    }

    /// <summary>
    /// Stops feeding, disarms the watchdog (unless it has no way out, which is logged) and gives it back to procd,
    /// restores the LEDs, frees the lines, and writes down that this was an orderly end. Call it after
    /// <see cref="RunAsync"/> has ended.
    /// </summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _feeder?.Dispose();
        ReleaseWatchdog();
        _buttons.Dispose();
        _leds.Dispose();
        _chips.Dispose();
        if (_rebootReason is null)
        {
            _journal.Write(RunState.Stopped, "");
        }

        LogStopped();
    }

    // A hung loop is the board's own knowledge: the loop that would report it may be the one that hangs.
    private LedState State =>
        LedTable.Worst((LedState)Volatile.Read(ref _wanted), _feeder?.Hung.Length > 0 ? LedState.Fault : LedState.Healthy);

    // The LEDs change now and not at the next look.
    private void Wake() => _wake.Writer.TryWrite(true);

    private void WakeForPress()
    {
        Volatile.Write(ref _wasPressed, 1);
        Wake();
    }

    private void ReleaseWatchdog()
    {
        if (_watchdog is null)
        {
            return;
        }

        var reason = _watchdog.Disarm();
        _watchdog.Dispose();
        _metrics.Disarmed();
        if (reason is null)
        {
            LogDisarmed(_watchdog.Info.Device);
        }
        else
        {
            LogStillArmed(_watchdog.Info.Device, reason, _watchdog.Info.Timeout.TotalSeconds);
        }

        if (_isFromProcd)
        {
            if (_procd.GiveBack() is { } problem)
            {
                LogGiveBackFailed(problem);
            }
            else
            {
                LogGivenBack(_watchdog.Info.Device);
            }
        }
    }

    private BoardSnapshot Look(LedState state)
    {
        var thermal = _thermal.Read();
        foreach (var reading in thermal)
        {
            _metrics.Temperature(reading);
        }

        var watchdog = _watchdog is null ? null : new WatchdogSnapshot(
            _watchdog.Info, _watchdog.TimeLeft, _feeder!.IsFed, _feeder.Feeds, _feeder.Hung, _isFromProcd);
        _metrics.Watchdog(watchdog?.Info.Timeout ?? TimeSpan.Zero, watchdog?.TimeLeft);
        return new BoardSnapshot(
            _description.Id, _description.Model, state, _leds.Snapshot, watchdog, LastReset, thermal, _buttons.Snapshot);
    }

    // Until the time has come or Show wants something else.
    private async Task WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (time <= TimeSpan.Zero)
        {
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var woken = _wake.Reader.WaitToReadAsync(end.Token).AsTask();
        var delay = Task.Delay(time, _context.Time, end.Token);
        await Task.WhenAny(woken, delay);
        _wake.Reader.TryRead(out _);
        await end.CancelAsync();
        await Task.WhenAll(woken, delay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
