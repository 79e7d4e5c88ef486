using X0tta6bl4.Board.Linux;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// Writes the <see cref="RunRecord"/>: once at the start, once at the end, and between only when loops hang or a reboot
/// is asked for. An idle agent writes nothing. Thread-safe.
/// </summary>
internal sealed class RunJournal
{
    /// <summary>
    /// Most recoveries written down by one run, so that a loop that hangs and recovers for ever cannot wear out the
    /// flash. After them the record stays at "hung"; a reset for another reason is then reported as a hang of that
    /// loop.
    /// </summary>
    public const int RecoveriesMax = 32;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly string _bootId;
    private readonly HealthRegister _health;
    private readonly BoardMetrics _metrics;
    private string _bootReason = "";
    private (RunState State, string Detail)? _written;
    private int _recoveries;

    public RunJournal(string stateFolder, string bootId, HealthRegister health, BoardMetrics metrics)
    {
        _path = Path.Combine(stateFolder, "last-run");
        _bootId = bootId;
        _health = health;
        _metrics = metrics;
    }

    /// <summary>Reads the last run's record, decides why this run began, and marks this run as running.</summary>
    public ResetReason Begin(WatchdogFlags? bootStatus)
    {
        var reason = ResetReason.From(Load(), _bootId, bootStatus);
        _bootReason = reason.BootReason ?? reason.ToString();
        Write(RunState.Running, "");
        return reason;
    }

    /// <summary>Writes down how far this run has come, and waits until it is on the flash.</summary>
    public void Write(RunState state, string detail)
    {
        lock (_lock)
        {
            if (_written == (state, detail) || (state == RunState.Recovered && ++_recoveries > RecoveriesMax))
            {
                return;
            }

            _written = (state, detail);
            _metrics.RecordWritten();
            var errno = AtomicFile.Replace(_path, new RunRecord(_bootId, state, detail, _bootReason).ToBytes());
            _health.Set(
                errno != 0, "board.record-unwritable", _path, Severity.Degraded,
                $"{_path} cannot be written: {Errno.Text(errno)}. The reason of the next reset will not be known.",
                "Make room on the flash, or correct the state directory in the configuration.");
        }
    }

    private RunRecord? Load()
    {
        try
        {
            var file = new FileInfo(_path);
            return file.Exists && file.Length <= RunRecord.BytesMax ? RunRecord.TryParse(File.ReadAllBytes(_path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The write that follows fails on the same folder and raises the symptom.
            return null;
        }
    }
}
