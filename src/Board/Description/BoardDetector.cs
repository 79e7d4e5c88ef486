using X0tta6bl4.Board.Linux;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Board.Description;

/// <summary>
/// Finds out which board this is and reads its file. Never fails: an unknown board works without its own hardware.
/// </summary>
public static class BoardDetector
{
    /// <summary>Most board files looked at in a folder.</summary>
    public const int FilesMax = 256;

    /// <summary>Most <c>compatible</c> entries looked at.</summary>
    private const int CompatiblesMax = 16;

    /// <summary>
    /// The names this machine goes by, most specific first: OpenWrt's <c>/tmp/sysinfo/board_name</c>, then every
    /// <c>compatible</c> of the device tree's root. None on a machine without a device tree.
    /// </summary>
    public static IReadOnlyList<string> Names(SysRoot root)
    {
        var names = new List<string>();
        if (root.Read("/tmp/sysinfo/board_name")?.Trim() is { Length: > 0 } openwrt)
        {
            names.Add(openwrt);
        }

        // A list of strings, each ended by a NUL (Devicetree Specification 2.2.4).
        var compatible = root.Read("/proc/device-tree/compatible") ?? root.Read("/sys/firmware/devicetree/base/compatible");
        names.AddRange(compatible?.Split('\0', StringSplitOptions.RemoveEmptyEntries).Take(CompatiblesMax) ?? []);
        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Finds and reads the description of this board.</summary>
    /// <param name="root">Where to look for the machine's names.</param>
    /// <param name="folder">Folder of board files (<c>*.toml</c>), a real path.</param>
    /// <param name="chosen">A board id or the path of a file from the configuration; null to detect.</param>
    /// <param name="health">Receives <c>board.unknown</c> (no file for it) or <c>board.description-invalid</c>.</param>
    /// <returns>The description; <see cref="BoardDescription.Generic"/> when there is none or it is broken.</returns>
    public static BoardDescription Detect(SysRoot root, string folder, string? chosen, HealthRegister health)
    {
        var names = chosen is null ? Names(root) : [chosen];
        var problems = new TomlProblems();
        var board = chosen is not null && chosen.Contains('/')
            ? BoardDescription.Read(chosen, problems)
            : names.Select(name => Load(folder, name, problems)).FirstOrDefault(found => found is not null);
        var more = problems.Count > 1 ? $" (and {problems.Count - 1} more)" : "";
        health.Set(
            problems.Any, "board.description-invalid", "", Severity.Degraded,
            $"A board file is invalid: {(problems.Any ? problems.Items[0] : null)}{more}",
            "Correct the file; docs/boards.md lists the keys.");
        var id = names.Count > 0 ? names[0] : "none,unknown";
        var machine = names.Count > 0 ? $"'{string.Join("', '", names)}'" : "a machine without a device tree";
        health.Set(
            board is null && !problems.Any, "board.unknown", id, Severity.Degraded,
            $"No board file for {machine} in {folder}: "
                + "LEDs, buttons and watchdog are not used.",
            "Add a board file (docs/boards.md), or name one with board = \"…\" in the configuration.");
        return board ?? BoardDescription.Generic(id);
    }

    // The file named after the board first; then any file with that id, since file names are for people.
    private static BoardDescription? Load(string folder, string name, TomlProblems problems)
    {
        var direct = name.Contains('/') ? null : Path.Combine(folder, name + ".toml");
        if (direct is not null && File.Exists(direct))
        {
            return BoardDescription.Read(direct, problems);
        }

        foreach (var path in Files(folder))
        {
            // Problems of other boards' files are not this router's.
            if (TomlFile.Read(path, new TomlProblems())?.String("id") == name)
            {
                return BoardDescription.Read(path, problems);
            }
        }

        return null;
    }

    private static IEnumerable<string> Files(string folder)
    {
        try
        {
            return [.. Directory.GetFiles(folder, "*.toml").Order(StringComparer.Ordinal).Take(FilesMax)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No such folder: the board is unknown, and that symptom names the folder.
            return [];
        }
    }
}
