namespace X0tta6bl4.Netlink;

/// <summary>How one wait for a datagram ended.</summary>
public enum ReceiveOutcome
{
    /// <summary>A whole datagram is in the buffer.</summary>
    Datagram = 0,

    /// <summary>Nothing arrived in time.</summary>
    TimedOut = 1,

    /// <summary>A datagram was longer than the buffer and its tail is lost (MSG_TRUNC).</summary>
    Truncated = 2,

    /// <summary>The socket's queue overflowed and datagrams are lost (ENOBUFS).</summary>
    Overrun = 3,
}

/// <summary>
/// A netlink socket seen from the codec: whole datagrams in and out. <c>NetlinkSocket</c> is the kernel's;
/// tests put a scripted kernel here, so that the real encoder, decoder and dump loop run in every test.
/// One thread at a time.
/// </summary>
public interface INetlinkTransport : IDisposable
{
    /// <summary>The port id the kernel knows this socket by; answers carry it back.</summary>
    uint PortId { get; }

    /// <summary>Sends one datagram to the kernel, whole or not at all.</summary>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    void Send(ReadOnlySpan<byte> datagram);

    /// <summary>Waits at most <paramref name="timeout"/> (zero: do not wait) for one datagram.</summary>
    /// <param name="buffer">Receives the datagram.</param>
    /// <param name="timeout">Longest wait.</param>
    /// <param name="length">Bytes in the buffer; 0 unless the outcome is <see cref="ReceiveOutcome.Datagram"/>.</param>
    /// <param name="senderPort">Port id of the sender: 0 is the kernel, anything else is a process.</param>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    ReceiveOutcome Receive(Span<byte> buffer, TimeSpan timeout, out int length, out uint senderPort);

    /// <summary>Joins a multicast group.</summary>
    /// <exception cref="NetlinkException">The group does not exist or may not be joined.</exception>
    void JoinGroup(uint group);

    /// <summary>Leaves a multicast group.</summary>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    void LeaveGroup(uint group);
}
