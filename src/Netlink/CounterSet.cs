namespace X0tta6bl4.Netlink;

/// <summary>
/// The growing counts behind <see cref="NetlinkCounters"/>: one writer, any reader. On the 64-bit machines we build
/// for a long is read whole, and a reader may see one count newer than another, which a metric does not mind.
/// </summary>
internal sealed class CounterSet
{
    public long ForeignSenders;
    public long WrongSequence;
    public long WrongPort;
    public long Truncated;
    public long Overruns;
    public long DumpRetries;
    public long Malformed;

    public NetlinkCounters Snapshot() =>
        new()
        {
            ForeignSenders = Volatile.Read(ref ForeignSenders),
            WrongSequence = Volatile.Read(ref WrongSequence),
            WrongPort = Volatile.Read(ref WrongPort),
            Truncated = Volatile.Read(ref Truncated),
            Overruns = Volatile.Read(ref Overruns),
            DumpRetries = Volatile.Read(ref DumpRetries),
            Malformed = Volatile.Read(ref Malformed),
        };
}
