namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// The bounded queue towards the broker. First in, first out. When a message does not fit, the oldest of its own kind
/// goes first, so that a chatty kind cannot push out a quiet one; only when its kind has none left, the oldest of all.
/// The message being sent stays in the queue, and is never dropped, until the broker has acknowledged it. No clock, no
/// I/O; not thread-safe.
/// </summary>
/// <param name="messagesMax">Most messages, the one being sent included.</param>
/// <param name="bytesMax">Most bytes of topics and payloads.</param>
public sealed class ReportQueue(int messagesMax, int bytesMax)
{
    private readonly LinkedList<Report> _waiting = [];
    private Report? _sending;

    /// <summary>Messages held, the one being sent included.</summary>
    public int Count => _waiting.Count + (_sending is null ? 0 : 1);

    /// <summary>Bytes held, the message being sent included.</summary>
    public int Bytes { get; private set; }

    /// <summary>Adds a message and returns what had to go for it; that may be the message itself.</summary>
    public IReadOnlyList<Dropped> Offer(Report report)
    {
        if (report.Bytes > bytesMax)
        {
            return [new Dropped(report, DropReason.TooLarge)];
        }

        List<Dropped> dropped = [];
        while (!Fits(report))
        {
            if (OldestFor(report.Kind) is not { } victim)
            {
                // Only the message being sent is left, and it and the new one do not fit together.
                dropped.Add(new Dropped(report, DropReason.Full));
                return dropped;
            }

            _waiting.Remove(victim);
            Bytes -= victim.Value.Bytes;
            dropped.Add(new Dropped(victim.Value, DropReason.Full));
        }

        _waiting.AddLast(report);
        Bytes += report.Bytes;
        return dropped;
    }

    /// <summary>Marks the oldest message as being sent and returns it; null when none waits.</summary>
    /// <exception cref="InvalidOperationException">A message is being sent already.</exception>
    public Report? Take()
    {
        if (_sending is not null)
        {
            throw new InvalidOperationException("one message at a time is sent");
        }

        if (_waiting.First is not { } first)
        {
            return null;
        }

        _waiting.RemoveFirst();
        _sending = first.Value;
        return _sending;
    }

    /// <summary>The message being sent was acknowledged or given up: it leaves the queue.</summary>
    public void Complete()
    {
        Bytes -= Sending().Bytes;
        _sending = null;
    }

    /// <summary>The message being sent was not acknowledged: it is the first to be sent again.</summary>
    public void Return()
    {
        _waiting.AddFirst(Sending());
        _sending = null;
    }

    private bool Fits(Report report) => Count + 1 <= messagesMax && Bytes + report.Bytes <= bytesMax;

    private LinkedListNode<Report>? OldestFor(string kind)
    {
        for (var node = _waiting.First; node is not null; node = node.Next)
        {
            if (node.Value.Kind == kind)
            {
                return node;
            }
        }

        return _waiting.First;
    }

    private Report Sending() => _sending ?? throw new InvalidOperationException("no message is being sent");
}
