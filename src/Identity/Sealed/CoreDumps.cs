using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// A core dump holds every secret the process had in memory. Forbidden, the kernel writes none, and nobody but root attaches a
/// debugger or reads /proc/PID/mem and /proc/PID/environ (prctl(2), PR_SET_DUMPABLE; ptrace(2)).
/// </summary>
public static class CoreDumps
{
    /// <summary>Forbids them for the rest of this process's life. A program it executes starts afresh.</summary>
    /// <exception cref="SealedStoreException">The kernel refused, which it has no reason to.</exception>
    public static void Forbid()
    {
        if (Libc.Prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        {
            throw OpenFile.Failed("/proc/self", "prctl(PR_SET_DUMPABLE)");
        }
    }

    /// <summary>Whether the kernel would write one.</summary>
    public static bool AreForbidden => Libc.Prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}
