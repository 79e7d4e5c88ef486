using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>The figures of one benchmark: a table for people, a file for machines.</summary>
internal static class BenchReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static async Task WriteFileAsync(
        string path, IReadOnlyList<BenchFigure> figures, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(figures, Json) + "\n", cancellation);
    }

    public static void WriteTable(TextWriter output, string name, IReadOnlyList<BenchFigure> figures)
    {
        output.WriteLine($"{name,-46} {"ours",12} {"peer",12} {"ratio",8}  unit  budget");
        foreach (var figure in figures)
        {
            output.WriteLine(
                $"{figure.Name,-46} {Number(figure.Ours),12} {Number(figure.Peer),12} {Number(figure.Ratio),8}  "
                + $"{figure.Unit,-4}  {Verdict(figure)}");
        }
    }

    private static string Verdict(BenchFigure figure) => figure.Limit is not { } limit
        ? "none"
        : figure.IsWithinBudget ? $"met (at most {Number(limit)})" : $"NOT MET (at most {Number(limit)})";

    private static string Number(double? value) =>
        value is { } number ? Math.Round(number, 4).ToString(CultureInfo.InvariantCulture) : "-";
}
