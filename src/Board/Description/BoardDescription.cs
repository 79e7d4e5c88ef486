namespace X0tta6bl4.Board.Description;

/// <summary>What a LED is for. Decides its pattern, see <see cref="Leds.LedTable"/>.</summary>
public enum LedRole
{
    /// <summary>The one everybody looks at; a board with one LED has this one.</summary>
    Status,

    /// <summary>The mesh.</summary>
    Mesh,

    /// <summary>The way out of the mesh.</summary>
    Uplink,

    /// <summary>Something needs a person.</summary>
    Fault,
}

/// <summary>Resistor the pin is given, see GPIO_V2_LINE_FLAG_BIAS_* of linux/gpio.h.</summary>
public enum GpioBias
{
    /// <summary>As the boot loader left it.</summary>
    AsIs,

    /// <summary>Pulled up.</summary>
    PullUp,

    /// <summary>Pulled down.</summary>
    PullDown,
}

/// <summary>How a board file names one GPIO line.</summary>
/// <param name="Chip">Kernel name (<c>gpiochip0</c>) or label (<c>9030000.pl061</c>); the label survives a changed
/// probe order.</param>
/// <param name="Offset">Line number on the chip, from 0; null when named.</param>
/// <param name="Name">Line name (<c>gpio-line-names</c> of the device tree); null when numbered.</param>
/// <param name="ActiveLow">True when the low level means "on" or "pressed".</param>
/// <param name="Bias">Pull resistor.</param>
public sealed record GpioLineRef(string Chip, int? Offset, string? Name, bool ActiveLow, GpioBias Bias)
{
    /// <summary><c>chip:line</c>, as shown to people.</summary>
    public override string ToString() => $"{Chip}:{Name ?? Offset.ToString()}";
}

/// <summary>A LED: either one the kernel drives, or a plain GPIO line.</summary>
/// <param name="Role">What it is for.</param>
/// <param name="Sysfs">Name below <c>/sys/class/leds</c>, or null.</param>
/// <param name="Gpio">Line, or null.</param>
public sealed record LedDescription(LedRole Role, string? Sysfs, GpioLineRef? Gpio)
{
    /// <summary>Name shown to people and used as the symptom's subject.</summary>
    public string Name => Sysfs ?? Gpio?.ToString() ?? "";
}

/// <summary>A button on a GPIO line.</summary>
/// <param name="Role">Its name on the case: reset, wps, mode …</param>
/// <param name="Line">The line; "active" means pressed.</param>
/// <param name="Debounce">Edges closer together than this are one, 0–1 s.</param>
/// <param name="LongPress">Holding it this long is a long press, 0.5–60 s.</param>
public sealed record ButtonDescription(string Role, GpioLineRef Line, TimeSpan Debounce, TimeSpan LongPress);

/// <summary>The hardware that resets the board when nobody feeds it.</summary>
public abstract record WatchdogDescription;

/// <summary>A watchdog with a kernel driver.</summary>
/// <param name="Device">Device file, for example <c>/dev/watchdog0</c>.</param>
/// <param name="Timeout">Time without feeding until the reset, whole seconds; the driver may round it.</param>
/// <param name="Pretimeout">Warning (an NMI or a panic) this long before the reset; null leaves the driver's
/// default.</param>
/// <param name="ProcdHandover">True to take the device over from OpenWrt's procd when it holds it.</param>
public sealed record DeviceWatchdogDescription(string Device, TimeSpan Timeout, TimeSpan? Pretimeout, bool ProcdHandover)
    : WatchdogDescription;

/// <summary>A watchdog chip fed by toggling a line (no kernel driver bound to it).</summary>
/// <param name="Line">The line.</param>
/// <param name="Timeout">The chip's time-out.</param>
/// <param name="AlwaysRunning">True when the chip cannot be disarmed by floating the line.</param>
public sealed record GpioWatchdogDescription(GpioLineRef Line, TimeSpan Timeout, bool AlwaysRunning) : WatchdogDescription;

/// <summary>
/// One board, as its file in board-configs/ has it. Nothing in it is guessed: what is not named is not touched.
/// </summary>
/// <param name="Id"><c>vendor,model</c>, the device tree's first <c>compatible</c>.</param>
/// <param name="Model">Name for people.</param>
/// <param name="Leds">LEDs; at most one a role.</param>
/// <param name="Buttons">Buttons.</param>
/// <param name="Watchdog">The watchdog, or null when the board has none.</param>
/// <param name="ThermalZones">Types of the zones below <c>/sys/class/thermal</c> that matter.</param>
public sealed partial record BoardDescription(
    string Id,
    string Model,
    IReadOnlyList<LedDescription> Leds,
    IReadOnlyList<ButtonDescription> Buttons,
    WatchdogDescription? Watchdog,
    IReadOnlyList<string> ThermalZones)
{
    /// <summary>A board nobody described: nothing is touched.</summary>
    public static BoardDescription Generic(string id) => new(id, "unknown board", [], [], null, []);
}
