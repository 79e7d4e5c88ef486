using System.Globalization;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// What one look at the originators costs in a mesh of five hundred: ours (netlink dump and decode, socket and buffers kept, as
/// the agent does it) beside what a monitoring script does, <c>batctl oj</c>. Both run in turn inside one guest
/// (tests/Benchmarks), so that what disturbs one disturbs both; the agent itself runs beside them, as it would.
/// </summary>
internal sealed class SnapshotBenchmark : IBenchmark
{
    private const string Program = "/usr/bin/x0tta6bl4-bench";
    private const int Rounds = 50;
    private const int Originators = 500;

    /// <summary>Budget of an agent that watches them, the same as in a small mesh.</summary>
    private const double RssBudgetKib = 20 * 1024;

    /// <summary>Budget: at most half of batctl's wall time.</summary>
    private const double WallRatioMax = 0.5;

    private static readonly TimeSpan TableLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);

    public string Name => "snapshot";

    public string Summary => $"originator dump and decode beside batctl oj, {Originators} originators, {Rounds} rounds";

    public async Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation)
    {
        var binary = Path.Combine(context.Assets.Artifacts, "bin/linux-arm64/x0tta6bl4-bench");
        if (!File.Exists(binary))
        {
            throw new RackException($"no {binary}; run: ./build.sh bench {Name}");
        }

        var files = new Dictionary<string, byte[]> { [Program] = await File.ReadAllBytesAsync(binary, cancellation) };
        var plan = Steps.Pair with { Options = router => Steps.Pair.OptionsOf(router) with { Files = files } };
        var bench = await context.Bench.BootAsync(plan, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        var a = bench.Router("A");
        context.Say($"inventing {Originators} originators behind B");
        await using var invented = InventedOriginators.Start(bench.Link("A", "B"), "A", bench.Router("B"), Originators);
        await Steps.StatusAsync(
            a, $"sees {Originators} originators", s => s.Originators > Originators, TableLimit, cancellation);

        context.Say($"{Rounds} snapshots each");
        var command = $"{Program} snapshot {AgentConfigFile.MeshInterface} {Rounds}";
        var said = await a.ExecAsync(command, RunLimit, cancellation);
        var result = MeshTables.Parse(said.Text(command));
        var rss = (await AgentStatus.ReadAsync(a, cancellation)).RssKib;
        double Value(string name) => Math.Round(result.GetProperty(name).GetDouble(), 1);

        var rows = result.GetProperty("rows").GetInt32().ToString(CultureInfo.InvariantCulture);
        return
        [
            new($"dump_wall/batctl/{rows}", Value("ours_wall_us"), Value("peer_wall_us"), "us")
                { Limit = Value("peer_wall_us") * WallRatioMax },
            new($"dump_cpu/batctl/{rows}", Value("ours_cpu_us"), Value("peer_cpu_us"), "us"),
            // The dump alone: what it takes batctl to start and print its version is taken off.
            new($"dump_wall/batctl_less_start/{rows}", Value("ours_wall_us"),
                Math.Round(Value("peer_wall_us") - Value("peer_start_wall_us"), 1), "us"),
            new($"dump_cpu/batctl_less_start/{rows}", Value("ours_cpu_us"),
                Math.Round(Value("peer_cpu_us") - Value("peer_start_cpu_us"), 1), "us"),
            new($"rss/budget/{rows}", rss, RssBudgetKib, "KiB") { Limit = RssBudgetKib },
            new($"dump_allocated_bytes/none/{rows}", Value("ours_allocated_bytes_per_snapshot"), 0, "B") { Limit = 0 },
        ];
    }
}
