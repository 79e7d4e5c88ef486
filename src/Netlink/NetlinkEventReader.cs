namespace X0tta6bl4.Netlink;

/// <summary>
/// Reads what the kernel pushes on a socket that only listens. Nothing asks again for a lost event, so every way to
/// lose one (the queue overflowed, a datagram was too long, a message did not parse) ends the same way: the caller is
/// told to read everything anew.
/// </summary>
internal sealed class NetlinkEventReader(INetlinkTransport transport) : IDisposable
{
    public const string OverrunText = "the socket's queue overflowed";
    public const string TruncatedText = "an event was longer than the buffer";
    public const string MalformedText = "an event did not parse";

    private readonly byte[] _buffer = new byte[NetlinkLimits.ReceiveBufferBytes];
    private readonly CounterSet _counters = new();

    public NetlinkCounters Counters => _counters.Snapshot();

    public INetlinkTransport Transport => transport;

    /// <summary>Waits for one datagram of the kernel.</summary>
    /// <param name="timeout">Longest wait; zero does not wait.</param>
    /// <param name="datagram">The datagram; empty when false is returned or events were lost.</param>
    /// <param name="lost">Why events were lost; null when none were.</param>
    /// <returns>False when nothing came in time.</returns>
    public bool TryRead(TimeSpan timeout, out ReadOnlySpan<byte> datagram, out string? lost)
    {
        datagram = default;
        lost = null;
        switch (transport.Receive(_buffer, timeout, out int length, out uint sender))
        {
            case ReceiveOutcome.Datagram when sender == 0:
                datagram = _buffer.AsSpan(0, length);
                return true;
            case ReceiveOutcome.Datagram:
                _counters.ForeignSenders++;
                return true;
            case ReceiveOutcome.Truncated:
                _counters.Truncated++;
                lost = TruncatedText;
                return true;
            case ReceiveOutcome.Overrun:
                _counters.Overruns++;
                lost = OverrunText;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Counts a message that did not parse and says what to tell the caller.</summary>
    public string Malformed()
    {
        _counters.Malformed++;
        return MalformedText;
    }

    public static int DescriptorOf(INetlinkTransport transport) =>
        transport is NetlinkSocket socket
            ? socket.Descriptor
            : throw new InvalidOperationException("This transport is no kernel socket and cannot be polled.");

    public void Dispose() => transport.Dispose();
}
