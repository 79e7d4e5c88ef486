using Prometheus;

namespace X0tta6bl4.Mesh;

/// <summary>What Prometheus sees of the mesh. Created once; names and meanings in docs/metrics.md.</summary>
internal sealed class MeshMetrics
{
    /// <summary>Most neighbours with a time series of their own, so that a dense mesh cannot flood the monitoring.</summary>
    public const int NeighbourSeriesMax = 64;

    private readonly Gauge _up;
    private readonly Gauge _originators;
    private readonly Gauge _weak;
    private readonly Gauge _neighbours;
    private readonly Gauge _gateways;
    private readonly Gauge _linkTq;
    private readonly Gauge _linkThroughput;
    private readonly Gauge _linkLastSeen;
    private readonly Gauge _unlabelled;
    private readonly Gauge _hardInterface;
    private readonly Counter _attached;
    private readonly Counter _changes;
    private readonly Counter _changesDropped;
    private readonly Counter _settingsRestored;
    private readonly Counter _resyncs;
    private readonly Gauge _originatorCount;
    private readonly HashSet<(string Interface, string Neighbour)> _series = [];

    public MeshMetrics(IMetricFactory factory)
    {
        _up = factory.CreateGauge("x0tta6bl4_mesh_up", "1 while the mesh interface works, 0 otherwise.");
        _originators = factory.CreateGauge("x0tta6bl4_mesh_originators", "Routers reachable through the mesh.");
        _weak = factory.CreateGauge("x0tta6bl4_mesh_originators_weak", "Reachable routers whose best path is weak.");
        _neighbours = factory.CreateGauge(
            "x0tta6bl4_mesh_neighbours", "Direct neighbours heard now, by hard interface.", ["interface"]);
        _gateways = factory.CreateGauge("x0tta6bl4_mesh_gateways", "Gateways announced in the mesh.");
        _linkTq = factory.CreateGauge(
            "x0tta6bl4_mesh_link_tq_ratio", "BATMAN_IV: quality of the direct link, 0 to 1 (TQ / 255).",
            ["interface", "neighbour"]);
        _linkThroughput = factory.CreateGauge(
            "x0tta6bl4_mesh_link_throughput_bits_per_second", "BATMAN_V: estimated throughput of the direct link.",
            ["interface", "neighbour"]);
        _linkLastSeen = factory.CreateGauge(
            "x0tta6bl4_mesh_link_last_seen_seconds", "Time since the neighbour was last heard.", ["interface", "neighbour"]);
        _unlabelled = factory.CreateGauge(
            "x0tta6bl4_mesh_neighbours_without_series", $"Neighbours beyond the {NeighbourSeriesMax} that have link series.");
        _hardInterface = factory.CreateGauge(
            "x0tta6bl4_mesh_hard_interface_attached", "1 while a wanted hard interface is in the mesh.", ["interface"]);
        _attached = factory.CreateCounter(
            "x0tta6bl4_mesh_hard_interface_attachments_total", "Times the agent put a hard interface into the mesh.",
            ["interface"]);
        _changes = factory.CreateCounter("x0tta6bl4_mesh_changes_total", "Changes seen in the mesh.", ["kind"]);
        _changesDropped = factory.CreateCounter(
            "x0tta6bl4_mesh_changes_dropped_total", "Changes that did not fit into the change feed's queue.");
        _settingsRestored = factory.CreateCounter(
            "x0tta6bl4_mesh_settings_restored_total", "Mesh settings put back to the configured value.", ["setting"]);
        _resyncs = factory.CreateCounter(
            "x0tta6bl4_mesh_event_resyncs_total", "Times the kernel dropped events and everything was read again.");
        _originatorCount = factory.CreateGauge(
            "batman_originator_count", "Rows of the originator table, as other batman-adv exporters name it.",
            ["batdev", "selected"]);
    }

    public void Attached(string name) => _attached.WithLabels(name).Inc();

    public void Changed(MeshChangeKind kind) => _changes.WithLabels(kind.ToString()).Inc();

    public void ChangeDropped() => _changesDropped.Inc();

    public void SettingRestored(string setting) => _settingsRestored.WithLabels(setting).Inc();

    public void Resynced() => _resyncs.Inc();

    public void Publish(MeshSnapshot snapshot, string meshInterface)
    {
        _up.Set(snapshot.State == MeshState.Up ? 1 : 0);
        _originators.Set(snapshot.Reachable);
        _weak.Set(snapshot.WeakPaths);
        _gateways.Set(snapshot.Gateways.Length);
        var best = snapshot.Originators.Count(o => o.IsBest);
        _originatorCount.WithLabels(meshInterface, "true").Set(best);
        _originatorCount.WithLabels(meshInterface, "false").Set(snapshot.Originators.Length - best);
        foreach (var hardInterface in snapshot.HardInterfaces)
        {
            if (hardInterface.IsWanted)
            {
                _hardInterface.WithLabels(hardInterface.Name).Set(hardInterface.IsAttached ? 1 : 0);
            }

            _neighbours.WithLabels(hardInterface.Name).Set(
                snapshot.Neighbours.Count(n => n.IsAlive && n.Row.HardIfIndex == hardInterface.Index));
        }

        PublishLinks(snapshot);
    }

    private void PublishLinks(MeshSnapshot snapshot)
    {
        var stale = new HashSet<(string Interface, string Neighbour)>(_series);
        var unlabelled = 0;
        foreach (var neighbour in snapshot.Neighbours)
        {
            var key = (snapshot.InterfaceName(neighbour.Row.HardIfIndex), neighbour.Row.Address.ToString());
            if (!_series.Contains(key) && _series.Count >= NeighbourSeriesMax)
            {
                unlabelled++;
                continue;
            }

            _series.Add(key);
            stale.Remove(key);
            _linkLastSeen.WithLabels(key.Item1, key.Item2).Set(neighbour.Row.LastSeenMs / 1000.0);
            if (neighbour.Tq is { } tq)
            {
                _linkTq.WithLabels(key.Item1, key.Item2).Set(tq / 255.0);
            }

            if (neighbour.Row.ThroughputKbps is { } kbps)
            {
                _linkThroughput.WithLabels(key.Item1, key.Item2).Set(kbps * 1000.0);
            }
        }

        foreach (var key in stale)
        {
            _series.Remove(key);
            _linkLastSeen.RemoveLabelled(key.Interface, key.Neighbour);
            _linkTq.RemoveLabelled(key.Interface, key.Neighbour);
            _linkThroughput.RemoveLabelled(key.Interface, key.Neighbour);
        }

        _unlabelled.Set(unlabelled);
    }
}
