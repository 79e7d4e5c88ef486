namespace X0tta6bl4.Rack.Links;

/// <summary>
/// Decides the fate of every frame of one direction of a link, without clock or socket: the same seed, profile, frames
/// and times give the same deliveries.
/// <para>
/// Each frame uses the same number of random draws whatever happens to it, so turning a fault on or off does not shift
/// the fate of later frames with respect to the other faults. Not thread-safe.
/// </para>
/// </summary>
public sealed class FrameSchedule(int seed)
{
    /// <summary>Frames waiting for their time; more is dropped and counted. About a second of a busy mesh.</summary>
    public const int WaitingMax = 4096;

    /// <summary>
    /// Destination and source address: a frame with those destroyed would just vanish in the card's filter.
    /// </summary>
    private const int AddressBytes = 12;

#pragma warning disable CA5394 // Reproducible on purpose: the seed of a failed run brings back its faults.
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<byte[], (TimeSpan Due, long Order)> _waiting = new();
    private TimeSpan _lastInOrder;
    private long _order;

    public LinkProfile Profile { get; set; } = LinkProfile.Perfect;

    public LinkCounters Counters { get; private set; }

    /// <summary>When the next frame is due; null when none waits.</summary>
    public TimeSpan? NextDue => _waiting.TryPeek(out _, out var priority) ? priority.Due : null;

    /// <summary>Takes a frame that was sent now.</summary>
    public void Offer(ReadOnlySpan<byte> frame, TimeSpan now)
    {
        var lost = _random.NextDouble() < Profile.Loss;
        var duplicated = _random.NextDouble() < Profile.Duplication;
        var reordered = _random.NextDouble() < Profile.Reordering;
        var corrupted = _random.NextDouble() < Profile.Corruption;
        var jitter = Profile.Jitter * _random.NextDouble();
        var corruptAt = _random.NextDouble();

        Counters = Counters with { Sent = Counters.Sent + 1 };
        if (Profile.IsCut)
        {
            Counters = Counters with { Cut = Counters.Cut + 1 };
            return;
        }

        if (lost)
        {
            Counters = Counters with { Lost = Counters.Lost + 1 };
            return;
        }

        var copy = frame.ToArray();
        if (corrupted && copy.Length > AddressBytes)
        {
            var bit = AddressBytes * 8 + (int)(corruptAt * (copy.Length - AddressBytes) * 8);
            copy[bit / 8] ^= (byte)(1 << (bit % 8));
            Counters = Counters with { Corrupted = Counters.Corrupted + 1 };
        }

        var due = now + Profile.Delay + jitter;
        if (reordered)
        {
            due += Profile.ReorderBy;
            Counters = Counters with { Reordered = Counters.Reordered + 1 };
        }
        else
        {
            due = due > _lastInOrder ? due : _lastInOrder;
            _lastInOrder = due;
        }

        Enqueue(copy, due);
        if (duplicated)
        {
            Counters = Counters with { Duplicated = Counters.Duplicated + 1 };
            Enqueue(copy, due);
        }
    }

    /// <summary>Gives the next frame whose time has come.</summary>
    public bool TryTake(TimeSpan now, out byte[] frame)
    {
        if (_waiting.TryPeek(out frame!, out var priority) && priority.Due <= now)
        {
            _waiting.Dequeue();
            Counters = Counters with { Delivered = Counters.Delivered + 1 };
            return true;
        }

        frame = [];
        return false;
    }

    /// <summary>Counts a frame that was delivered but not taken.</summary>
    public void Refused() =>
        Counters = Counters with { Refused = Counters.Refused + 1, Delivered = Counters.Delivered - 1 };

    /// <summary>Puts a frame in at once, past all faults.</summary>
    public void Inject(ReadOnlySpan<byte> frame, TimeSpan now)
    {
        Counters = Counters with { Injected = Counters.Injected + 1 };
        Enqueue(frame.ToArray(), now);
    }

    private void Enqueue(byte[] frame, TimeSpan due)
    {
        if (_waiting.Count >= WaitingMax)
        {
            Counters = Counters with { Overflowed = Counters.Overflowed + 1 };
            return;
        }

        _waiting.Enqueue(frame, (due, _order++));
    }
}
