using System.Diagnostics;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>
/// A kernel netlink socket: AF_NETLINK through libc, because .NET's sockets do not know the family. One thread at a
/// time, except <see cref="Dispose"/>. A socket either asks or listens: a queue full of events must never delay or
/// drop an answer.
/// </summary>
internal sealed class NetlinkSocket : INetlinkTransport
{
    private readonly FileDescriptor _socket;

    private NetlinkSocket(FileDescriptor socket, uint portId)
    {
        _socket = socket;
        PortId = portId;
    }

    public uint PortId { get; }

    /// <summary>The descriptor for poll(2).</summary>
    public int Descriptor => (int)_socket.DangerousGetHandle();

    /// <summary>Opens and binds a socket.</summary>
    /// <param name="protocol">NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_KOBJECT_UEVENT.</param>
    /// <param name="queueBytes">Kernel queue to ask for.</param>
    public static NetlinkSocket Open(int protocol, int queueBytes)
    {
        const int type = SocketUapi.SOCK_RAW | SocketUapi.SOCK_CLOEXEC | SocketUapi.SOCK_NONBLOCK;
        var socket =
            Libc.Socket(SocketUapi.AF_NETLINK, type, protocol, out int errno)
            ?? throw Failure("opening a netlink socket", protocol, errno);
        try
        {
            Configure(socket, queueBytes);
            var any = new SockAddrNl { nl_family = SocketUapi.AF_NETLINK };
            Check(Libc.Bind(socket, in any), "binding a netlink socket", protocol);
            Check(Libc.GetSockName(socket, out var self), "reading the port id of a netlink socket", protocol);
            return new NetlinkSocket(socket, self.nl_pid);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        var kernel = new SockAddrNl { nl_family = SocketUapi.AF_NETLINK };
        int sent = Libc.SendTo(_socket, datagram, in kernel);
        if (sent < 0)
        {
            throw new NetlinkException(NetlinkFailure.Socket, "sending to the kernel", null, -sent);
        }

        Debug.Assert(sent == datagram.Length, "A netlink datagram is sent whole or not at all.");
    }

    public ReceiveOutcome Receive(Span<byte> buffer, TimeSpan timeout, out int length, out uint senderPort)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            length = 0;
            int received = Libc.ReceiveFrom(_socket, buffer, out var sender);
            senderPort = sender.nl_pid;
            if (received >= 0)
            {
                if (received > buffer.Length)
                {
                    return ReceiveOutcome.Truncated;
                }

                length = received;
                return ReceiveOutcome.Datagram;
            }

            if (received == -Errno.ENOBUFS)
            {
                return ReceiveOutcome.Overrun;
            }

            if (received != -Errno.EAGAIN)
            {
                throw new NetlinkException(NetlinkFailure.Socket, "receiving from the kernel", null, -received);
            }

            // A dump's first datagram is there when Send returns, so trying before polling saves a system call on
            // almost every answer.
            int leftMs = LeftMs(timeout, start);
            if (leftMs <= 0)
            {
                return ReceiveOutcome.TimedOut;
            }

            int ready = Libc.PollRead(_socket, leftMs);
            if (ready < 0 && ready != -Errno.EINTR)
            {
                throw new NetlinkException(NetlinkFailure.Socket, "waiting for the kernel", null, -ready);
            }
        }
    }

    public void JoinGroup(uint group) => Membership(NetlinkUapi.NETLINK_ADD_MEMBERSHIP, "joining", group);

    public void LeaveGroup(uint group) => Membership(NetlinkUapi.NETLINK_DROP_MEMBERSHIP, "leaving", group);

    public void Dispose() => _socket.Dispose();

    private static void Configure(FileDescriptor socket, int queueBytes)
    {
        // The forced size ignores net.core.rmem_max but needs CAP_NET_ADMIN; without it take what the limit gives.
        if (Libc.SetSockOpt(socket, SocketUapi.SOL_SOCKET, SocketUapi.SO_RCVBUFFORCE, queueBytes) < 0)
        {
            _ = Libc.SetSockOpt(socket, SocketUapi.SOL_SOCKET, SocketUapi.SO_RCVBUF, queueBytes);
        }

        // Linux 4.12 and 4.3; an older kernel refuses the options and its errors come without text.
        _ = Libc.SetSockOpt(socket, SocketUapi.SOL_NETLINK, NetlinkUapi.NETLINK_EXT_ACK, 1);
        _ = Libc.SetSockOpt(socket, SocketUapi.SOL_NETLINK, NetlinkUapi.NETLINK_CAP_ACK, 1);
    }

    private static int LeftMs(TimeSpan timeout, long start)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return 0;
        }

        double left = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
        return (int)Math.Min(Math.Ceiling(left), int.MaxValue);
    }

    private void Membership(int option, string verb, uint group)
    {
        int result = Libc.SetSockOpt(_socket, SocketUapi.SOL_NETLINK, option, (int)group);
        if (result < 0)
        {
            throw new NetlinkException(
                NetlinkFailure.Socket,
                $"{verb} a netlink multicast group",
                $"group {group}",
                -result
            );
        }
    }

    private static void Check(int result, string operation, int protocol)
    {
        if (result < 0)
        {
            throw Failure(operation, protocol, -result);
        }
    }

    private static NetlinkException Failure(string operation, int protocol, int errno) =>
        new(
            NetlinkFailure.Socket,
            operation,
            $"protocol {protocol}",
            errno,
            hint: errno == Errno.EPROTONOSUPPORT ? "The kernel was built without this netlink protocol." : null
        );
}
