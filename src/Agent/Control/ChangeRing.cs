using X0tta6bl4.Mesh;

namespace X0tta6bl4.Agent.Control;

/// <summary>The newest changes of the mesh, for <c>status</c>. Thread-safe; keeps <see cref="Capacity"/>.</summary>
internal sealed class ChangeRing
{
    /// <summary>Changes kept.</summary>
    public const int Capacity = 32;

    private readonly Lock _lock = new();
    private readonly Queue<MeshChange> _changes = new(Capacity);

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
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<MeshChange> Newest()
    {
        lock (_lock)
        {
            return [.. _changes.Reverse()];
        }
    }
}
