using System.Globalization;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// A router and its peers under load, all of whom get a new identity every ten seconds: no request may fail, kept connections go
/// on, and new ones show the new identity within a second. Runs on this machine (tests/Benchmarks/Tls).
/// </summary>
internal sealed class TlsRotationBenchmark : IBenchmark
{
    private const int Clients = 4;
    private const int EverySeconds = 10;

    /// <summary>Budget: publication of an identity to the first handshake that shows it, ms.</summary>
    private const double NewWithinMs = 1000;

    /// <summary>Budget of the process that plays all of them, KiB: one agent's.</summary>
    private const double RssBudgetKib = 20 * 1024;

    public string Name => "tls-rotation";

    public string Summary => $"new identities every {EverySeconds} s under load, a router and {Clients} peers; no request may fail";

    public async Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation)
    {
        var program = HostProgram.Find(context.Assets, "x0tta6bl4-bench", Name);
        var rotations = Math.Max(1, (int)context.Seconds.TotalSeconds / EverySeconds);
        using var directory = RackDirectory.Create();
        context.Say($"minting {(Clients + 1) * (rotations + 1)} identities");
        var certificates = await TlsCertificates.MakeAsync(directory.File("rotation"), "p256", cancellation);
        foreach (var node in Enumerable.Range(1, Clients).Select(i => $"client{i}").Append("server"))
        {
            for (var i = 0; i <= rotations; i++)
            {
                await certificates.IdentityAsync(node, $"{node}-{i}", cancellation);
            }
        }

        context.Say($"{rotations} rotations");
        var said = await HostProgram.MeasureAsync(
            program,
            [
                "tls-rotation", certificates.Folder, .. ((int[])[Clients, rotations, EverySeconds])
                    .Select(n => n.ToString(CultureInfo.InvariantCulture)),
            ],
            cancellation);
        double Value(string name) => said.GetProperty(name).GetDouble();
        return
        [
            BenchFigure.AgainstBudget("requests_failed", Value("failures"), 0, "1"),
            new("requests/none/kept-connections", Value("requests_kept"), null, "1"),
            new("requests/none/new-connections", Value("requests_anew"), null, "1"),
            new("rotations/none", Value("rotations") * Value("nodes"), null, "1"),
            BenchFigure.AgainstBudget("new_identity_shown_worst", Value("worst_ms"), NewWithinMs, "ms"),
            new("rss/none/start", Value("rss_start_kib"), null, "KiB"),
            BenchFigure.AgainstBudget("rss", Value("rss_end_kib"), RssBudgetKib, "KiB"),
        ];
    }
}
