namespace X0tta6bl4.Netlink;

/// <summary>
/// What a socket threw away or had to repeat since it was opened, for a metric and for a curious engineer. All are
/// counts that only grow. Written by the socket's one thread, readable by any.
/// </summary>
public readonly record struct NetlinkCounters
{
    /// <summary>Datagrams from a process instead of the kernel: ignored.</summary>
    public long ForeignSenders { get; init; }

    /// <summary>Messages nobody waits for (late answers to a request given up): ignored.</summary>
    public long WrongSequence { get; init; }

    /// <summary>Messages addressed to another port id: ignored.</summary>
    public long WrongPort { get; init; }

    /// <summary>Datagrams longer than the receive buffer.</summary>
    public long Truncated { get; init; }

    /// <summary>Times the kernel dropped datagrams because the queue was full.</summary>
    public long Overruns { get; init; }

    /// <summary>Dumps repeated because the table changed meanwhile (NLM_F_DUMP_INTR).</summary>
    public long DumpRetries { get; init; }

    /// <summary>Messages whose bytes do not parse.</summary>
    public long Malformed { get; init; }
}
