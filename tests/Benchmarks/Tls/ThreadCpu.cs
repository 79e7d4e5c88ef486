using System.Runtime.InteropServices;

namespace X0tta6bl4.Benchmarks.Tls;

/// <summary>What this thread, and the whole process, have cost so far: clock_gettime(2), and memory from proc(5).</summary>
internal static partial class ThreadCpu
{
    private const int CLOCK_PROCESS_CPUTIME_ID = 2;
    private const int CLOCK_THREAD_CPUTIME_ID = 3;

    /// <summary>CPU time of the calling thread, µs.</summary>
    public static double ThreadMicroseconds() => Read(CLOCK_THREAD_CPUTIME_ID);

    /// <summary>CPU time of all threads, the collector's and the timers' among them, µs.</summary>
    public static double ProcessMicroseconds() => Read(CLOCK_PROCESS_CPUTIME_ID);

    /// <summary>Resident memory, KiB.</summary>
    public static long ResidentKib()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan()["VmRSS:".Length..^"kB".Length].Trim(), provider: null);
    }

    private static double Read(int clock)
    {
        var time = default(TimeSpec);
        return GetTime(clock, ref time) == 0
            ? (time.Seconds * 1e6) + (time.Nanoseconds / 1e3)
            : throw new InvalidOperationException($"clock_gettime failed: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, ref TimeSpec time);

    /// <summary>struct timespec on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
