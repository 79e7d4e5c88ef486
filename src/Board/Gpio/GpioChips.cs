using System.Device.Gpio;
using X0tta6bl4.Board.Description;
using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Gpio;

/// <summary>
/// The board's GPIO chips, opened when first asked for and closed together. Finds a chip by kernel name or label and a
/// line by number or name, and gives <see cref="GpioController"/>s, so that any driver written for that class fits.
/// </summary>
public sealed class GpioChips : IDisposable
{
    /// <summary>Most chips looked at.</summary>
    private const int ChipsMax = 64;

    private readonly Dictionary<string, (GpioDriver Driver, GpioController Controller)> _open = [];
    private readonly Func<string, (GpioDriver? Driver, string? Problem)> _find;

    /// <summary>Chips of the running system.</summary>
    public GpioChips(SysRoot root)
        : this(chip => Find(root, chip))
    {
    }

    /// <summary>Chips from elsewhere, for tests and for boards with an expander of their own.</summary>
    /// <param name="find">Gives a new driver for a chip's name or label, or says why there is none.</param>
    public GpioChips(Func<string, (GpioDriver? Driver, string? Problem)> find) => _find = find;

    /// <summary>Opens the chip of a line and finds the line; the pin itself is left closed.</summary>
    /// <param name="line">How the board file names it.</param>
    /// <param name="debounce">For inputs; the kernel filters.</param>
    /// <param name="problem">Why not, when the answer is null.</param>
    /// <returns>The controller and the pin number to open on it.</returns>
    public (GpioController Controller, int Pin)? Open(GpioLineRef line, TimeSpan debounce, out string? problem)
    {
        problem = null;
        if (!_open.TryGetValue(line.Chip, out var chip))
        {
            (var driver, problem) = _find(line.Chip);
            if (driver is null)
            {
                return null;
            }

            chip = (driver, new GpioController(driver));
            _open[line.Chip] = chip;
        }

        var characterDevice = chip.Driver as CharacterDeviceGpioDriver;
        if ((line.Offset ?? characterDevice?.FindLine(line.Name ?? "")) is not { } pin || pin >= chip.Controller.PinCount)
        {
            problem = $"chip '{line.Chip}' has no line {line.Name ?? line.Offset.ToString()} "
                + $"(it has {chip.Controller.PinCount} lines)";
            return null;
        }

        characterDevice?.Configure(pin, new GpioLineOptions(line.ActiveLow, debounce));
        return (chip.Controller, pin);
    }

    /// <summary>Who holds a line, in words, for a message about a line that cannot be had.</summary>
    public string HolderOf(GpioLineRef line, int pin)
    {
        try
        {
            return _open[line.Chip].Driver is CharacterDeviceGpioDriver driver && driver.HolderOf(pin) is { } holder
                ? holder.Length == 0 ? "the kernel" : $"'{holder}'"
                : "nobody";
        }
        catch (LinuxException e)
        {
            return $"nobody can tell ({e.Message})";
        }
    }

    /// <summary>Closes every line and chip.</summary>
    public void Dispose()
    {
        foreach (var chip in _open.Values)
        {
            chip.Controller.Dispose();
        }

        _open.Clear();
    }

    private static (GpioDriver? Driver, string? Problem) Find(SysRoot root, string chip)
    {
        var refused = "";
        foreach (var name in root.List("/dev").Where(n => n.StartsWith("gpiochip", StringComparison.Ordinal)).Take(ChipsMax))
        {
            try
            {
                var driver = new CharacterDeviceGpioDriver(root.Path($"/dev/{name}"));
                if (driver.Name == chip || driver.Label == chip)
                {
                    return (driver, null);
                }

                driver.Dispose();
            }
            catch (LinuxException e)
            {
                // It may be the wanted one: looked no further into, but named in the answer.
                refused += $"; {e.Message}";
            }
        }

        return (null, $"there is no GPIO chip named or labelled '{chip}'{refused}");
    }
}
