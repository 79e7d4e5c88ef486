using Prometheus;

namespace X0tta6bl4.Mesh;

/// <summary>
/// What the mesh loop counts. The state itself is exported by <see cref="MeshGauges"/>, when somebody scrapes. Names and
/// meanings in docs/metrics.md.
/// </summary>
internal sealed class MeshMetrics
{
    private readonly Counter _attached;
    private readonly Counter _changes;
    private readonly Counter _changesDropped;
    private readonly Counter _settingsRestored;
    private readonly Counter _resyncs;

    public MeshMetrics(IMetricFactory factory)
    {
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
    }

    public void Attached(string name) => _attached.WithLabels(name).Inc();

    public void Changed(MeshChangeKind kind) => _changes.WithLabels(kind.ToString()).Inc();

    public void ChangeDropped() => _changesDropped.Inc();

    public void SettingRestored(string setting) => _settingsRestored.WithLabels(setting).Inc();

    public void Resynced() => _resyncs.Inc();
}
