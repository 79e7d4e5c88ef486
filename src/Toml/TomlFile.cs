using System.Text;
using System.Text.Unicode;
using Tomlyn;
using Tomlyn.Parsing;

namespace X0tta6bl4.Toml;

/// <summary>
/// Reads TOML strictly: every problem with line and column, all of them in one pass, and never an exception for what
/// the text says. Built on Tomlyn's syntax tree rather than its object mapper, because only the tree knows positions.
/// </summary>
public static class TomlFile
{
    /// <summary>Largest file read, in bytes (256 KiB); the agent's own configuration is under 10 KiB.</summary>
    public const int SizeBytesMax = 256 * 1024;

    /// <summary>Deepest nesting of arrays and inline tables, and most parts of a dotted key.</summary>
    public const int DepthMax = 16;

    private static readonly TomlSerializerOptions Options = new() { MaxDepth = DepthMax };

    /// <summary>Reads a file.</summary>
    /// <returns>The root section, or null when the file cannot be read or is not TOML; <paramref name="problems"/>
    /// says why.</returns>
    public static TomlSection? Read(string path, TomlProblems problems)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            // One byte more than allowed shows "too large". Pipes and /proc files do not know their length beforehand.
            var known = file.CanSeek ? file.Length : 0;
            var buffer = new byte[known is > 0 and < SizeBytesMax ? known + 1 : SizeBytesMax + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return Parse(buffer.AsSpan(0, length), path, problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // Not e.Message: the shipped binary has no resource strings, it would show a resource key.
            problems.Add(path, 0, 0, "cannot be read: " + e switch
            {
                FileNotFoundException or DirectoryNotFoundException => "it does not exist",
                UnauthorizedAccessException => "permission denied, or it is a directory",
                _ => $"{e.GetType().Name} {e.HResult}",
            });
            return null;
        }
    }

    /// <summary>Parses the bytes of a file, which must be UTF-8 (a byte order mark is skipped).</summary>
    /// <param name="utf8">The content, at most <see cref="SizeBytesMax"/> bytes.</param>
    /// <param name="fileName">Shown in problems.</param>
    /// <param name="problems">Receives everything wrong.</param>
    /// <returns>The root section, or null when it is not TOML.</returns>
    public static TomlSection? Parse(ReadOnlySpan<byte> utf8, string fileName, TomlProblems problems)
    {
        if (utf8.Length > SizeBytesMax)
        {
            problems.Add(fileName, 0, 0, $"is larger than {SizeBytesMax} bytes, the most that is read");
            return null;
        }

        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        if (!Utf8.IsValid(utf8))
        {
            var (line, column) = FirstInvalid(utf8);
            problems.Add(fileName, line, column, "is not UTF-8 from here on; save the file as UTF-8");
            return null;
        }

        return ParseText(Encoding.UTF8.GetString(utf8), fileName, problems);
    }

    /// <summary>Parses text already decoded.</summary>
    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, string, TomlProblems)"/>
    public static TomlSection? Parse(string text, string fileName, TomlProblems problems)
    {
        if (Encoding.UTF8.GetByteCount(text) > SizeBytesMax)
        {
            problems.Add(fileName, 0, 0, $"is larger than {SizeBytesMax} bytes, the most that is read");
            return null;
        }

        return ParseText(text, fileName, problems);
    }

    private static TomlSection? ParseText(string text, string fileName, TomlProblems problems)
    {
        try
        {
            // Tomlyn 2.10.2 throws on an escape sequence cut by the end of the text ("\u), not on one cut by a line
            // end.
            var document = SyntaxParser.Parse(text + "\n", Options, fileName, validate: true);
            foreach (var message in document.Diagnostics.OrderBy(m => m.Span.Start.Offset))
            {
                problems.Add(fileName, message.Span.Start.Line + 1, message.Span.Start.Column + 1, message.Message);
            }

            return document.HasErrors ? null : TomlTree.Build(document, fileName, problems);
        }
        catch (TomlException e)
        {
            // The depth limit is the one thing the parser throws instead of reporting.
            problems.Add(fileName, e.Line ?? 0, e.Column ?? 0, $"nests deeper than {DepthMax} levels");
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Promised to the callers: a configuration pushed to two hundred routers cannot stop one, whatever it holds
            // and whatever the parser makes of it. The property tests found the case above this way.
            problems.Add(fileName, 0, 0, $"cannot be read by the TOML parser ({e.GetType().Name})");
            return null;
        }
    }

    private static (int Line, int Column) FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        var line = 1;
        var column = 1;
        while (Rune.DecodeFromUtf8(utf8, out var rune, out var used) == System.Buffers.OperationStatus.Done)
        {
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + rune.Utf16SequenceLength);
            utf8 = utf8[used..];
        }

        return (line, column);
    }
}
