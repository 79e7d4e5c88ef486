using System.Threading.Channels;
using X0tta6bl4.Mesh;

namespace X0tta6bl4.Agent.Control;

/// <summary>
/// The newest changes of the mesh, for <c>status</c>, and a copy for each subscriber. Thread-safe; keeps
/// <see cref="Capacity"/> itself, and as many for a subscriber that does not read, dropping the oldest.
/// </summary>
internal sealed class ChangeRing
{
    /// <summary>Changes kept.</summary>
    public const int Capacity = 32;

    private readonly Lock _lock = new();
    private readonly Queue<MeshChange> _changes = new(Capacity);
    private readonly List<Channel<MeshChange>> _subscribers = [];

    public void Add(in MeshChange change)
    {
        lock (_lock)
        {
            if (_changes.Count == Capacity)
            {
                _changes.Dequeue();
            }

            _changes.Enqueue(change);
            foreach (var subscriber in _subscribers)
            {
                subscriber.Writer.TryWrite(change);
            }
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

    /// <summary>Every change from now on.</summary>
    public ChannelReader<MeshChange> Subscribe()
    {
        var channel = Channel.CreateBounded<MeshChange>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            _subscribers.Add(channel);
        }

        return channel.Reader;
    }

    public void Unsubscribe(ChannelReader<MeshChange> reader)
    {
        lock (_lock)
        {
            _subscribers.RemoveAll(c => c.Reader == reader);
        }
    }
}
