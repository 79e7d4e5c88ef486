using System.Text.RegularExpressions;

namespace X0tta6bl4.Tests.Documents;

/// <summary>
/// Compares docs/health.md with the symptom codes in the sources, in both directions. Codes are literals such as
/// <c>"mesh.module-missing"</c>, so the sources are read and not the assemblies. Test projects of other modules link
/// this.
/// </summary>
public static partial class HealthDocument
{
    /// <summary>One sentence for each difference; empty when the document is right.</summary>
    /// <param name="markdown">Rows that begin with <c>| `module.code` |</c>.</param>
    /// <param name="modules">First words of the codes to compare, for example <c>mesh</c>; none means all.</param>
    public static IReadOnlyList<string> Differences(string markdown, params string[] modules)
    {
        bool IsAsked(string code) => modules.Length == 0 || modules.Contains(code[..code.IndexOf('.')]);

        var documented = Codes(Row(), markdown).Where(IsAsked).ToHashSet(StringComparer.Ordinal);
        var raised = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Codes(Literal(), File.ReadAllText(file)))
            .Where(IsAsked)
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. raised
                .Except(documented)
                .Order(StringComparer.Ordinal)
                .Select(code => $"{code} is in the code but has no row in docs/health.md"),
            .. documented
                .Except(raised)
                .Order(StringComparer.Ordinal)
                .Select(code => $"{code} has a row in docs/health.md but is not in the code"),
        ];
    }

    private static IEnumerable<string> Codes(Regex pattern, string text) =>
        pattern.Matches(text).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^\|\s*`([a-z]+\.[a-z-]+)`", RegexOptions.Multiline)]
    private static partial Regex Row();

    // A word with a hyphen after the module is nothing but a code; one without may be a configuration key, unless a
    // severity follows.
    [GeneratedRegex(
        @"""((?:agent|api|board|health|identity|island|mesh|netlink|peering|revocation|telemetry)\.[a-z]+(?:(?:-[a-z]+)+|(?="",[^;]{0,80}Severity\.)))""",
        RegexOptions.None)]
    private static partial Regex Literal();
}
