namespace X0tta6bl4.Rack.Rig;

/// <summary>One thing observed.</summary>
/// <param name="Index">Position in the journal, counting from the first ever added.</param>
/// <param name="At">When the rack saw it, on <see cref="RackClock"/>.</param>
/// <param name="Item">What it was.</param>
public readonly record struct JournalEntry<T>(long Index, TimeSpan At, T Item);

/// <summary>
/// An append-only list that can be waited on: the rack's way to await an event instead of sleeping. A waiter says from
/// where on it looks, so nothing is missed between doing something and waiting for its effect. Thread-safe.
/// </summary>
public sealed class Journal<T>
{
    /// <summary>
    /// Entries kept; the oldest are forgotten first. A console of a storm stays readable, and memory bounded.
    /// </summary>
    public const int EntriesMax = 50_000;

    private readonly Lock _lock = new();
    private readonly Queue<JournalEntry<T>> _entries = new();
    private long _next;
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Index the next entry will get: take it before an action, pass it to a wait after the action.</summary>
    public long Mark
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    public void Add(T item)
    {
        TaskCompletionSource added;
        lock (_lock)
        {
            _entries.Enqueue(new JournalEntry<T>(_next++, RackClock.Now, item));
            if (_entries.Count > EntriesMax)
            {
                _entries.Dequeue();
            }

            added = _added;
            _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        added.SetResult();
    }

    /// <summary>Entries from an index on, oldest first.</summary>
    public IReadOnlyList<JournalEntry<T>> Since(long mark)
    {
        lock (_lock)
        {
            return [.. _entries.SkipWhile(e => e.Index < mark)];
        }
    }

    /// <summary>The newest entries, oldest first.</summary>
    public IReadOnlyList<JournalEntry<T>> Tail(int count)
    {
        lock (_lock)
        {
            return [.. _entries.Skip(Math.Max(0, _entries.Count - count))];
        }
    }

    /// <summary>Waits for an entry at or after <paramref name="mark"/>; null when the time is up.</summary>
    public async Task<JournalEntry<T>?> WaitAsync(
        long mark, Func<T, bool> match, TimeSpan limit, CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(limit);
        while (true)
        {
            Task added;
            lock (_lock)
            {
                foreach (var entry in _entries)
                {
                    if (entry.Index >= mark && match(entry.Item))
                    {
                        return entry;
                    }
                }

                mark = _next;
                added = _added.Task;
            }

            try
            {
                await added.WaitAsync(timer.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return null;
            }
        }
    }
}
