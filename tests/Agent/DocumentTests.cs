using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Agent.Control;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Board;
using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Mesh;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;
using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Agent.Tests;

/// <summary>
/// docs/metrics.md and docs/logs.md against the parts that have no test of their own for it. The other sections are checked
/// beside their modules; the rack compares the whole page with a scrape of a running router.
/// </summary>
public class DocumentTests
{
    [Fact]
    public async Task Mesh_and_supervisor_metrics_have_their_rows()
    {
        using var metrics = new AgentMetrics(new BuildInfo("0", "test"), TimeProvider.System);
        _ = new Supervisor(new HealthRegister(TimeProvider.System), metrics.Factory, TimeProvider.System, new Random(1), NullLogger.Instance);
        var mesh = new Latest<MeshSnapshot>(MeshSnapshot.Empty);
        _ = new MeshGauges(metrics.Factory, mesh);
        _ = new ChangeRing(metrics.Factory);
        _ = new MeshLoop(
            new MeshOptions(), mesh, metrics.Factory, metrics.Collectors, new HealthRegister(TimeProvider.System),
            new LoopPulses(TimeProvider.System).Register("mesh", TimeSpan.FromSeconds(1)), TimeProvider.System, NullLogger.Instance);
        using var stream = new MemoryStream();
        await metrics.WriteTextAsync(stream, CancellationToken.None);
        Assert.Empty(MetricsDocument.Differences(
            Repository.ReadText("docs/metrics.md"), Encoding.UTF8.GetString(stream.ToArray()), "Mesh", "Parts"));
    }

    [Fact]
    public void Every_event_of_the_board_has_its_row() => Assert.Empty(
        LogDocument.Differences(Repository.ReadText("docs/logs.md"), 2000, 2999, typeof(RouterBoard).Assembly));

    [Fact]
    public void Every_event_of_the_mesh_has_its_row() => Assert.Empty(
        LogDocument.Differences(Repository.ReadText("docs/logs.md"), 3000, 3999, typeof(MeshLoop).Assembly));

    [Fact]
    public void Every_event_of_the_agent_has_its_row() => Assert.Empty(
        LogDocument.Differences(Repository.ReadText("docs/logs.md"), 4000, 4999, typeof(RouterAgent).Assembly));

    [Fact]
    public void Every_event_of_the_identity_has_its_row() => Assert.Empty(
        LogDocument.Differences(Repository.ReadText("docs/logs.md"), 7000, 7999, typeof(NodeIdentity).Assembly));

    [Fact]
    public async Task Identity_metrics_have_their_rows()
    {
        using var metrics = new AgentMetrics(new BuildInfo("0", "test"), TimeProvider.System);
        var node = new NodeIdentity(
            "test", new SvidVerifier(new SvidPolicy()), new ValidationClock(TimeProvider.System, DateTimeOffset.UnixEpoch),
            new SavedClock("/nowhere/clock"), TimeProvider.System, metrics, new HealthRegister(TimeProvider.System), NullLogger.Instance);
        node.Refresh();
        using var stream = new MemoryStream();
        await metrics.WriteTextAsync(stream, CancellationToken.None);
        Assert.Empty(MetricsDocument.Differences(
            Repository.ReadText("docs/metrics.md"), Encoding.UTF8.GetString(stream.ToArray()), "Identity"));
    }
}
