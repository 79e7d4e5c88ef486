using Prometheus;
using X0tta6bl4.Mesh;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Agent.Control;

/// <summary>
/// The newest changes of the mesh, for <c>status</c>, and all of them for whoever follows. Thread-safe.
/// </summary>
internal sealed class ChangeRing
{
    /// <summary>Changes kept.</summary>
    public const int Capacity = 32;

    /// <summary>Changes kept for each follower: a mesh of a thousand routers may appear at once.</summary>
    public const int FollowerMax = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<MeshChange> _changes = new(Capacity);
    private readonly Feed<MeshChange> _feed;

    public ChangeRing(IMetricFactory metrics)
    {
        var unread = metrics.CreateCounter(
            "x0tta6bl4_mesh_changes_unread_total", "Changes that the reports or the LEDs were too slow for.");
        _feed = new Feed<MeshChange>(FollowerMax, () => unread.Inc());
    }

    public void Add(in MeshChange change)
    {
        lock (_lock)
        {
            if (_changes.Count == Capacity)
            {
                _changes.Dequeue();
            }

            _changes.Enqueue(change);
        }

        _feed.Publish(change);
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<MeshChange> Newest()
    {
        lock (_lock)
        {
            return [.. _changes.Reverse()];
        }
    }

    /// <summary>Every change from now on.</summary>
    public FeedReader<MeshChange> Follow() => _feed.Subscribe();
}
