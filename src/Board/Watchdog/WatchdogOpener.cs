using Microsoft.Extensions.Logging;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Gpio;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// Opens the board's watchdog, taking it over from procd when that holds it. Whatever stands in the way becomes one
/// symptom with what to do about it, and the agent goes on without.
/// </summary>
/// <param name="open">Opens a device: <see cref="DeviceWatchdog.Open"/>, or a test's.</param>
/// <param name="chips">For bare GPIO watchdogs.</param>
/// <param name="procd">The other owner.</param>
/// <param name="health">Receives <c>board.watchdog-*</c>.</param>
/// <param name="logger">Events 2200–2219.</param>
internal sealed partial class WatchdogOpener(
    WatchdogOpener.OpenFunction open, GpioChips chips, Procd procd, HealthRegister health, ILogger logger)
{
    /// <summary>Opens and arms a device, or says why not by its error number.</summary>
    internal delegate IWatchdogDevice? OpenFunction(DeviceWatchdogDescription description, out int errno);

    /// <summary>The one thing that is wrong with the watchdog; each start clears the others.</summary>
    private static readonly string[] Codes =
    [
        "board.watchdog-absent", "board.watchdog-busy", "board.watchdog-denied", "board.watchdog-failed",
    ];

    /// <summary>True after <see cref="Open"/> when procd must get the device back at the end.</summary>
    public bool IsFromProcd { get; private set; }

    /// <summary>Opens and arms the watchdog.</summary>
    /// <returns>The device, or null after raising a symptom.</returns>
    public IWatchdogDevice? Open(WatchdogDescription? description)
    {
        foreach (var code in Codes)
        {
            health.Clear(code);
        }

        return description switch
        {
            DeviceWatchdogDescription device => OpenDevice(device),
            GpioWatchdogDescription gpio => OpenGpio(gpio),
            _ => Refuse(
                "board.watchdog-absent",
                "The board file names no watchdog: a hang of this router will not be ended by a reset.",
                "Add a [watchdog] section to the board file, if the hardware has one."),
        };
    }

    private IWatchdogDevice? OpenDevice(DeviceWatchdogDescription description)
    {
        var device = open(description, out var errno);
        var takeOver = "";
        if (errno == Errno.EBUSY && description.ProcdHandover)
        {
            (device, errno, takeOver) = TakeOver(description);
        }

        if (device is not null)
        {
            LogOpened(
                description.Device, device.Info.Identity, device.Info.Timeout.TotalSeconds, device.Info.NoWayOut, IsFromProcd);
            return device;
        }

        return errno switch
        {
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => Refuse(
                "board.watchdog-absent",
                $"{description.Device} does not exist: a hang of this router will not be ended by a reset.",
                "Load the watchdog driver, or correct the device in the board file."),
            Errno.EBUSY => Refuse(
                "board.watchdog-busy",
                $"{description.Device} is held by another program{takeOver}: it is not fed by this agent's health.",
                description.ProcdHandover
                    ? "Stop the program that holds it; on OpenWrt procd of 2020 or later gives it up."
                    : "Stop the program that holds it, or set procd_handover = true in the board file."),
            Errno.EPERM or Errno.EACCES => Refuse(
                "board.watchdog-denied",
                $"{description.Device} cannot be opened: {Errno.Text(errno)}.",
                "Run the agent as root, or give its user write access to the device."),
            _ => Refuse(
                "board.watchdog-failed",
                $"{description.Device} cannot be opened: {Errno.Text(errno)}.",
                "See the kernel log for what the watchdog driver says."),
        };
    }

    private (IWatchdogDevice? Device, int Errno, string Said) TakeOver(DeviceWatchdogDescription description)
    {
        if (procd.TakeOver() is { } reason)
        {
            LogTakeOverFailed(reason);
            return (null, Errno.EBUSY, $", and it could not be taken over from procd ({reason})");
        }

        // At once: the hardware is disarmed, or counting down, until this open.
        var device = open(description, out var errno);
        if (device is not null)
        {
            IsFromProcd = true;
            LogTakenOver(description.Device);
            return (device, 0, "");
        }

        // procd has stopped feeding but somebody still holds the device: unless it feeds again, the router resets.
        var back = procd.GiveBack();
        LogTakeOverFailed($"{Errno.Text(errno)} after procd gave it up; given back: {back ?? "yes"}");
        return (null, errno, $", procd was asked for it and did not let it go{(back is null ? "" : $" ({back})")}");
    }

    private IWatchdogDevice? OpenGpio(GpioWatchdogDescription description)
    {
        string? problem;
        try
        {
            if (chips.Open(description.Line, TimeSpan.Zero, out problem) is { } at)
            {
                var device = new GpioWatchdog(description, at.Controller, at.Pin);
                var info = device.Info;
                LogOpened(info.Device, info.Identity, info.Timeout.TotalSeconds, info.NoWayOut, fromProcd: false);
                return device;
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            problem = e.Message;
        }

        return Refuse(
            "board.watchdog-failed",
            $"The watchdog on GPIO line {description.Line} cannot be used: {problem}.",
            "Correct chip and line in the board file, or free the line (gpioinfo shows who holds it).");
    }

    private IWatchdogDevice? Refuse(string code, string text, string fix)
    {
        health.Raise(code, "", Severity.Degraded, text, fix);
        LogRefused(code, text);
        return null;
    }
}
