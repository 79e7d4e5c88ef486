using System.Globalization;
using System.Text.RegularExpressions;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Readings;

/// <summary>One sample of a scrape.</summary>
public sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A scrape of <c>/metrics</c> in the text format 0.0.4.</summary>
public sealed partial class PrometheusText
{
    private PrometheusText(IReadOnlyList<MetricSample> samples) => Samples = samples;

    public IReadOnlyList<MetricSample> Samples { get; }

    public static async Task<PrometheusText> ScrapeAsync(IRouter router, CancellationToken cancellation)
    {
        var answer = await router.GetAsync("/metrics", cancellation);
        return answer.Status == 200
            ? Parse(answer.Body)
            : throw new RackException($"{router.Name}: /metrics answered {answer.Status}: {answer.Body}");
    }

    public static PrometheusText Parse(string text)
    {
        var samples = new List<MetricSample>();
        foreach (var line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (SampleLine().Match(line) is not { Success: true } match)
            {
                throw new RackException($"not a line of the Prometheus text format: {line}");
            }

            var labels = LabelPair().Matches(match.Groups["labels"].Value)
                .ToDictionary(l => l.Groups[1].Value, l => Unescape(l.Groups[2].Value));
            samples.Add(new MetricSample(match.Groups["name"].Value, labels, Number(match.Groups["value"].Value)));
        }

        return new PrometheusText(samples);
    }

    /// <summary>Sum over all samples of a name that have these labels; null when there is none.</summary>
    public double? Value(string name, params ReadOnlySpan<(string Label, string Value)> labels)
    {
        double? sum = null;
        foreach (var sample in Samples.Where(s => s.Name == name))
        {
            var fits = true;
            foreach (var (label, value) in labels)
            {
                fits &= sample.Labels.GetValueOrDefault(label) == value;
            }

            sum = fits ? (sum ?? 0) + sample.Value : sum;
        }

        return sum;
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text) =>
        Escape().Replace(text, m => m.Groups[1].Value == "n" ? "\n" : m.Groups[1].Value);

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})?\s+(?<value>\S+)(\s+\d+)?$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^"\\])*)""")]
    private static partial Regex LabelPair();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape();
}
