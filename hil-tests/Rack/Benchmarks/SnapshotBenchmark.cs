using System.Globalization;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// What one look at the originators costs in a large mesh: ours (netlink dump and decode, socket and buffers kept, as
/// the agent does it) beside what a monitoring script does, <c>batctl oj</c>. Both run in turn inside one guest
/// (tests/Benchmarks), so that what disturbs one disturbs both; the agent itself runs beside them, as it would.
/// </summary>
internal sealed class SnapshotBenchmark : IBenchmark
{
    private const string Program = "/usr/bin/x0tta6bl4-bench";
    private const int Rounds = 50;

    /// <summary>Budget: at most half of batctl's wall time.</summary>
    private const double WallRatioMax = 0.5;

    private static readonly TimeSpan MeshLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(3);

    public string Name => "snapshot";

    public string Summary => $"originator dump and decode beside batctl oj, {ScaleMesh.Nodes} nodes, {Rounds} rounds";

    public async Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation)
    {
        var binary = Path.Combine(context.Assets.Artifacts, "bin/linux-arm64/x0tta6bl4-bench");
        if (!File.Exists(binary))
        {
            throw new RackException($"no {binary}; run: ./build.sh bench {Name}");
        }

        var files = new Dictionary<string, byte[]> { [Program] = await File.ReadAllBytesAsync(binary, cancellation) };
        var plan = ScaleMesh.Plan with { Options = router => ScaleMesh.Plan.OptionsOf(router) with { Files = files } };
        var bench = await context.Bench.BootAsync(plan, cancellation);
        var a = bench.Router("A");
        await Steps.AgentAnswersAsync(a, Steps.MeshLimit, cancellation);
        context.Say($"building {ScaleMesh.Nodes} nodes");
        await ScaleMesh.BuildAsync(a, cancellation);
        context.Say("waiting until the agent sees them all");
        await Steps.StatusAsync(
            a, $"sees {ScaleMesh.Nodes} originators", s => s.Originators >= ScaleMesh.Nodes, MeshLimit, cancellation);

        context.Say($"{Rounds} snapshots each");
        var command = $"{Program} snapshot {AgentConfigFile.MeshInterface} {Rounds}";
        var said = await a.ExecAsync(command, RunLimit, cancellation);
        var result = MeshTables.Parse(said.Text(command));
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
            new($"dump_allocated_bytes/none/{rows}", Value("ours_allocated_bytes_per_snapshot"), 0, "B") { Limit = 0 },
        ];
    }
}
