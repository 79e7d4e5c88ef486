using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace X0tta6bl4.Telemetry.Logging;

/// <summary>
/// Lays a record out as one JSON object and a newline. The line never exceeds its limit and is always whole JSON: every
/// string is given a budget before it is written, counted in the bytes it can take at worst once escaped. What does
/// not fit is cut with <see cref="CutMark"/>; fields beyond the budget are counted in <c>cut_fields</c>. Reusable, not
/// thread-safe.
/// </summary>
internal sealed class JsonLine(int lineBytesMax) : IDisposable
{
    /// <summary>Ends a value that was cut.</summary>
    internal const string CutMark = "…";

    /// <summary>Most bytes of one field's value; the message may take half the line.</summary>
    internal const int FieldBytesMax = 200;

    // Kept free for ,"cut_fields":1234567890 and }\n.
    private const int TailBytes = 32;
    private const int NumberBytesMax = 32;

    // ,"trace_id":"…32…","span_id":"…16…"
    private const int TraceBytes = 80;
    private const int EscapedUnitBytes = 6;

    private static readonly JsonWriterOptions Options = new()
    {
        // The default also escapes quotes inside HTML and all that is not ASCII: this goes to a log, not into a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly string[] OwnNames =
    [
        "ts",
        "uptime_s",
        "level",
        "event",
        "name",
        "component",
        "msg",
        "trace_id",
        "span_id",
        "error",
        "stack",
        "cut_fields",
    ];

    private readonly ArrayBufferWriter<byte> _buffer = new(lineBytesMax);
    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);

    /// <summary>The line, newline included. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Write(in LogRecord record)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        WriteHead(record);
        WriteText("msg", record.Message, lineBytesMax / 2);
        if (record.Activity is { } activity && Left >= TraceBytes)
        {
            _json.WriteString("trace_id", activity.TraceId.ToHexString());
            _json.WriteString("span_id", activity.SpanId.ToHexString());
        }

        if (record.Error is { } error)
        {
            // Before the fields: of a line that is too long it is the last thing to lose.
            WriteText("error", $"{error.GetType().Name}: {error.Message}", FieldBytesMax);
        }

        var cut = WriteFields(record.Fields);
        if (record.Error?.StackTrace is { } stack)
        {
            WriteText("stack", stack, lineBytesMax);
        }

        if (cut > 0)
        {
            _json.WriteNumber("cut_fields", cut);
        }

        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        return _buffer.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private int Left => lineBytesMax - TailBytes - (int)(_json.BytesCommitted + _json.BytesPending);

    private void WriteHead(in LogRecord record)
    {
        Span<char> text = stackalloc char[NumberBytesMax];
        record.Utc.TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        _json.WriteString("ts", text[..written]);
        record.Uptime.TotalSeconds.TryFormat(text, out written, "F3", CultureInfo.InvariantCulture);
        _json.WritePropertyName("uptime_s");
        _json.WriteRawValue(text[..written], skipInputValidation: true);
        _json.WriteString("level", LogLevels.Name(record.Level));
        _json.WriteNumber("event", record.Event.Id);
        WriteText("name", record.Event.Name ?? "", FieldBytesMax / 4);
        WriteText("component", record.Component, FieldBytesMax / 4);
    }

    /// <summary>Returns how many fields found no room.</summary>
    private int WriteFields(IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        var cut = 0;
        for (var i = 0; i < (fields?.Count ?? 0); i++)
        {
            var (name, value) = fields![i];
            if (name != "{OriginalFormat}" && !TryWriteField(FieldName(name), value))
            {
                cut++;
            }
        }

        return cut;
    }

    private bool TryWriteField(string name, object? value)
    {
        if (Left < WorstBytes(name) + NumberBytesMax)
        {
            return false;
        }

        switch (value)
        {
            case null:
                _json.WriteNull(name);
                break;
            case bool flag:
                _json.WriteBoolean(name, flag);
                break;
            case int or long or short or sbyte or byte or ushort or uint:
                _json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                _json.WriteNumber(name, number);
                break;
            case double or float when double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture)):
                _json.WriteNumber(name, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case decimal number:
                _json.WriteNumber(name, number);
                break;
            case TimeSpan span:
                // Base unit seconds, as everywhere; the template names the field so (TimeoutS).
                _json.WriteNumber(name, span.TotalSeconds);
                break;
            default:
                WriteText(name, TextOf(value), FieldBytesMax);
                break;
        }

        return true;
    }

    /// <summary>Never throws: a broken ToString of a field must not take the caller down with it.</summary>
    private static string TextOf(object value)
    {
        try
        {
            return value as string
                ?? (value as IFormattable)?.ToString(format: null, CultureInfo.InvariantCulture)
                ?? value.ToString()
                ?? "";
        }
        catch (Exception error)
        {
            return $"({error.GetType().Name} while formatting a {value.GetType().Name})";
        }
    }

    private void WriteText(string name, string value, int bytesMax)
    {
        var overhead = WorstBytes(name) + 6;
        var budget = Math.Min(bytesMax, Left - overhead);
        if (budget < EscapedUnitBytes)
        {
            return;
        }

        if (Fits(value, budget, out _))
        {
            _json.WriteString(name, value);
            return;
        }

        _ = Fits(value, budget - EscapedUnitBytes, out var units);
        _json.WriteString(name, string.Concat(value.AsSpan(0, units), CutMark));
    }

    private static int WorstBytes(string text)
    {
        var bytes = 0;
        foreach (var unit in text)
        {
            bytes += WorstBytes(unit);
        }

        return bytes;
    }

    // Printable ASCII stays one byte, two with a backslash; anything else is at worst \uXXXX.
    private static int WorstBytes(char unit) => unit switch
    {
        '"' or '\\' => 2,
        >= ' ' and <= '~' => 1,
        _ => EscapedUnitBytes,
    };

    private static bool Fits(string value, int bytesMax, out int units)
    {
        var bytes = 0;
        for (units = 0; units < value.Length; units++)
        {
            bytes += WorstBytes(value[units]);
            if (bytes > bytesMax)
            {
                // Never between the halves of a surrogate pair.
                units -= units > 0 && char.IsLowSurrogate(value[units]) ? 1 : 0;
                return false;
            }
        }

        return true;
    }

    /// <summary>LastSeenMs → last_seen_ms; a name of the line's own gets a trailing underscore.</summary>
    private static string FieldName(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterUpper(name[i]))
            {
                if (i > 0 && !char.IsAsciiLetterUpper(name[i - 1]) && name[i - 1] != '_')
                {
                    text.Append('_');
                }

                text.Append(char.ToLowerInvariant(name[i]));
            }
            else
            {
                text.Append(name[i]);
            }
        }

        var snake = text.ToString();
        return OwnNames.Contains(snake) ? snake + "_" : snake;
    }
}
