using System.Globalization;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Cli;

/// <summary>What the doctor can see of the machine without the agent: files below a root, nothing that changes anything.</summary>
internal static class Machine
{
    /// <summary>Bit of CAP_NET_ADMIN in the capability masks (linux/capability.h).</summary>
    private const int CapNetAdmin = 12;

    /// <summary>A router with less free memory than this swaps out its own agent, or kills it.</summary>
    private const long FreeMemoryKibMin = 8 * 1024;

    /// <summary>A state file system with less free space than this may refuse the next record.</summary>
    private const long FreeStateBytesMin = 256 * 1024;

    /// <param name="root">Where /proc, /sys and /dev are.</param>
    /// <param name="options">The configuration, or null when it is broken.</param>
    public static IEnumerable<Finding> Look(string root, AgentOptions? options)
    {
        yield return Check(
            "batman-adv", Directory.Exists(Path.Combine(root, "sys/module/batman_adv")), Severity.Critical,
            "the kernel module is loaded", "the kernel module is not loaded",
            "modprobe batman-adv (OpenWrt: opkg install kmod-batman-adv)");
        yield return Check(
            "permission", HasNetAdmin(root), Severity.Critical,
            "CAP_NET_ADMIN is there", "CAP_NET_ADMIN is missing: tables cannot be read",
            "run as root, or grant the capability");
        var watchdog = Directory.Exists(Path.Combine(root, "sys/class/watchdog"))
            && Directory.EnumerateFileSystemEntries(Path.Combine(root, "sys/class/watchdog")).Any();
        yield return Check(
            "watchdog", watchdog, Severity.Degraded,
            "the kernel has a watchdog", "the kernel has no watchdog: a hang needs somebody to pull the plug",
            "load its driver, or describe a GPIO watchdog in the board file (docs/boards.md)");
        yield return Memory(root);
        if (options is not null)
        {
            yield return State(options.State.Directory);
            foreach (var name in options.Mesh.HardInterfaces)
            {
                yield return Check(
                    $"interface {name}", Directory.Exists(Path.Combine(root, "sys/class/net", name)), Severity.Degraded,
                    "exists", "does not exist", "plug it in, load its driver, or take it out of mesh.hard_interfaces");
            }
        }
    }

    private static Finding Check(string name, bool fine, Severity severity, string good, string bad, string fix) =>
        fine ? new Finding(name, null, good, "") : new Finding(name, severity, bad, fix);

    private static bool HasNetAdmin(string root) =>
        Field(Path.Combine(root, "proc/self/status"), "CapEff:") is { } mask
        && ulong.TryParse(mask, NumberStyles.AllowHexSpecifier, null, out var bits)
        && (bits >> CapNetAdmin & 1) != 0;

    private static Finding Memory(string root)
    {
        var text = Field(Path.Combine(root, "proc/meminfo"), "MemAvailable:");
        return long.TryParse(text?.Split(' ')[0], out var kib)
            ? Check("memory", kib >= FreeMemoryKibMin, Severity.Degraded, $"{kib} KiB available",
                $"only {kib} KiB available", "stop what is not needed; the agent itself needs about 14 MB")
            : new Finding("memory", Severity.Degraded, "/proc/meminfo cannot be read", "mount /proc");
    }

    private static Finding State(string directory)
    {
        try
        {
            var free = new DriveInfo(directory).AvailableFreeSpace;
            return Check("state directory", Directory.Exists(directory) && free >= FreeStateBytesMin, Severity.Degraded,
                $"{directory} has {free / 1024} KiB free", $"{directory} is missing or full ({free / 1024} KiB free)",
                "make it, free space, or set state.directory to another path");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Finding("state directory", Severity.Degraded, $"{directory}: {exception.Message}",
                "make it, or set state.directory to another path");
        }
    }

    /// <summary>The rest of the first line that begins so; null when there is none or the file cannot be read.</summary>
    private static string? Field(string path, string name)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
