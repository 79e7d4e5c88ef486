using System.Globalization;
using System.Text.RegularExpressions;

namespace X0tta6bl4.Rack.Rig;

/// <summary>The LEDs of a rack router and the GPIO lines they hang on (see rack-leds.dtso).</summary>
public enum LedLine
{
    /// <summary>green:status</summary>
    Status = 4,

    /// <summary>blue:mesh</summary>
    Mesh = 5,

    /// <summary>red:fault</summary>
    Fault = 6,
}

/// <summary>What a LED was seen to do over a while.</summary>
public enum LedSight
{
    Off,
    On,

    /// <summary>Half a second on, half a second off.</summary>
    Slow,

    /// <summary>A tenth of a second each.</summary>
    Fast,

    /// <summary>Changing in no known rhythm: look longer.</summary>
    Unsteady,
}

/// <summary>One change of one output line.</summary>
public readonly record struct LedChange(int Line, bool IsOn);

/// <summary>
/// LEDs as seen from outside the router: on the rack QEMU's trace of the GPIO controller, on a bench a capture device
/// on the pins. What sysfs in the guest says is not asked, because the guest is what is being tested.
/// </summary>
public sealed partial class LedCapture
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, bool> _levels = [];

    /// <summary>Changes only; a write of the level a line already has is not one.</summary>
    public Journal<LedChange> Changes { get; } = new();

    /// <summary>Takes a line of QEMU's trace.</summary>
    /// <returns>False when it is not one about an output.</returns>
    public bool FeedTrace(string line)
    {
        if (!line.Contains("pl061_set_output", StringComparison.Ordinal)
            || TraceLine().Match(line) is not { Success: true } match)
        {
            return false;
        }

        Feed(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value == "1");
        return true;
    }

    /// <summary>Takes a level of a line.</summary>
    public void Feed(int line, bool isOn)
    {
        lock (_lock)
        {
            if (_levels.TryGetValue(line, out var before) && before == isOn)
            {
                return;
            }

            _levels[line] = isOn;
        }

        Changes.Add(new LedChange(line, isOn));
    }

    public bool IsOn(LedLine led)
    {
        lock (_lock)
        {
            return _levels.GetValueOrDefault((int)led);
        }
    }

    /// <summary>Changes of the three LEDs since a mark.</summary>
    public int Count(long mark) => Changes.Since(mark).Count(c => c.Item.Line is >= 4 and <= 6);

    /// <summary>What a LED did in the last while.</summary>
    public LedSight See(LedLine led, TimeSpan window)
    {
        var from = RackClock.Now - window;
        var times = Changes.Since(0).Where(c => c.Item.Line == (int)led && c.At >= from).Select(c => c.At).ToList();
        return Judge(times, IsOn(led));
    }

    /// <summary>Reads a rhythm out of the moments of change.</summary>
    internal static LedSight Judge(IReadOnlyList<TimeSpan> changes, bool isOn)
    {
        if (changes.Count == 0)
        {
            return isOn ? LedSight.On : LedSight.Off;
        }

        if (changes.Count < 3)
        {
            return LedSight.Unsteady;
        }

        // The median: an emulated timer is late now and then, and then early.
        var gaps = changes.Zip(changes.Skip(1), (a, b) => (b - a).TotalMilliseconds).Order().ToList();
        return gaps[gaps.Count / 2] switch
        {
            > 350 and < 700 => LedSight.Slow,
            > 50 and < 200 => LedSight.Fast,
            _ => LedSight.Unsteady,
        };
    }

    [GeneratedRegex(@"setting output (\d+) to ([01])\b")]
    private static partial Regex TraceLine();
}
