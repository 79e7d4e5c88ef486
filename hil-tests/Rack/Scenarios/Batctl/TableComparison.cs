using System.Text.Json;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Batctl;

/// <summary>
/// Holds the rows of one answer of the agent against those batctl gave just before and just after. A row batctl showed
/// both times must be there with every field of it; a row batctl showed neither time must not be. Where batctl itself
/// gave two values, either is right; a moving field may lie between them, widened by its slack. More fields are fine.
/// </summary>
internal sealed class TableComparison(BatctlTable table)
{
    private readonly List<string> _differences = [];

    /// <summary>Values compared.</summary>
    public int Fields { get; private set; }

    /// <summary>Rows that were there all the time.</summary>
    public int Rows { get; private set; }

    /// <summary>What is not equal, a line each.</summary>
    public IReadOnlyList<string> Differences => _differences;

    public void Compare(JsonElement before, JsonElement ours, JsonElement after)
    {
        var firsts = ByKey(before);
        var lasts = ByKey(after);
        var agents = ByKey(table.Rows.Length == 0 ? ours : ours.GetProperty(table.Rows));
        foreach (var (key, first) in firsts)
        {
            if (!lasts.TryGetValue(key, out var last))
            {
                continue;
            }

            if (agents.TryGetValue(key, out var agent))
            {
                Rows++;
                CompareRow(key, first, agent, last);
            }
            else
            {
                _differences.Add($"[{key}] is shown by batctl, not by the agent");
            }
        }

        var extra = agents.Keys.Where(k => !firsts.ContainsKey(k) && !lasts.ContainsKey(k));
        if (!table.IsPart)
        {
            _differences.AddRange(extra.Select(key => $"[{key}] is shown by the agent, not by batctl"));
        }
    }

    private void CompareRow(string key, JsonElement first, JsonElement ours, JsonElement last)
    {
        foreach (var field in first.EnumerateObject())
        {
            var name = $"[{key}] {field.Name}";
            if (!last.TryGetProperty(field.Name, out var end))
            {
                continue;
            }

            if (!ours.TryGetProperty(field.Name, out var value))
            {
                _differences.Add($"{name} is {field.Value} by batctl and missing in the agent's answer");
            }
            else if (field.Value.ValueKind == JsonValueKind.Object && value.ValueKind == JsonValueKind.Object)
            {
                CompareRow($"{key} {field.Name}", field.Value, value, end);
            }
            else
            {
                Fields++;
                if (!Fits(field.Name, field.Value, value, end))
                {
                    _differences.Add($"{name}: batctl {field.Value} then {end}, the agent {value}");
                }
            }
        }

        foreach (var flag in table.Flags.Where(f => !first.TryGetProperty(f, out _) && !last.TryGetProperty(f, out _)))
        {
            if (ours.TryGetProperty(flag, out var value))
            {
                Fields++;
                if (value.ValueKind != JsonValueKind.False)
                {
                    _differences.Add($"[{key}] {flag}: not set by batctl, {value} by the agent");
                }
            }
        }
    }

    private bool Fits(string field, JsonElement first, JsonElement ours, JsonElement last)
    {
        if (Same(first, ours) || Same(last, ours))
        {
            return true;
        }

        return table.MovingFields.TryGetValue(field, out var moving)
            && first.ValueKind == JsonValueKind.Number && ours.ValueKind == JsonValueKind.Number
            && Lies(moving, first.GetDouble(), ours.GetDouble(), last.GetDouble());
    }

    private static bool Lies(Moving moving, double first, double ours, double last)
    {
        var low = moving.Restarts && last < first ? 0 : Math.Min(first, last) - moving.Slack;
        return ours >= low && ours <= Math.Max(first, last) + moving.Slack;
    }

    private static bool Same(JsonElement a, JsonElement b) => a.ValueKind == b.ValueKind
        && (a.ValueKind == JsonValueKind.Number ? a.GetDecimal() == b.GetDecimal() : a.ToString() == b.ToString());

    private Dictionary<string, JsonElement> ByKey(JsonElement rows) => rows.ValueKind switch
    {
        JsonValueKind.Array => rows.EnumerateArray().ToDictionary(Key),
        // Asked for by name, or the only one there is.
        JsonValueKind.Object => new Dictionary<string, JsonElement> { [Key(rows)] = rows },
        _ => throw new RackException($"{table.Verb} ({table.Command}): neither a row nor a list of rows: {rows}"),
    };

    private string Key(JsonElement row) => string.Join(' ', table.Key.Select(k => row.GetProperty(k).ToString()));
}
