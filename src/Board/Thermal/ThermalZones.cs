using System.Globalization;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board.Thermal;

/// <summary>One temperature.</summary>
/// <param name="Zone">Type of the zone, for example <c>cpu-thermal</c>.</param>
/// <param name="Celsius">°C; null when the sensor gives none right now.</param>
public sealed record ThermalReading(string Zone, double? Celsius);

/// <summary>
/// The thermal zones a board file names, by their type (Documentation/driver-api/thermal/sysfs-api.rst): the number in
/// <c>thermal_zoneN</c> depends on the probe order, the type comes from the device tree.
/// </summary>
internal sealed class ThermalZones
{
    private readonly SysRoot _root;
    private readonly List<(string Type, string? Folder)> _zones;

    public ThermalZones(IReadOnlyList<string> types, SysRoot root, HealthRegister health)
    {
        _root = root;
        var folders = root.List("/sys/class/thermal")
            .Where(n => n.StartsWith("thermal_zone", StringComparison.Ordinal))
            .Select(n => $"/sys/class/thermal/{n}")
            .Select(f => (Type: root.Read($"{f}/type"), Folder: f))
            .ToArray();
        _zones = [.. types.Select(t => (t, folders.FirstOrDefault(f => f.Type == t).Folder))];
        foreach (var (type, folder) in _zones)
        {
            var there = string.Join(", ", folders.Select(f => f.Type));
            health.Set(
                folder is null, "board.thermal-missing", type, Severity.Info,
                $"No thermal zone of type '{type}' (there: {(there.Length == 0 ? "none" : there)}).",
                "Load the sensor's driver, or correct the name in the board file.");
        }
    }

    /// <summary>Reads all of them.</summary>
    public IReadOnlyList<ThermalReading> Read() => [.. _zones.Select(z => new ThermalReading(z.Type, Celsius(z.Folder)))];

    private double? Celsius(string? folder) =>
        folder is not null && int.TryParse(_root.Read($"{folder}/temp"), NumberStyles.AllowLeadingSign, null, out var milli)
            ? milli / 1000.0
            : null;
}
