using System.Text;
using Prometheus;
using X0tta6bl4.Telemetry;
using static X0tta6bl4.Mesh.Tests.Rows;

namespace X0tta6bl4.Mesh.Tests;

public class MeshGaugesTests
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly Latest<MeshSnapshot> _mesh = new(MeshSnapshot.Empty);
    private readonly MeshGauges _gauges;

    public MeshGaugesTests() => _gauges = new MeshGauges(Metrics.WithCustomRegistry(_registry), _mesh);

    private async Task<string[]> ScrapeAsync(MeshSnapshot snapshot)
    {
        _mesh.Publish(snapshot);
        _gauges.Refresh();
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }

    private static MeshSnapshot Mesh(params NeighbourState[] neighbours) => new()
    {
        State = MeshState.Up,
        Interface = "bat0",
        InterfaceIndex = 9,
        HardInterfaces = [new HardInterfaceState("mesh0", 3, true, true, true, true, true, 1)],
        Neighbours = neighbours,
    };

    private static NeighbourState Alive(int number, byte? tq = null, uint? kbps = null) =>
        new(Link(number, 100) with { ThroughputKbps = kbps }, IsAlive: true, tq);

    private static string Series(string name, int number) =>
        $"x0tta6bl4_mesh_link_{name}{{interface=\"mesh0\",neighbour=\"{Mac(number)}\"}}";

    [Fact]
    public async Task Every_figure_comes_from_the_newest_snapshot()
    {
        var lines = await ScrapeAsync(Mesh(Alive(1, tq: 255)) with
        {
            Originators = [Path(1, 1, 255), Path(1, 2, 100, best: false), Path(2, 1, 80)],
            Reachable = 2,
            WeakPaths = 1,
            UnfollowedOriginators = 7,
        });

        Assert.Contains("x0tta6bl4_mesh_up 1", lines);
        Assert.Contains("x0tta6bl4_mesh_originators 2", lines);
        Assert.Contains("x0tta6bl4_mesh_originators_weak 1", lines);
        Assert.Contains("x0tta6bl4_mesh_unfollowed{table=\"originators\"} 7", lines);
        Assert.Contains("x0tta6bl4_mesh_neighbours{interface=\"mesh0\"} 1", lines);
        Assert.Contains("batman_originator_count{batdev=\"bat0\",selected=\"true\"} 2", lines);
        Assert.Contains("batman_originator_count{batdev=\"bat0\",selected=\"false\"} 1", lines);
        Assert.Contains(Series("tq_ratio", 1) + " 1", lines);
        Assert.Contains(Series("last_seen_seconds", 1) + " 0.1", lines);
    }

    [Fact]
    public async Task A_neighbour_that_is_gone_has_no_series_left_and_its_place_is_free_at_once()
    {
        await ScrapeAsync(Mesh([.. Enumerable.Range(1, MeshGauges.NeighbourSeriesMax).Select(i => Alive(i, tq: 10))]));

        var lines = await ScrapeAsync(Mesh([.. Enumerable.Range(2, MeshGauges.NeighbourSeriesMax).Select(i => Alive(i, tq: 10))]));

        Assert.DoesNotContain(lines, l => l.Contains($"\"{Mac(1)}\"", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith(Series("tq_ratio", MeshGauges.NeighbourSeriesMax + 1), StringComparison.Ordinal));
        Assert.Contains("x0tta6bl4_mesh_neighbours_without_series 0", lines);
    }

    [Fact]
    public async Task Neighbours_beyond_the_limit_are_counted()
    {
        var lines = await ScrapeAsync(Mesh([.. Enumerable.Range(1, MeshGauges.NeighbourSeriesMax + 5).Select(i => Alive(i, tq: 10))]));

        Assert.Equal(
            MeshGauges.NeighbourSeriesMax,
            lines.Count(l => l.StartsWith("x0tta6bl4_mesh_link_tq_ratio{", StringComparison.Ordinal)));
        Assert.Contains("x0tta6bl4_mesh_neighbours_without_series 5", lines);
    }

    [Fact]
    public async Task Another_algorithm_takes_the_old_ones_quality_away()
    {
        await ScrapeAsync(Mesh(Alive(1, tq: 200)));

        var lines = await ScrapeAsync(Mesh(Alive(1, kbps: 54_000)));

        Assert.DoesNotContain(lines, l => l.StartsWith("x0tta6bl4_mesh_link_tq_ratio{", StringComparison.Ordinal));
        Assert.Contains(Series("throughput_bits_per_second", 1) + " 54000000", lines);
    }

    [Fact]
    public async Task An_interface_taken_out_of_the_configuration_has_no_series_left()
    {
        await ScrapeAsync(Mesh());

        var lines = await ScrapeAsync(Mesh() with { HardInterfaces = [] });

        Assert.DoesNotContain(lines, l => l.Contains("mesh0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mesh_that_is_gone_has_no_originators()
    {
        await ScrapeAsync(Mesh() with { Originators = [Path(1, 1, 255)] });

        var lines = await ScrapeAsync(Mesh() with { InterfaceIndex = 0 });

        Assert.Contains("batman_originator_count{batdev=\"bat0\",selected=\"true\"} 0", lines);
    }

    [Fact]
    public async Task A_mesh_of_another_name_leaves_nothing_of_the_old_one()
    {
        await ScrapeAsync(Mesh());

        var lines = await ScrapeAsync(Mesh() with { Interface = "bat1" });

        Assert.DoesNotContain(lines, l => l.Contains("bat0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_interface_no_longer_wanted_is_not_said_to_be_missing_from_the_mesh()
    {
        await ScrapeAsync(Mesh());

        var lines = await ScrapeAsync(Mesh() with
        {
            HardInterfaces = [new HardInterfaceState("mesh0", 3, true, true, true, true, IsWanted: false, 1)],
        });

        Assert.DoesNotContain(lines, l => l.StartsWith("x0tta6bl4_mesh_hard_interface_attached{", StringComparison.Ordinal));
    }
}
