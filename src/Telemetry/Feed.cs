namespace X0tta6bl4.Telemetry;

/// <summary>
/// Values one after another, each to everyone who listens: for what must not be skipped, where <see cref="Latest{T}"/> may
/// skip. Never makes the writer wait: a reader that falls <c>capacity</c> values behind loses the oldest, which is counted.
/// Thread-safe.
/// </summary>
/// <typeparam name="T">An immutable type.</typeparam>
/// <param name="capacity">Values kept for each reader.</param>
/// <param name="onDropped">Called for each value a reader lost. Must not block.</param>
public sealed class Feed<T>(int capacity, Action onDropped)
{
    private readonly Lock _lock = new();
    private FeedReader<T>[] _readers = [];

    /// <summary>Every value published from now on, until the reader is disposed.</summary>
    public FeedReader<T> Subscribe()
    {
        lock (_lock)
        {
            var reader = new FeedReader<T>(this, capacity, onDropped);
            _readers = [.. _readers, reader];
            return reader;
        }
    }

    /// <summary>Gives the value to every reader.</summary>
    public void Publish(T value)
    {
        foreach (var reader in Volatile.Read(ref _readers))
        {
            reader.Add(value);
        }
    }

    internal void Remove(FeedReader<T> reader)
    {
        lock (_lock)
        {
            _readers = [.. _readers.Where(r => r != reader)];
        }
    }
}

/// <summary>
/// One reader's place in a <see cref="Feed{T}"/>: read until <see cref="TryRead"/> says no, then await
/// <see cref="Ready"/>. It is one and the same task until a value comes, so a loop that also waits for other things leaves
/// nothing behind each time those come first (a channel keeps a waiter for each call of WaitToReadAsync).
/// </summary>
/// <typeparam name="T">An immutable type.</typeparam>
public sealed class FeedReader<T> : IDisposable
{
    private readonly Feed<T> _feed;
    private readonly int _capacity;
    private readonly Action _onDropped;
    private readonly Lock _lock = new();
    private readonly Queue<T> _values = [];
    private TaskCompletionSource _ready = NewSignal();

    internal FeedReader(Feed<T> feed, int capacity, Action onDropped)
    {
        _feed = feed;
        _capacity = capacity;
        _onDropped = onDropped;
    }

    /// <summary>Completed while there is something to read.</summary>
    public Task Ready
    {
        get
        {
            lock (_lock)
            {
                return _ready.Task;
            }
        }
    }

    /// <summary>The oldest value not read yet; false when there is none.</summary>
    public bool TryRead(out T value)
    {
        lock (_lock)
        {
            if (_values.TryDequeue(out value!))
            {
                return true;
            }

            if (_ready.Task.IsCompleted)
            {
                _ready = NewSignal();
            }

            return false;
        }
    }

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _feed.Remove(this);

    internal void Add(T value)
    {
        var isDropped = false;
        lock (_lock)
        {
            if (_values.Count == _capacity)
            {
                _values.Dequeue();
                isDropped = true;
            }

            _values.Enqueue(value);
            _ready.TrySetResult();
        }

        if (isDropped)
        {
            _onDropped();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
