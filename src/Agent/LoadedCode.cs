using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Agent;

/// <summary>
/// The binary's code and constants in memory. A third of them is needed at the start, at a handshake, or never again, and stays
/// mapped for good on a router that has memory to spare. Unmapped, it is the first thing the kernel takes when memory gets short,
/// instead of something that is in use; what is needed comes back with a page fault each, from the page cache.
/// </summary>
/// <remarks>
/// madvise(2) with MADV_DONTNEED on the segments that elf(5) says are not writable: they hold what the file holds and nothing else.
/// The others were relocated, and would lose that.
/// </remarks>
internal static partial class LoadedCode
{
    /// <summary>How often: a round of page faults costs about a millisecond of a small processor.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    /// <summary>Unmaps it every few minutes, until stopped.</summary>
    public static async Task UnmapAgainAndAgainAsync(TimeProvider time, ILogger logger, CancellationToken stop)
    {
        using var tick = new PeriodicTimer(Every, time);
        while (await tick.WaitForNextTickAsync(stop))
        {
            if (!Unmap())
            {
                // Once it cannot be done it never can.
                StaysMapped(logger);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
            }
        }
    }

    // <elf.h>, <linux/auxvec.h>, <asm-generic/mman-common.h>
    private const uint PT_LOAD = 1;
    private const uint PT_PHDR = 6;
    private const uint PF_W = 2;
    private const nuint AT_PHDR = 3;
    private const nuint AT_PHNUM = 5;
    private const nuint AT_PAGESZ = 6;
    private const int MADV_DONTNEED = 4;

    /// <summary>Unmaps it.</summary>
    /// <returns>False when this binary does not say where it is, or the kernel will not (locked memory).</returns>
    public static unsafe bool Unmap()
    {
        var headers = new ReadOnlySpan<ProgramHeader>((void*)GetAuxiliary(AT_PHDR), (int)GetAuxiliary(AT_PHNUM));
        var page = GetAuxiliary(AT_PAGESZ);
        foreach (ref readonly var self in headers)
        {
            if (self.Type == PT_PHDR)
            {
                return Unmap(headers, GetAuxiliary(AT_PHDR) - (nuint)self.Address, page);
            }
        }

        return false;
    }

    private static bool Unmap(ReadOnlySpan<ProgramHeader> headers, nuint loadedAt, nuint page)
    {
        var all = true;
        foreach (ref readonly var segment in headers)
        {
            if (segment.Type == PT_LOAD && (segment.Flags & PF_W) == 0)
            {
                var start = (loadedAt + (nuint)segment.Address) & ~(page - 1);
                var end = loadedAt + (nuint)segment.Address + (nuint)segment.Bytes;
                all &= Advise(start, end - start, MADV_DONTNEED) == 0;
            }
        }

        return all;
    }

    [LoggerMessage(4106, LogLevel.Warning, "code that is not needed stays in memory: the kernel does not unmap it")]
    private static partial void StaysMapped(ILogger logger);

    /// <summary>getauxval(3).</summary>
    [LibraryImport("libc", EntryPoint = "getauxval")]
    private static partial nuint GetAuxiliary(nuint type);

    /// <summary>madvise(2); the kernel rounds the length up to whole pages.</summary>
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);

    /// <summary>Elf64_Phdr of elf(5).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ProgramHeader
    {
        public readonly uint Type;
        public readonly uint Flags;
        public readonly ulong Offset;
        public readonly ulong Address;
        public readonly ulong PhysicalAddress;
        public readonly ulong FileBytes;
        public readonly ulong Bytes;
        public readonly ulong Alignment;
    }
}
