using System.Buffers.Text;
using Prometheus;

namespace X0tta6bl4.Telemetry.Metrics;

/// <summary>
/// The agent's own footprint, read from <c>/proc/self</c> at scrape time (proc_pid_stat(5), proc_pid_status(5)).
/// Written here because the library's version keeps a Process object alive and starts the event-counter machinery.
/// </summary>
internal sealed class ProcessMetrics
{
    /// <summary>Bytes of a /proc file that are read; status is about 1.5 KiB, stat about 350 bytes.</summary>
    private const int ProcFileBytesMax = 4 * 1024;

    /// <summary>USER_HZ: fixed at 100 in the kernel's ABI on arm64 and x86-64, whatever CONFIG_HZ says.</summary>
    private const double TicksPerSecond = 100;

    private const double BytesPerKibibyte = 1024;

    // Positions in /proc/self/stat, counted from the field after the command's closing parenthesis (field 3, "state",
    // is 0).
    private const int UserTicksField = 11;
    private const int SystemTicksField = 12;

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly string _proc;
    private readonly byte[] _buffer = new byte[ProcFileBytesMax];
    private readonly Gauge _resident;
    private readonly Gauge _threads;
    private readonly Gauge _openFds;
    private readonly Gauge _startTime;
    private readonly Gauge _uptime;
    private readonly Counter _cpu;

    internal ProcessMetrics(IMetricFactory factory, TimeProvider time, string root)
    {
        _time = time;
        _start = time.GetTimestamp();
        _proc = Path.Combine(root, "proc");
        _resident = factory.CreateGauge(
            "x0tta6bl4_process_resident_memory_bytes",
            "Resident memory of the agent (VmRSS).");
        _cpu = factory.CreateCounter(
            "x0tta6bl4_process_cpu_seconds_total",
            "User and system CPU time the agent has used.");
        _openFds = factory.CreateGauge("x0tta6bl4_process_open_fds", "File descriptors the agent has open.");
        _threads = factory.CreateGauge("x0tta6bl4_process_threads", "Threads of the agent.");
        _startTime = factory.CreateGauge(
            "x0tta6bl4_process_start_time_seconds",
            "Start of the agent in Unix time, by the router's present clock.");
        _uptime = factory.CreateGauge(
            "x0tta6bl4_process_uptime_seconds",
            "Time since the agent started, by the monotonic clock.");
    }

    internal void Refresh()
    {
        // First the figures that need no file, so that a root without /proc still shows it.
        var uptime = _time.GetElapsedTime(_start);
        _uptime.Set(uptime.TotalSeconds);
        _startTime.Set((_time.GetUtcNow() - uptime - DateTimeOffset.UnixEpoch).TotalSeconds);
        var self = Path.Combine(_proc, "self");
        RefreshFromStatus(Read(Path.Combine(self, "status")));
        RefreshFromStat(Read(Path.Combine(self, "stat")));
        _openFds.Set(Directory.EnumerateFileSystemEntries(Path.Combine(self, "fd")).Count());
    }

    private void RefreshFromStatus(ReadOnlySpan<byte> status)
    {
        _resident.Set(ValueAfter(status, "VmRSS:"u8) * BytesPerKibibyte);
        _threads.Set(ValueAfter(status, "Threads:"u8));
    }

    private void RefreshFromStat(ReadOnlySpan<byte> stat)
    {
        // The command name may hold blanks and parentheses: fields are counted from the last ')'.
        var fields = stat[(stat.LastIndexOf((byte)')') + 2)..];
        long user = 0;
        long system = 0;
        var index = 0;
        foreach (var range in fields.Split((byte)' '))
        {
            switch (index++)
            {
                case UserTicksField:
                    user = Number(fields[range]);
                    break;
                case SystemTicksField:
                    system = Number(fields[range]);
                    break;
            }
        }

        if (index <= SystemTicksField)
        {
            throw new InvalidDataException(
                $"/proc/self/stat has {index} fields after the command, expected more than {SystemTicksField}");
        }

        _cpu.IncTo((user + system) / TicksPerSecond);
    }

    private static long ValueAfter(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        var at = text.IndexOf(key);
        return at < 0
            ? throw new InvalidDataException($"no '{System.Text.Encoding.ASCII.GetString(key)}' in a /proc file")
            : Number(text[(at + key.Length)..].TrimStart(" \t"u8));
    }

    private static long Number(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out long value, out _)
            ? value
            : throw new InvalidDataException("a number was expected in a /proc file");

    private ReadOnlySpan<byte> Read(string path)
    {
        using var file = File.OpenHandle(path);
        var length = 0;
        int read;
        while (length < _buffer.Length && (read = RandomAccess.Read(file, _buffer.AsSpan(length), length)) > 0)
        {
            length += read;
        }

        return _buffer.AsSpan(0, length);
    }
}
