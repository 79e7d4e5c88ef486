using System.Buffers;
using System.Globalization;
using System.Text;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>
/// Lays a record out for people: <c>2026-11-23T20:00:00.123Z warn  mesh: next hop changed [3004]</c>. The message
/// already names its fields. Control characters are shown as <c>\u001b</c>, so that what came over the air cannot move
/// the cursor. Reusable, not thread-safe.
/// </summary>
internal sealed class TextLine(int lineBytesMax)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(lineBytesMax);
    private readonly StringBuilder _text = new();

    /// <summary>The line, newline included. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Write(in LogRecord record)
    {
        _text.Clear();
        _text.Append(CultureInfo.InvariantCulture, $"{record.Utc:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} ");
        _text.Append(LogLevels.Name(record.Level).PadRight(8)).Append(' ');
        AppendSafe(record.Component);
        _text.Append(": ");
        AppendSafe(record.Message);
        _text.Append(CultureInfo.InvariantCulture, $" [{record.Event.Id}]");
        if (record.Error is { } error)
        {
            _text.Append(": ");
            AppendSafe($"{error.GetType().Name}: {error.Message}");
            if (error.StackTrace is { } stack)
            {
                _text.Append(' ');
                AppendSafe(stack);
            }
        }

        return Encode();
    }

    private ReadOnlySpan<byte> Encode()
    {
        _buffer.ResetWrittenCount();
        foreach (var chunk in _text.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, _buffer);
            if (_buffer.WrittenCount >= lineBytesMax)
            {
                break;
            }
        }

        if (_buffer.WrittenCount < lineBytesMax)
        {
            _buffer.Write("\n"u8);
            return _buffer.WrittenSpan;
        }

        ReadOnlySpan<byte> end = "…\n"u8;
        var keep = lineBytesMax - end.Length;

        // Back to the first byte of a character: continuation bytes are 10xxxxxx.
        while (keep > 0 && (_buffer.WrittenSpan[keep] & 0xC0) == 0x80)
        {
            keep--;
        }

        byte[] line = [.. _buffer.WrittenSpan[..keep], .. end];
        _buffer.ResetWrittenCount();
        _buffer.Write(line);
        return _buffer.WrittenSpan;
    }

    private void AppendSafe(string text)
    {
        // A line of text that is cut anyway need not be escaped to its end.
        foreach (var unit in text.AsSpan(0, Math.Min(text.Length, lineBytesMax)))
        {
            if (unit is (>= ' ' and <= '~') || (unit > '\u009f' && !char.IsSurrogate(unit) && !IsFormatting(unit)))
            {
                _text.Append(unit);
            }
            else
            {
                _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            }
        }
    }

    // Direction marks and line separators can make a terminal show another order than was written.
    private static bool IsFormatting(char unit) =>
        char.GetUnicodeCategory(unit)
            is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
}
