using System.Text.RegularExpressions;

namespace X0tta6bl4.Tests.Documents;

/// <summary>
/// Compares docs/metrics.md with a real scrape, in both directions: every metric a scrape shows has a row with its
/// type and labels, and every row of the sections asked for is in the scrape. Test projects of other modules link this
/// file.
/// </summary>
public static partial class MetricsDocument
{
    /// <summary>One sentence for each difference; empty when the document is right.</summary>
    /// <param name="markdown">Tables with rows <c>| `name` | type | `label`, `label` | meaning |</c> below <c>##
    /// Section</c>.</param>
    /// <param name="scrape">Prometheus text format.</param>
    /// <param name="sections">Sections whose every row must be in the scrape; none means all.</param>
    public static IReadOnlyList<string> Differences(string markdown, string scrape, params string[] sections)
    {
        var rows = Rows(markdown);
        var shown = Shown(scrape);
        List<string> differences = [];
        foreach (var (name, metric) in shown)
        {
            if (!rows.TryGetValue(name, out var row))
            {
                differences.Add($"{name} is scraped but has no row in docs/metrics.md");
                continue;
            }

            if (row.Type != metric.Type)
            {
                differences.Add($"{name} is a {metric.Type}; docs/metrics.md says {row.Type}");
            }

            if (metric.Labels is { } labels && labels != row.Labels)
            {
                differences.Add($"{name} has the labels '{labels}'; docs/metrics.md says '{row.Labels}'");
            }
        }

        foreach (var section in sections.Where(s => rows.Values.All(row => row.Section != s)))
        {
            differences.Add($"docs/metrics.md has no section '{section}'");
        }

        differences.AddRange(rows
            .Where(row => (sections.Length == 0 || sections.Contains(row.Value.Section)) && !shown.ContainsKey(row.Key))
            .Select(row => $"{row.Key} has a row in docs/metrics.md but is not scraped"));
        return differences;
    }

    private static Dictionary<string, (string Section, string Type, string Labels)> Rows(string markdown)
    {
        Dictionary<string, (string, string, string)> rows = [];
        var section = "";
        foreach (var line in markdown.Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..].Trim();
            }
            else if (Row().Match(line) is { Success: true } match)
            {
                rows.Add(
                    match.Groups[1].Value,
                    (section, match.Groups[2].Value, Sorted(LabelInRow().Matches(match.Groups[3].Value))));
            }
        }

        return rows;
    }

    private static Dictionary<string, (string Type, string? Labels)> Shown(string scrape)
    {
        Dictionary<string, (string Type, string? Labels)> shown = [];
        foreach (var line in scrape.Split('\n'))
        {
            if (Declaration().Match(line) is { Success: true } declaration)
            {
                shown.Add(declaration.Groups[1].Value, (declaration.Groups[2].Value, null));
            }
            else if (Sample().Match(line) is { Success: true } sample)
            {
                var name =
                    shown
                        .Keys.Where(n => sample.Groups[1].Value.StartsWith(n, StringComparison.Ordinal))
                        .MaxBy(n => n.Length)
                    ?? throw new InvalidDataException($"a sample without a TYPE: {line}");
                shown[name] = shown[name] with { Labels = Sorted(LabelInSample().Matches(sample.Groups[2].Value)) };
            }
        }

        return shown;
    }

    // "le" belongs to the histogram type, not to the metric.
    private static string Sorted(MatchCollection labels) =>
        string.Join(", ", labels.Select(m => m.Groups[1].Value).Where(l => l != "le").Order(StringComparer.Ordinal));

    [GeneratedRegex(@"^\|\s*`(\w+)`\s*\|\s*(\w+)\s*\|([^|]*)\|", RegexOptions.None)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+)`", RegexOptions.None)]
    private static partial Regex LabelInRow();

    [GeneratedRegex(@"^# TYPE (\w+) (\w+)$", RegexOptions.None)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^(\w+)(\{.*\})? ", RegexOptions.None)]
    private static partial Regex Sample();

    [GeneratedRegex(@"(\w+)=""", RegexOptions.None)]
    private static partial Regex LabelInSample();
}
