using X0tta6bl4.Toml;

namespace X0tta6bl4.Board.Description;

/// <content>Reads a board file; docs/boards.md has every key.</content>
public sealed partial record BoardDescription
{
    /// <summary>Most LEDs, and most buttons, a file may name.</summary>
    public const int PartsMax = 16;

    /// <summary>Most thermal zones a file may name.</summary>
    public const int ThermalZonesMax = 16;

    /// <summary>Most characters of a name in a board file.</summary>
    public const int NameCharsMax = 64;

    /// <summary>Highest line number: the most lines a chip has had, with room.</summary>
    public const int LineOffsetMax = 4095;

    /// <summary>Reads the text of a board file.</summary>
    /// <param name="text">TOML.</param>
    /// <param name="fileName">Shown in problems.</param>
    /// <param name="problems">Receives everything wrong.</param>
    /// <returns>The board, or null when anything is wrong: half a description could drive the wrong pin.</returns>
    public static BoardDescription? Parse(string text, string fileName, TomlProblems problems)
    {
        var before = problems.Count;
        return TomlFile.Parse(text, fileName, problems) is { } root ? Finish(root, problems, before) : null;
    }

    /// <summary>Reads a board file.</summary>
    /// <inheritdoc cref="Parse(string, string, TomlProblems)"/>
    public static BoardDescription? Read(string path, TomlProblems problems)
    {
        var before = problems.Count;
        return TomlFile.Read(path, problems) is { } root ? Finish(root, problems, before) : null;
    }

    private static BoardDescription? Finish(TomlSection root, TomlProblems problems, int before)
    {
        var board = new BoardDescription(
            ReadId(root),
            root.RequiredString("model", NameCharsMax),
            ReadLeds(root),
            ReadButtons(root),
            ReadWatchdog(root.Section("watchdog")),
            root.Section("thermal").StringList("zones", itemsMax: ThermalZonesMax));

        // Where each value comes from. Not used at run time, but a file without it cannot be checked by the next
        // reader.
        if (root.Require("sources") && root.StringList("sources").Count == 0)
        {
            root.Problem("sources", "must name at least one device tree or data sheet");
        }

        root.Done();
        return problems.Count == before ? board : null;
    }

    private static string ReadId(TomlSection root)
    {
        var id = root.RequiredString("id", NameCharsMax);
        var isValid = id.Count(c => c == ',') == 1 && id.All(c => char.IsAsciiLetterOrDigit(c) || ",-._+".Contains(c));
        if (id.Length > 0 && !isValid)
        {
            root.Problem("id", "must be vendor,model as in the device tree's compatible");
        }

        return id;
    }

    private static List<LedDescription> ReadLeds(TomlSection root)
    {
        var leds = new List<LedDescription>();
        foreach (var led in root.Sections("led", PartsMax))
        {
            led.Require("role");
            var role = led.OneOf(
                "role", LedRole.Status,
                ("status", LedRole.Status), ("mesh", LedRole.Mesh), ("uplink", LedRole.Uplink), ("fault", LedRole.Fault));
            if (leds.Any(l => l.Role == role))
            {
                led.Problem("role", "is given to two LEDs");
            }

            var sysfs = led.Parse("sysfs", LedName, "the name of a LED below /sys/class/leds, such as green:status");
            var hasLine = led.Has("chip");
            if (hasLine == led.Has("sysfs"))
            {
                led.Problem("sysfs", "or chip and line must be given, one of the two");
            }

            leds.Add(new LedDescription(role, sysfs, hasLine ? ReadLine(led) : null));
        }

        return leds;
    }

    private static List<ButtonDescription> ReadButtons(TomlSection root)
    {
        var buttons = new List<ButtonDescription>();
        foreach (var button in root.Sections("button", PartsMax))
        {
            var role = button.RequiredString("role", NameCharsMax);
            // The role is a metric label and a log field: keep it a word.
            if (role.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
            {
                button.Problem("role", "must be lower-case letters, digits and dashes");
            }
            else if (buttons.Any(b => b.Role == role))
            {
                button.Problem("role", "is given to two buttons");
            }

            buttons.Add(new ButtonDescription(
                role,
                ReadLine(button),
                button.Duration("debounce", TimeSpan.FromMilliseconds(30), TimeSpan.Zero, TimeSpan.FromSeconds(1)),
                button.Duration(
                    "long_press", TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(1))));
        }

        return buttons;
    }

    private static WatchdogDescription? ReadWatchdog(TomlSection watchdog)
    {
        if (!watchdog.IsPresent)
        {
            return null;
        }

        var isGpio = watchdog.OneOf("kind", false, ("device", false), ("gpio", true));
        watchdog.Require("kind");
        if (isGpio)
        {
            return new GpioWatchdogDescription(
                ReadLine(watchdog),
                watchdog.Duration(
                    "timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
                watchdog.Bool("always_running", false));
        }

        var timeout = watchdog.Duration(
            "timeout", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10));
        var pretimeout = watchdog.Duration("pretimeout", TimeSpan.Zero, TimeSpan.Zero, timeout);
        return new DeviceWatchdogDescription(
            watchdog.Parse("device", Device, "a device below /dev, such as /dev/watchdog0") ?? "/dev/watchdog0",
            timeout,
            watchdog.Has("pretimeout") ? pretimeout : null,
            watchdog.Bool("procd_handover", true));
    }

    private static GpioLineRef ReadLine(TomlSection section)
    {
        var offset = section.OptionalInt("line", 0, LineOffsetMax);
        var name = section.String("line_name", NameCharsMax);
        if (section.Has("line") == section.Has("line_name"))
        {
            section.Problem("line", "or line_name must be given, one of the two");
        }

        return new GpioLineRef(
            section.RequiredString("chip", NameCharsMax),
            (int?)offset,
            name,
            section.Bool("active_low", false),
            section.OneOf(
                "bias", GpioBias.AsIs,
                ("as-is", GpioBias.AsIs), ("pull-up", GpioBias.PullUp), ("pull-down", GpioBias.PullDown)));
    }

    // A name becomes a path: no separators, no dot entries.
    private static string? LedName(string text) =>
        text.Length is > 0 and <= NameCharsMax && text[0] != '.' && !text.Any(c => c == '/' || char.IsControl(c))
            ? text
            : null;

    private static string? Device(string text) =>
        text.Length <= NameCharsMax && text.StartsWith("/dev/", StringComparison.Ordinal) && !text.Contains("..")
            ? text
            : null;
}
