using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// <c>/dev/watchdogN</c> (Documentation/watchdog/watchdog-api.rst). Opening arms it; closing without the magic
/// character
/// leaves it armed, which is the point: a crash of this process ends in a reset.
/// </summary>
internal sealed unsafe class DeviceWatchdog : IWatchdogDevice
{
    private readonly string _path;
    private int _fd;

    private DeviceWatchdog(string path, int fd, WatchdogInfo info)
    {
        _path = path;
        _fd = fd;
        Info = info;
    }

    public WatchdogInfo Info { get; }

    public TimeSpan? TimeLeft =>
        Get(_fd, WatchdogUapi.WDIOC_GETTIMELEFT) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Opens and arms it, and sets its time-out.</summary>
    /// <param name="root">Where /dev and /sys are.</param>
    /// <param name="description">Device and wanted times.</param>
    /// <param name="errno">Why not, when the answer is null.</param>
    public static DeviceWatchdog? Open(SysRoot root, DeviceWatchdogDescription description, out int errno)
    {
        // O_CLOEXEC: a child that inherited it would keep it open after this process has died.
        var fd = Libc.Open(root.Path(description.Device), Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        errno = fd < 0 ? Errno.Last : 0;
        return fd < 0 ? null : new DeviceWatchdog(description.Device, fd, Prepare(root, description, fd));
    }

    public string? Feed()
    {
        // A write feeds every driver; the keep-alive ioctl is optional (WDIOF_KEEPALIVEPING). Any character but 'V'.
        byte any = (byte)'x';
        return Libc.Write(_fd, &any, 1) == 1 ? null : $"{_path}: write: {Errno.Text(Errno.Last)}";
    }

    public string? Disarm()
    {
        if (Info.NoWayOut == true)
        {
            return "the driver was loaded with nowayout: it cannot be stopped once started";
        }

        if (!Info.Options.HasFlag(WatchdogFlags.MagicClose))
        {
            // Without magic close any close stops it; the ioctl says so before the close does.
            var disable = WatchdogUapi.WDIOS_DISABLECARD;
            if (Libc.Ioctl(_fd, WatchdogUapi.WDIOC_SETOPTIONS, &disable) < 0)
            {
                return $"{_path}: WDIOC_SETOPTIONS: {Errno.Text(Errno.Last)}";
            }

            Dispose();
            return null;
        }

        var magic = (byte)'V';
        if (Libc.Write(_fd, &magic, 1) != 1)
        {
            return $"{_path}: write: {Errno.Text(Errno.Last)}";
        }

        Dispose();
        return null;
    }

    public void Dispose()
    {
        if (_fd >= 0)
        {
            _ = Libc.Close(_fd);
            _fd = -1;
        }
    }

    private static WatchdogInfo Prepare(SysRoot root, DeviceWatchdogDescription description, int fd)
    {
        WatchdogInfoC support = default;
        _ = Libc.Ioctl(fd, WatchdogUapi.WDIOC_GETSUPPORT, &support);
        var options = (WatchdogFlags)support.Options;

        // Refused (no WDIOF_SETTIMEOUT, or out of its range): the driver's own time-out stands, and is asked for below.
        _ = Set(fd, WatchdogUapi.WDIOC_SETTIMEOUT, (int)description.Timeout.TotalSeconds);
        if (description.Pretimeout is { } pretimeout && options.HasFlag(WatchdogFlags.Pretimeout))
        {
            _ = Set(fd, WatchdogUapi.WDIOC_SETPRETIMEOUT, (int)pretimeout.TotalSeconds);
        }

        var name = Path.GetFileName(description.Device);
        // /dev/watchdog is watchdog0 by its old name; only the numbered one is in sysfs.
        var noWayOut = root.Read($"/sys/class/watchdog/{(name == "watchdog" ? "watchdog0" : name)}/nowayout");
        return new WatchdogInfo(
            description.Device,
            support.Identity.Text,
            options,
            TimeSpan.FromSeconds(Get(fd, WatchdogUapi.WDIOC_GETTIMEOUT) ?? (int)description.Timeout.TotalSeconds),
            TimeSpan.FromSeconds(Get(fd, WatchdogUapi.WDIOC_GETPRETIMEOUT) ?? 0),
            noWayOut is null ? null : noWayOut == "1",
            (WatchdogFlags?)Get(fd, WatchdogUapi.WDIOC_GETBOOTSTATUS));
    }

    private static int? Get(int fd, nuint request)
    {
        int value;
        return Libc.Ioctl(fd, request, &value) < 0 ? null : value;
    }

    private static int Set(int fd, nuint request, int value) => Libc.Ioctl(fd, request, &value);
}
