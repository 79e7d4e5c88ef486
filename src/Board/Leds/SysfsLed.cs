using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Leds;

/// <summary>
/// A LED the kernel drives, <c>/sys/class/leds/NAME</c> (Documentation/leds/leds-class.rst). Blinking is the kernel's
/// timer trigger: it goes on when this process sleeps, and costs it nothing.
/// </summary>
internal sealed class SysfsLed(SysRoot root, string name) : ILed
{
    /// <summary>
    /// Attributes of a trigger that are lost when another trigger is chosen, in the order they are written back.
    /// </summary>
    private static readonly Dictionary<string, string[]> TriggerAttributes = new(StringComparer.Ordinal)
    {
        ["timer"] = ["delay_on", "delay_off"],
        ["netdev"] = ["device_name", "link", "tx", "rx", "interval"],
        ["oneshot"] = ["delay_on", "delay_off", "invert"],
        ["heartbeat"] = ["invert"],
    };

    private readonly string _folder = $"/sys/class/leds/{name}";

    public string Name => name;

    public bool NeedsTick => false;

    /// <summary>True when the kernel has the LED.</summary>
    public bool IsPresent => root.Read($"{_folder}/brightness") is not null;

    /// <summary>The state to go back to, or null when the LED cannot be read.</summary>
    public SavedLed? Save()
    {
        if (root.Read($"{_folder}/brightness") is not { } brightness)
        {
            return null;
        }

        var trigger = Current(root.Read($"{_folder}/trigger") ?? "");
        var attributes = TriggerAttributes.GetValueOrDefault(trigger, [])
            .Select(a => (Name: a, Value: root.Read($"{_folder}/{a}")))
            .Where(a => a.Value is not null)
            .Select(a => (a.Name, a.Value!));
        return new SavedLed(name, trigger, brightness, [.. attributes]);
    }

    public LedResult Show(LedPattern pattern, TimeSpan now)
    {
        if (pattern.HalfPeriodMs() is var half && half == 0)
        {
            return Steady(pattern == LedPattern.On, LedResult.Done);
        }

        // EINVAL: no such trigger (led_trigger_write). ENOENT: a kernel without triggers at all; and the two delays
        // exist only while the timer trigger is active, so that they answer for kernels that accept any name.
        var errno = root.Write($"{_folder}/trigger", "timer");
        errno = FirstError(errno, () => root.Write($"{_folder}/delay_on", half.ToString()));
        errno = FirstError(errno, () => root.Write($"{_folder}/delay_off", half.ToString()));
        return errno is Errno.EINVAL or Errno.ENOENT ? Steady(true, LedResult.CannotBlink) : LedResult.From(errno);
    }

    public LedResult Tick(TimeSpan now) => LedResult.Done;

    /// <summary>
    /// Puts back what <see cref="Save"/> saw. Goes on after a failed step, so that as much as possible is restored.
    /// </summary>
    public int Restore(SavedLed saved)
    {
        var errno = root.Write($"{_folder}/trigger", saved.Trigger);
        errno = errno == Errno.ENOENT && saved.Trigger == "none" ? 0 : errno;
        foreach (var (attribute, value) in saved.Attributes)
        {
            errno = FirstError(errno, () => root.Write($"{_folder}/{attribute}", value), always: true);
        }

        // Only then: with a trigger active the brightness is the trigger's own, and writing 0 would switch the
        // trigger off.
        return saved.Trigger == "none"
            ? FirstError(errno, () => root.Write($"{_folder}/brightness", saved.Brightness), always: true)
            : errno;
    }

    public void Dispose()
    {
        // Nothing is held open.
    }

    private LedResult Steady(bool isOn, LedResult success)
    {
        var errno = root.Write($"{_folder}/trigger", "none");
        // A kernel without LED triggers has no such file; if the whole LED has gone, the next write says so.
        errno = errno == Errno.ENOENT ? 0 : errno;
        var max = root.Read($"{_folder}/max_brightness") ?? "1";
        errno = FirstError(errno, () => root.Write($"{_folder}/brightness", isOn ? max : "0"), always: true);
        return errno == 0 ? success : LedResult.From(errno);
    }

    private static int FirstError(int errno, Func<int> step, bool always = false)
    {
        var next = errno == 0 || always ? step() : 0;
        return errno != 0 ? errno : next;
    }

    // "none [timer] heartbeat": the active one is in brackets.
    private static string Current(string triggers)
    {
        var from = triggers.IndexOf('[') + 1;
        var to = triggers.IndexOf(']', from);
        return from > 0 && to > from ? triggers[from..to] : "none";
    }
}
