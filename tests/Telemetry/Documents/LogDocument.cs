using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Tests.Documents;

/// <summary>
/// Compares docs/logs.md with the events compiled into assemblies, in both directions: id, level, name and message.
/// People write alerts on event ids, so an id must keep its meaning. Test projects of other modules link this file.
/// </summary>
public static partial class LogDocument
{
    /// <summary>One sentence for each difference; empty when the document is right.</summary>
    /// <param name="markdown">Rows <c>| 1000 | warn | LinesLost | message |</c>.</param>
    /// <param name="first">Least id of the assembly's range.</param>
    /// <param name="last">Greatest id of the range.</param>
    /// <param name="assembly">Where the events are.</param>
    public static IReadOnlyList<string> Differences(string markdown, int first, int last, Assembly assembly)
    {
        var documented = Rows(markdown).Where(row => row.Key >= first && row.Key <= last).ToDictionary();
        List<string> differences = [];
        foreach (var (id, text) in Events(assembly))
        {
            if (id < first || id > last)
            {
                differences.Add($"event {id} is outside the range {first}–{last} of {assembly.GetName().Name}");
            }
            else if (!documented.Remove(id, out var row))
            {
                differences.Add($"event {id} has no row in docs/logs.md: | {id} | {text} |");
            }
            else if (row != text)
            {
                differences.Add($"event {id} is '{text}'; docs/logs.md says '{row}'");
            }
        }

        differences.AddRange(documented.Select(row => $"event {row.Key} has a row in docs/logs.md but no code"));
        return differences;
    }

    private static IEnumerable<(int Id, string Text)> Events(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(
            BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
        where attribute is not null
        orderby attribute.EventId
        select (
            attribute.EventId,
            $"{Level(attribute)} | {attribute.EventName ?? method.Name} | {attribute.Message.Replace("|", "\\|")}");

    private static string Level(LoggerMessageAttribute attribute) => attribute.Level switch
    {
        LogLevel.None => "varies",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        var level => level.ToString().ToLowerInvariant(),
    };

    private static IEnumerable<KeyValuePair<int, string>> Rows(string markdown) =>
        from line in markdown.Split('\n')
        let match = Row().Match(line)
        where match.Success
        select KeyValuePair.Create(int.Parse(match.Groups[1].Value), match.Groups[2].Value);

    [GeneratedRegex(@"^\|\s*(\d{4})\s*\|\s*(.*?)\s*\|\s*$", RegexOptions.None)]
    private static partial Regex Row();
}
