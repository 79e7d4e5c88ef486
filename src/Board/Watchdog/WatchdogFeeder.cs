using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// Feeds the watchdog by proof of health: only while every registered loop has beaten within its own deadline. When
/// one has not, the reason is written to the flash first, then the feeding ends, and the hardware resets the board
/// within its time-out. If the loop comes back before that, feeding goes on and that is written down too.
/// <para>Has a thread of its own, so that a full thread pool or a hung task cannot keep it from deciding, and so that
/// nothing else can feed by accident. A process that stands still as a whole feeds nothing either.</para>
/// </summary>
internal sealed partial class WatchdogFeeder : IDisposable
{
    /// <summary>Feedings a time-out: two may be late or lost.</summary>
    private const int FeedsPerTimeout = 3;

    /// <summary>
    /// Longest time between two looks at the loops, so that a long time-out does not delay the record.
    /// </summary>
    public static readonly TimeSpan IntervalMax = TimeSpan.FromSeconds(5);

    /// <summary>Shortest, for bare GPIO watchdogs with time-outs of a second.</summary>
    public static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(50);

    private readonly ManualResetEvent _stop = new(false);
    private readonly IWatchdogDevice _device;
    private readonly LoopPulses _pulses;
    private readonly RunJournal _journal;
    private readonly HealthRegister _health;
    private readonly BoardMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private string _hung = "";
    private string? _feedProblem;
    private long _feeds;
    private volatile bool _isFed;

    public WatchdogFeeder(
        IWatchdogDevice device,
        LoopPulses pulses,
        RunJournal journal,
        HealthRegister health,
        BoardMetrics metrics,
        ILogger logger)
    {
        _device = device;
        _pulses = pulses;
        _journal = journal;
        _health = health;
        _metrics = metrics;
        _logger = logger;
        var third = device.Info.Timeout / FeedsPerTimeout;
        Interval = third > IntervalMax ? IntervalMax : third < IntervalMin ? IntervalMin : third;
        _thread = new Thread(Run) { IsBackground = true, Name = "watchdog", Priority = ThreadPriority.AboveNormal };
    }

    /// <summary>Called on the feeder's thread when <see cref="Hung"/> has changed. Must not block.</summary>
    public Action? HungChanged { get; init; }

    /// <summary>Time between two looks at the loops.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Feedings since start.</summary>
    public long Feeds => Interlocked.Read(ref _feeds);

    /// <summary>True while the last step fed it.</summary>
    public bool IsFed => _isFed;

    /// <summary>Names of the loops that hang, joined by commas; empty while all is well.</summary>
    public string Hung => Volatile.Read(ref _hung);

    /// <summary>Feeds once and starts the thread.</summary>
    public void Start()
    {
        Step();
        _thread.Start();
    }

    /// <summary>Ends the thread. The device stays armed; the caller disarms it or lets it fire.</summary>
    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive)
        {
            // A step can stand in fsync on a dying flash; then the watchdog is not fed, and that is what it is for.
            _thread.Join(Interval + IntervalMax);
        }
    }

    /// <summary>One look at the loops, and one feeding if all of them live.</summary>
    internal void Step()
    {
        var hung = string.Join(", ", _pulses.Hung.Select(p => p.Name));
        if (hung.Length > 0)
        {
            Starve(hung);
            return;
        }

        if (_hung.Length > 0)
        {
            Recover();
        }

        Feed();
    }

    private void Feed()
    {
        var problem = _device.Feed();
        _isFed = problem is null;
        _health.Set(
            problem is not null, "board.watchdog-feed-failed", "", Severity.Critical,
            $"The watchdog cannot be fed: {problem}. It will reset the router.",
            "See the kernel log for what the watchdog driver says.");
        if (problem is null)
        {
            Interlocked.Increment(ref _feeds);
            _metrics.Fed();
        }
        else
        {
            _metrics.FeedFailed();
            if (problem != _feedProblem)
            {
                LogFeedFailed(problem);
            }
        }

        _feedProblem = problem;
    }

    private void Starve(string hung)
    {
        _isFed = false;
        if (hung == _hung)
        {
            return;
        }

        // On the flash before anything else: there may be no other moment.
        _journal.Write(RunState.Hung, hung);
        if (_hung.Length == 0)
        {
            _metrics.Starved();
        }

        Volatile.Write(ref _hung, hung);
        HungChanged?.Invoke();
        LogStarved(hung, _device.Info.Timeout.TotalSeconds);
        _health.Raise(
            "board.watchdog-starved", "", Severity.Critical,
            $"These loops make no progress: {hung}. The watchdog is not fed and resets the router "
                + $"within {_device.Info.Timeout.TotalSeconds} s.",
            "Nothing to do: the router resets itself. Report the loop's name and the log before the reset.");
    }

    private void Recover()
    {
        _journal.Write(RunState.Recovered, _hung);
        LogRecovered(_hung);
        Volatile.Write(ref _hung, "");
        HungChanged?.Invoke();
        _health.Clear("board.watchdog-starved");
    }

    private void Run()
    {
        while (!_stop.WaitOne(Interval))
        {
            try
            {
                Step();
            }
            catch (Exception e)
            {
                // The top of the thread. Not feeding is the safe side: if it keeps failing, the board resets.
                _isFed = false;
                LogStepFailed(e);
            }
        }
    }
}
