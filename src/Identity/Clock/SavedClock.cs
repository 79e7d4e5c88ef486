using System.Globalization;
using System.Text;

namespace X0tta6bl4.Identity.Clock;

/// <summary>
/// The newest moment that was proven to be past, kept over a reboot in one small file of Unix seconds. Written when it has grown
/// by half a day, so about twice a day at most. Removing the file forgets it.
/// </summary>
public sealed class SavedClock(string path)
{
    /// <summary>Least growth that is worth a flash write.</summary>
    public static readonly TimeSpan WriteEvery = TimeSpan.FromHours(12);

    private const int BytesMax = 32;

    private DateTimeOffset _saved = DateTimeOffset.UnixEpoch;

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>What was saved; the Unix epoch when nothing was, or nothing that can be read.</summary>
    /// <param name="problem">What is wrong with the file; null when it is fine or absent.</param>
    public DateTimeOffset Read(out string? problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(Path))
            {
                return DateTimeOffset.UnixEpoch;
            }

            using var file = File.OpenRead(Path);
            var bytes = new byte[BytesMax];
            var count = file.ReadAtLeast(bytes, BytesMax, throwOnEndOfStream: false);
            if (count < BytesMax && long.TryParse(bytes.AsSpan(0, count), CultureInfo.InvariantCulture, out var seconds)
                && seconds is > 0 and < 253_402_300_800)
            {
                return _saved = DateTimeOffset.FromUnixTimeSeconds(seconds);
            }

            problem = $"{Path} is no time in Unix seconds; it is ignored and will be replaced";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"{Path} cannot be read: {exception.Message}";
        }

        return DateTimeOffset.UnixEpoch;
    }

    /// <summary>Keeps a moment, when it is late enough after the one kept before.</summary>
    /// <returns>What went wrong; null when nothing did.</returns>
    public string? Save(DateTimeOffset moment)
    {
        if (moment - _saved < WriteEvery)
        {
            return null;
        }

        var beside = Path + ".new";
        try
        {
            using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
            {
                file.Write(Encoding.ASCII.GetBytes(moment.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
                // Or the name could survive a power cut without its content.
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, Path, overwrite: true);
            _saved = moment;
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{Path} cannot be written: {exception.Message}";
        }
    }
}
