using System.Globalization;
using System.Text;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>How far a run of the agent had come when its record was written.</summary>
public enum RunState
{
    /// <summary>Running; also what is found after a crash or a power cut.</summary>
    Running,

    /// <summary>Feeding was stopped because loops hung; a reset was to follow.</summary>
    Hung,

    /// <summary>The loops came back before the reset.</summary>
    Recovered,

    /// <summary>Somebody asked for a reboot.</summary>
    RebootRequested,

    /// <summary>Stopped in order.</summary>
    Stopped,
}

/// <summary>
/// The few facts that must outlive a reset. A text file of under 1 KiB with a checksum in its last line; replaced
/// atomically, so that a torn one comes only from a broken file system, and is then no record at all.
/// </summary>
/// <param name="BootId">/proc/sys/kernel/random/boot_id of the boot it was written in.</param>
/// <param name="State">How far it had come.</param>
/// <param name="Detail">Names of hung loops, or who asked for the reboot.</param>
/// <param name="BootReason">Why the board itself last booted, as <see cref="ResetReason.ToString"/>; carried over
/// restarts of the agent.</param>
public sealed record RunRecord(string BootId, RunState State, string Detail, string BootReason)
{
    /// <summary>Largest record, bytes; a larger file is none.</summary>
    public const int BytesMax = 1024;

    /// <summary>Most characters of each of detail and boot reason.</summary>
    public const int DetailCharsMax = 200;

    private const string Header = "x0tta6bl4-run 1";

    /// <summary>The file's content.</summary>
    public byte[] ToBytes()
    {
        var body = $"{Header}\nboot_id={Clean(BootId)}\nstate={Word(State)}\n"
            + $"detail={Clean(Detail)}\nboot_reason={Clean(BootReason)}\n";
        return Encoding.UTF8.GetBytes($"{body}crc32={Crc32(Encoding.UTF8.GetBytes(body)):x8}\n");
    }

    /// <summary>Reads a file's content; null for anything but a whole record.</summary>
    public static RunRecord? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BytesMax || bytes.LastIndexOf("crc32="u8) is not (> 0 and var at))
        {
            return null;
        }

        var sum = Encoding.UTF8.GetString(bytes[(at + 6)..]);
        if (sum.Length != 9 || sum[8] != '\n'
            || !uint.TryParse(sum.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, null, out var crc) || crc != Crc32(bytes[..at]))
        {
            return null;
        }

        var lines = Encoding.UTF8.GetString(bytes[..at]).Split('\n');
        if (lines.Length != 6 || lines[0] != Header || Value(lines[1], "boot_id=") is not { Length: > 0 } bootId
            || Value(lines[2], "state=") is not { } word || Value(lines[3], "detail=") is not { } detail
            || Value(lines[4], "boot_reason=") is not { } reason)
        {
            return null;
        }

        var state = Enum.GetValues<RunState>().Where(s => Word(s) == word).Select(s => (RunState?)s).FirstOrDefault();
        return state is null ? null : new RunRecord(bootId, state.Value, detail, reason);
    }

    private static string? Value(string line, string key) =>
        line.StartsWith(key, StringComparison.Ordinal) ? line[key.Length..] : null;

    private static string Word(RunState state) => state switch
    {
        RunState.Running => "running",
        RunState.Hung => "hung",
        RunState.Recovered => "recovered",
        RunState.RebootRequested => "reboot-requested",
        _ => "stopped",
    };

    // One value a line, ASCII: the byte limit then follows from the character limits.
    private static string Clean(string text) => string.Concat(
        (text.Length > DetailCharsMax ? text[..DetailCharsMax] : text).Select(c => c is >= ' ' and <= '~' ? c : '?'));

    // CRC-32 (IEEE 802.3), bit by bit: a hundred bytes twice a run are not worth a table or a package.
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
            }
        }

        return ~crc;
    }
}
