using System.Text;
using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Leds;

/// <summary>What a kernel LED was before we touched it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Trigger">The active trigger, <c>none</c> for none.</param>
/// <param name="Brightness">As the attribute had it.</param>
/// <param name="Attributes">The trigger's own attributes.</param>
internal sealed record SavedLed(
    string Name, string Trigger, string Brightness, IReadOnlyList<(string Name, string Value)> Attributes);

/// <summary>
/// Remembers the LEDs' first state in a file of the run directory, for the case that this process is killed: the next
/// start would otherwise take our own blink for the state to restore. The first line has the boot id; after a reboot
/// the kernel has set the LEDs anew and the file means nothing. The run directory is in RAM, so no flash is written.
/// <para>One LED a line: name, trigger, brightness, attribute=value …, separated by tabs. A line that does not parse
/// is left out; that LED is then read afresh.</para>
/// </summary>
internal sealed class SavedLeds
{
    private const string Header = "x0tta6bl4-leds 1 ";

    /// <summary>Largest file read, bytes; 16 LEDs need under 2 KiB.</summary>
    private const int FileBytesMax = 16 * 1024;

    private readonly string _path;
    private readonly string _bootId;

    public SavedLeds(string runFolder, string bootId)
    {
        _path = Path.Combine(runFolder, "leds.saved");
        _bootId = bootId;
    }

    /// <summary>What the last process saved in this boot and did not restore.</summary>
    public IReadOnlyDictionary<string, SavedLed> Load()
    {
        var found = new Dictionary<string, SavedLed>(StringComparer.Ordinal);
        try
        {
            var file = new FileInfo(_path);
            if (!file.Exists || file.Length > FileBytesMax)
            {
                return found;
            }

            var lines = File.ReadAllText(_path).Split('\n');
            if (lines[0] != Header + _bootId)
            {
                return found;
            }

            foreach (var led in lines.Skip(1).Select(Parse).OfType<SavedLed>())
            {
                found[led.Name] = led;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Unreadable: the LEDs are read afresh, as on a first start.
            found.Clear();
        }

        return found;
    }

    /// <summary>
    /// Writes the file. Failing is no reason to leave the LEDs dark: the error number goes into the log.
    /// </summary>
    public int Store(IEnumerable<SavedLed> leds)
    {
        var text = new StringBuilder(Header).Append(_bootId).Append('\n');
        foreach (var led in leds)
        {
            text.Append(led.Name).Append('\t').Append(led.Trigger).Append('\t').Append(led.Brightness);
            foreach (var (name, value) in led.Attributes)
            {
                text.Append('\t').Append(name).Append('=').Append(value);
            }

            text.Append('\n');
        }

        return AtomicFile.Replace(_path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Everything was restored: the next start reads the LEDs afresh.</summary>
    public void Forget() => _ = Libc.Unlink(_path);

    private static SavedLed? Parse(string line)
    {
        var fields = line.Split('\t');
        if (fields.Length < 3 || fields[0].Contains('/') || fields[2].Length == 0)
        {
            return null;
        }

        var attributes = new List<(string, string)>();
        foreach (var field in fields.Skip(3))
        {
            var equals = field.IndexOf('=');
            if (equals <= 0 || field.AsSpan(0, equals).Contains('/'))
            {
                return null;
            }

            attributes.Add((field[..equals], field[(equals + 1)..]));
        }

        return new SavedLed(fields[0], fields[1], fields[2], attributes);
    }
}
