using System.Text.Json;

namespace X0tta6bl4.Agent.Cli;

/// <summary>How one column of a table is made from a JSON row: its heading, its alignment, and its text.</summary>
internal sealed record Column(string Heading, Func<JsonElement, string> Text, bool Right = false);

/// <summary>Aligned columns for people, from the same JSON that <c>--json</c> prints.</summary>
internal static class TextTable
{
    public static void Write(TextWriter output, IReadOnlyList<Column> columns, IEnumerable<JsonElement> rows)
    {
        var cells = rows.Select(row => columns.Select(c => c.Text(row)).ToArray()).ToList();
        cells.Insert(0, [.. columns.Select(c => c.Heading)]);
        var widths = columns.Select((_, i) => cells.Max(row => row[i].Length)).ToArray();
        foreach (var row in cells)
        {
            var line = string.Join("  ", row.Select((cell, i) =>
                columns[i].Right ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])));
            output.WriteLine(line.TrimEnd());
        }
    }
}

/// <summary>Reads fields for display; an absent field is an empty cell or "-", never an exception.</summary>
internal static class JsonText
{
    /// <summary>The field as text, "-" when absent or null.</summary>
    public static string Text(this JsonElement row, string field) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(field, out var value) ? Plain(value) : "-";

    /// <summary>A boolean field as a mark: the mark when true, blank otherwise.</summary>
    public static string Mark(this JsonElement row, string field, string mark) =>
        row.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.True ? mark : "";

    /// <summary>Milliseconds as seconds with three digits, as batctl prints last-seen.</summary>
    public static string Seconds(this JsonElement row, string millisecondsField) =>
        row.TryGetProperty(millisecondsField, out var value) && value.TryGetInt64(out var milliseconds)
            ? $"{milliseconds / 1000}.{milliseconds % 1000:000}s"
            : "-";

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.Null => "-",
        JsonValueKind.Object => string.Join(' ', value.EnumerateObject()
            .Where(p => p.Value.ValueKind == JsonValueKind.True).Select(p => p.Name)),
        JsonValueKind.Array => string.Join(' ', value.EnumerateArray().Select(Plain)),
        _ => value.GetRawText(),
    };
}
