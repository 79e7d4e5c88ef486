using System.Runtime.InteropServices;

namespace X0tta6bl4.Benchmarks;

/// <summary>CPU time of all child processes that have ended: getrusage(2) with RUSAGE_CHILDREN.</summary>
internal static partial class ChildrenUsage
{
    private const int RUSAGE_CHILDREN = -1;

    /// <summary>User and system time.</summary>
    public static TimeSpan Cpu()
    {
        var usage = default(ResourceUsage);
        return GetUsage(RUSAGE_CHILDREN, ref usage) == 0
            ? TimeSpan.FromMicroseconds(((usage.UserSeconds + usage.SystemSeconds) * 1e6) + usage.UserMicroseconds + usage.SystemMicroseconds)
            : throw new InvalidOperationException($"getrusage failed: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetUsage(int who, ref ResourceUsage usage);

    /// <summary>struct rusage (sys/resource.h) on 64-bit Linux: two timevals, then fourteen longs not used here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private struct ResourceUsage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
    }
}
