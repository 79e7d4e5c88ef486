using Prometheus;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Mesh;

/// <summary>
/// The newest snapshot as Prometheus gauges. Set when somebody scrapes and never before: formatting addresses and looking
/// series up once a second for nobody was a measurable part of an idle router's load. Made once, however often the loop is
/// restarted. Names and meanings in docs/metrics.md.
/// </summary>
public sealed class MeshGauges
{
    /// <summary>Most neighbours with time series of their own, so that a dense mesh cannot flood the monitoring.</summary>
    public const int NeighbourSeriesMax = 64;

    private readonly Latest<MeshSnapshot> _mesh;
    private readonly Gauge _up;
    private readonly Gauge _originators;
    private readonly Gauge _weak;
    private readonly Gauge _unfollowed;
    private readonly Gauge _neighbours;
    private readonly Gauge _gateways;
    private readonly Gauge _linkTq;
    private readonly Gauge _linkThroughput;
    private readonly Gauge _linkLastSeen;
    private readonly Gauge _unlabelled;
    private readonly Gauge _hardInterface;
    private readonly Gauge _originatorCount;
    private readonly HashSet<string> _interfaces = [];
    private readonly HashSet<(string Interface, string Neighbour)> _links = [];
    private string _interface = "";

    /// <param name="factory">Where the gauges are made.</param>
    /// <param name="mesh">What they show.</param>
    public MeshGauges(IMetricFactory factory, Latest<MeshSnapshot> mesh)
    {
        _mesh = mesh;
        _up = factory.CreateGauge("x0tta6bl4_mesh_up", "1 while the mesh interface works, 0 otherwise.");
        _originators = factory.CreateGauge("x0tta6bl4_mesh_originators", "Routers reachable through the mesh.");
        _weak = factory.CreateGauge("x0tta6bl4_mesh_originators_weak", "Reachable routers whose best path is weak.");
        _unfollowed = factory.CreateGauge(
            "x0tta6bl4_mesh_unfollowed",
            "Rows beyond the change feed's limits: in the tables, but nobody is told when they change.", ["table"]);
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
        _originatorCount = factory.CreateGauge(
            "batman_originator_count", "Rows of the originator table, as other batman-adv exporters name it.",
            ["batdev", "selected"]);
    }

    /// <summary>Sets every gauge from the newest snapshot. One caller at a time.</summary>
    public void Refresh()
    {
        var snapshot = _mesh.Value;
        _up.Set(snapshot.State == MeshState.Up ? 1 : 0);
        _originators.Set(snapshot.Reachable);
        _weak.Set(snapshot.WeakPaths);
        _unfollowed.WithLabels("originators").Set(snapshot.UnfollowedOriginators);
        _unfollowed.WithLabels("neighbours").Set(snapshot.UnfollowedNeighbours);
        _gateways.Set(snapshot.Gateways.Length);
        SetOriginatorCount(snapshot);
        SetInterfaces(snapshot);
        SetLinks(snapshot);
    }

    private void SetOriginatorCount(MeshSnapshot snapshot)
    {
        if (_interface != snapshot.Interface && _interface.Length > 0)
        {
            _originatorCount.RemoveLabelled(_interface, "true");
            _originatorCount.RemoveLabelled(_interface, "false");
        }

        _interface = snapshot.Interface;
        if (_interface.Length > 0)
        {
            var best = snapshot.Originators.Count(o => o.IsBest);
            _originatorCount.WithLabels(_interface, "true").Set(best);
            _originatorCount.WithLabels(_interface, "false").Set(snapshot.Originators.Length - best);
        }
    }

    private void SetInterfaces(MeshSnapshot snapshot)
    {
        var stale = new HashSet<string>(_interfaces);
        foreach (var hardInterface in snapshot.HardInterfaces)
        {
            _interfaces.Add(hardInterface.Name);
            stale.Remove(hardInterface.Name);
            if (hardInterface.IsWanted)
            {
                _hardInterface.WithLabels(hardInterface.Name).Set(hardInterface.IsAttached ? 1 : 0);
            }
            else
            {
                _hardInterface.RemoveLabelled(hardInterface.Name);
            }

            _neighbours.WithLabels(hardInterface.Name).Set(
                snapshot.Neighbours.Count(n => n.IsAlive && n.Row.HardIfIndex == hardInterface.Index));
        }

        foreach (var name in stale)
        {
            _interfaces.Remove(name);
            _hardInterface.RemoveLabelled(name);
            _neighbours.RemoveLabelled(name);
        }
    }

    private void SetLinks(MeshSnapshot snapshot)
    {
        // First the ones that are gone, so that their places are free for the new.
        var present = snapshot.Neighbours
            .Select(n => (Interface: snapshot.InterfaceName(n.Row.HardIfIndex), Neighbour: n.Row.Address.ToString()))
            .ToArray();
        foreach (var key in _links.Except(present).ToArray())
        {
            _links.Remove(key);
            _linkLastSeen.RemoveLabelled(key.Interface, key.Neighbour);
            _linkTq.RemoveLabelled(key.Interface, key.Neighbour);
            _linkThroughput.RemoveLabelled(key.Interface, key.Neighbour);
        }

        var unlabelled = 0;
        foreach (var (neighbour, key) in snapshot.Neighbours.Zip(present))
        {
            if (!_links.Contains(key) && _links.Count >= NeighbourSeriesMax)
            {
                unlabelled++;
                continue;
            }

            _links.Add(key);
            _linkLastSeen.WithLabels(key.Interface, key.Neighbour).Set(neighbour.Row.LastSeenMs / 1000.0);
            Set(_linkTq, key, neighbour.Tq / 255.0);
            Set(_linkThroughput, key, neighbour.Row.ThroughputKbps * 1000.0);
        }

        _unlabelled.Set(unlabelled);
    }

    /// <summary>A value the algorithm does not have (or has no longer) has no series either.</summary>
    private static void Set(Gauge gauge, (string Interface, string Neighbour) link, double? value)
    {
        if (value is { } known)
        {
            gauge.WithLabels(link.Interface, link.Neighbour).Set(known);
        }
        else
        {
            gauge.RemoveLabelled(link.Interface, link.Neighbour);
        }
    }
}
