using System.Text.Json;

namespace X0tta6bl4.Agent.Cli;

/// <summary>Tables for people. Headings and marks are batctl's: '*' is the path in use, last-seen in seconds.</summary>
internal static class TableText
{
    private static readonly Column Interface = new("if", r => r.Text("hard_ifname"));
    private static readonly Column LastSeen = new("last-seen", r => r.Seconds("last_seen_msecs"), Right: true);

    private static readonly Column Quality = new(
        "quality", r => r.Text("tq") is var tq and not "-" ? tq : Throughput(r.Text("throughput")), Right: true);

    public static int Originators(JsonElement answer, TextWriter output) => Table(answer, output, "originators",
    [
        new("", r => r.Mark("best", "*")),
        new("originator", r => r.Text("orig_address")),
        LastSeen,
        Quality,
        new("next hop", r => r.Text("neigh_address")),
        Interface,
    ]);

    public static int Neighbours(JsonElement answer, TextWriter output) => Table(answer, output, "neighbours",
    [
        new("", r => r.Mark("alive", "*")),
        new("neighbour", r => r.Text("neigh_address")),
        LastSeen,
        Quality,
        Interface,
    ]);

    public static int Gateways(JsonElement answer, TextWriter output) => Table(answer, output, "gateways",
    [
        new("", r => r.Mark("best", "*")),
        new("gateway", r => r.Text("orig_address")),
        Quality,
        new("next hop", r => r.Text("router")),
        Interface,
        new("down", r => $"{Tenth(r.Text("bandwidth_down"))} Mbit/s", Right: true),
        new("up", r => $"{Tenth(r.Text("bandwidth_up"))} Mbit/s", Right: true),
    ]);

    public static int Interfaces(JsonElement answer, TextWriter output) => Table(answer, output, "interfaces",
    [
        Interface,
        new("wanted", r => r.Text("wanted")),
        new("present", r => r.Text("present")),
        new("in mesh", r => r.Text("attached")),
        new("up", r => r.Text("up")),
        new("carrier", r => r.Text("carrier")),
        new("active", r => r.Text("active")),
        new("put back", r => r.Text("attachments"), Right: true),
        new("address", r => r.Text("hard_address")),
    ]);

    public static int Translations(JsonElement answer, TextWriter output) => Table(answer, output, "translations",
    [
        new("", r => r.Mark("best", "*")),
        new("client", r => r.Text("tt_address")),
        new("vid", r => r.Text("tt_vid"), Right: true),
        new("flags", r => r.Text("tt_flags")),
        LastSeen,
        new("via", r => r.Text("orig_address")),
    ]);

    public static int Watchdog(JsonElement answer, TextWriter output)
    {
        WriteFields(answer.GetProperty("watchdog"), output);
        output.WriteLine();
        return Table(answer, output, "loops",
        [
            new("loop", r => r.Text("name")),
            new("age", r => r.Text("age_s"), Right: true),
            new("deadline", r => r.Text("deadline_s"), Right: true),
            new("hung", r => r.Text("hung")),
        ]);
    }

    /// <summary>A table whose columns are the fields of its rows.</summary>
    public static Func<JsonElement, TextWriter, int> Rows(string field) => (answer, output) =>
    {
        var names = new List<string>();
        foreach (var row in answer.GetProperty(field).EnumerateArray())
        {
            names.AddRange(row.EnumerateObject().Select(p => p.Name).Except(names, StringComparer.Ordinal).ToArray());
        }

        return Table(answer, output, field, [.. names.Select(n => new Column(n, r => r.Text(n)))]);
    };

    /// <summary>One field a line; of the member <paramref name="field"/>, or of the whole answer.</summary>
    public static Func<JsonElement, TextWriter, int> Fields(string? field) => (answer, output) =>
    {
        var element = answer;
        if (field is not null && (!answer.TryGetProperty(field, out element) || element.ValueKind != JsonValueKind.Object))
        {
            output.WriteLine($"no {field} now: {answer.Text("state")}");
            return ExitCode.Degraded;
        }

        WriteFields(element, output);
        return ExitCode.Fine;
    };

    private static int Table(JsonElement answer, TextWriter output, string field, Column[] columns)
    {
        TextTable.Write(output, columns, answer.GetProperty(field).EnumerateArray());
        return ExitCode.Fine;
    }

    private static void WriteFields(JsonElement element, TextWriter output)
    {
        var names = element.EnumerateObject().Select(p => p.Name).ToArray();
        var width = names.Length == 0 ? 0 : names.Max(n => n.Length);
        foreach (var name in names)
        {
            output.WriteLine($"{name.PadRight(width)}  {element.Text(name)}");
        }
    }

    /// <summary>kbit/s as Mbit/s with one digit.</summary>
    private static string Throughput(string kbps) => ulong.TryParse(kbps, out var value) ? $"{value / 1000.0:0.0} Mbit/s" : "-";

    /// <summary>Steps of 100 kbit/s as Mbit/s.</summary>
    private static string Tenth(string steps) => ulong.TryParse(steps, out var value) ? $"{value / 10}.{value % 10}" : "-";
}
