using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Uevent;

/// <summary>
/// Listens to kernel object events (NETLINK_KOBJECT_UEVENT, group 1) of the net subsystem. Only the kernel's own are
/// taken: udev's, which travel on the same protocol, come from a process. One thread at a time.
/// </summary>
public sealed class UeventSocket : IDisposable, INetlinkEventSource
{
    private const uint KernelGroup = 1;

    private readonly NetlinkEventReader _reader;

    /// <summary>Speaks over any transport and joins the kernel's group; owns it.</summary>
    public UeventSocket(INetlinkTransport transport)
    {
        _reader = new NetlinkEventReader(transport);
        transport.JoinGroup(KernelGroup);
    }

    /// <summary>Opens a socket, in the network namespace of the calling thread; needs no privilege.</summary>
    /// <exception cref="NetlinkException">No socket.</exception>
    public static UeventSocket Open()
    {
        var transport = NetlinkSocket.Open(NetlinkUapi.NETLINK_KOBJECT_UEVENT, NetlinkLimits.EventQueueBytes);
        try
        {
            return new UeventSocket(transport);
        }
        catch
        {
            transport.Dispose();
            throw;
        }
    }

    /// <summary>What the socket threw away.</summary>
    public NetlinkCounters Counters => _reader.Counters;

    /// <inheritdoc/>
    public int FileDescriptor => NetlinkEventReader.DescriptorOf(_reader.Transport);

    /// <summary>
    /// Waits at most <paramref name="timeout"/> (zero: not at all) for the first event, appends the net subsystem's
    /// and what else is there already, at most <see cref="NetlinkLimits.EventDatagramsPerCall"/> datagrams, and
    /// returns how many were appended. It returns early, with 0, when only other subsystems had something to say.
    /// </summary>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Receive(List<NetworkUevent> into, TimeSpan timeout)
    {
        int before = into.Count;
        for (int i = 0; i < NetlinkLimits.EventDatagramsPerCall; i++)
        {
            if (!_reader.TryRead(i == 0 ? timeout : TimeSpan.Zero, out var datagram, out string? lost))
            {
                break;
            }

            if (lost is not null)
            {
                into.Add(NetworkUevent.Resync);
            }
            else if (!datagram.IsEmpty)
            {
                Decode(datagram, into);
            }
        }

        return into.Count - before;
    }

    public void Dispose() => _reader.Dispose();

    private void Decode(ReadOnlySpan<byte> datagram, List<NetworkUevent> into)
    {
        var problem = NetworkUevent.Read(datagram, out var uevent);
        if (uevent is not null)
        {
            into.Add(uevent);
        }
        else if (problem.Kind != RowProblemKind.Skip)
        {
            _reader.Malformed();
            into.Add(NetworkUevent.Resync);
        }
    }
}
