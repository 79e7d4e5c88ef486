using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>
/// The watchdog interface, linux/watchdog.h and Documentation/watchdog/watchdog-api.rst; proved by the ABI test.
/// </summary>
internal static class WatchdogUapi
{
    public const nuint WDIOC_GETSUPPORT = 0x80285700;
    public const nuint WDIOC_GETSTATUS = 0x80045701;
    public const nuint WDIOC_GETBOOTSTATUS = 0x80045702;
    public const nuint WDIOC_SETOPTIONS = 0x80045704;
    public const nuint WDIOC_KEEPALIVE = 0x80045705;
    public const nuint WDIOC_SETTIMEOUT = 0xC0045706;
    public const nuint WDIOC_GETTIMEOUT = 0x80045707;
    public const nuint WDIOC_SETPRETIMEOUT = 0xC0045708;
    public const nuint WDIOC_GETPRETIMEOUT = 0x80045709;
    public const nuint WDIOC_GETTIMELEFT = 0x8004570A;

    public const int WDIOS_DISABLECARD = 1;
    public const int WDIOS_ENABLECARD = 2;
}

/// <summary>Bits of watchdog_info.options and of the status words (WDIOF_*).</summary>
[Flags]
public enum WatchdogFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>WDIOF_OVERHEAT: the last reset came from overheating.</summary>
    Overheat = 0x0001,

    /// <summary>WDIOF_FANFAULT: a fan failed.</summary>
    FanFault = 0x0002,

    /// <summary>WDIOF_EXTERN1: external relay 1.</summary>
    Extern1 = 0x0004,

    /// <summary>WDIOF_EXTERN2: external relay 2.</summary>
    Extern2 = 0x0008,

    /// <summary>WDIOF_POWERUNDER: supply too low.</summary>
    PowerUnder = 0x0010,

    /// <summary>WDIOF_CARDRESET: the watchdog caused the last reset.</summary>
    CardReset = 0x0020,

    /// <summary>WDIOF_POWEROVER: supply too high.</summary>
    PowerOver = 0x0040,

    /// <summary>WDIOF_SETTIMEOUT: the time-out can be set.</summary>
    SetTimeout = 0x0080,

    /// <summary>WDIOF_MAGICCLOSE: writing 'V' before closing disarms.</summary>
    MagicClose = 0x0100,

    /// <summary>WDIOF_PRETIMEOUT: a warning before the reset can be set.</summary>
    Pretimeout = 0x0200,

    /// <summary>WDIOF_ALARMONLY: it raises an alarm and resets nothing.</summary>
    AlarmOnly = 0x0400,

    /// <summary>WDIOF_KEEPALIVEPING: the keep-alive ioctl works.</summary>
    KeepAlivePing = 0x8000,
}

[InlineArray(32)]
internal struct WatchdogIdentity
{
    private byte _first;

    /// <summary>As text.</summary>
    public readonly string Text
    {
        get
        {
            ReadOnlySpan<byte> bytes = this;
            var end = bytes.IndexOf((byte)0);
            return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }
    }
}

/// <summary>struct watchdog_info</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WatchdogInfoC
{
    public uint Options;                // options
    public uint FirmwareVersion;        // firmware_version
    public WatchdogIdentity Identity;   // identity
}
