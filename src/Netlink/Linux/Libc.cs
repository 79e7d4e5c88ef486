using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace X0tta6bl4.Netlink.Linux;

/// <summary>A descriptor of ours; closed once, also when a thread is still inside a call on it.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}

/// <summary>
/// The system calls this library makes: the one place that knows pointers, errno and EINTR. Every call returns the
/// system call's result, or minus the errno, as the kernel itself does.
/// </summary>
internal static unsafe class Libc
{
    public static FileDescriptor? Socket(int domain, int type, int protocol, out int errno)
    {
        int descriptor = Result(LibC.socket(domain, type, protocol));
        errno = descriptor < 0 ? -descriptor : 0;
        return descriptor < 0 ? null : new FileDescriptor(descriptor);
    }

    public static FileDescriptor? EventFd(out int errno)
    {
        const int EFD_CLOEXEC = SocketUapi.SOCK_CLOEXEC;
        const int EFD_NONBLOCK = SocketUapi.SOCK_NONBLOCK;
        int descriptor = Result(LibC.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        errno = descriptor < 0 ? -descriptor : 0;
        return descriptor < 0 ? null : new FileDescriptor(descriptor);
    }

    public static int Bind(FileDescriptor socket, in SockAddrNl address)
    {
        using var use = new Use(socket);
        fixed (SockAddrNl* pointer = &address)
        {
            return Result(LibC.bind(use.Descriptor, (sockaddr*)pointer, sizeof(SockAddrNl)));
        }
    }

    public static int GetSockName(FileDescriptor socket, out SockAddrNl address)
    {
        using var use = new Use(socket);
        SockAddrNl local = default;
        socklen_t length = sizeof(SockAddrNl);
        int result = Result(LibC.getsockname(use.Descriptor, (sockaddr*)&local, &length));
        address = local;
        return result;
    }

    public static int SetSockOpt(FileDescriptor socket, int level, int option, int value)
    {
        using var use = new Use(socket);
        return Result(LibC.setsockopt(use.Descriptor, level, option, &value, sizeof(int)));
    }

    public static int SendTo(FileDescriptor socket, ReadOnlySpan<byte> bytes, in SockAddrNl address)
    {
        using var use = new Use(socket);
        fixed (byte* data = bytes)
        fixed (SockAddrNl* to = &address)
        {
            int result;
            do
            {
                result = Result(
                    (long)LibC.sendto(use.Descriptor, data, bytes.Length, 0, (sockaddr*)to, sizeof(SockAddrNl))
                );
            } while (result == -Errno.EINTR);

            return result;
        }
    }

    /// <summary>
    /// recvfrom(2) without waiting. With MSG_TRUNC in the flags the kernel returns the datagram's true length, so a
    /// result over the buffer's length means its tail is lost.
    /// </summary>
    public static int ReceiveFrom(FileDescriptor socket, Span<byte> buffer, out SockAddrNl sender)
    {
        const int flags = SocketUapi.MSG_DONTWAIT | SocketUapi.MSG_TRUNC;
        using var use = new Use(socket);
        fixed (byte* data = buffer)
        {
            SockAddrNl from = default;
            int result;
            do
            {
                socklen_t length = sizeof(SockAddrNl);
                result = Result(
                    (long)LibC.recvfrom(use.Descriptor, data, buffer.Length, flags, (sockaddr*)&from, &length)
                );
            } while (result == -Errno.EINTR);

            sender = from;
            return result;
        }
    }

    /// <summary>
    /// poll(2) for reading. Returns how many descriptors are ready, 0 when the time ran out, or -EINTR: the caller
    /// knows its deadline and calls again with what is left of it.
    /// </summary>
    public static int PollRead(Span<pollfd> descriptors, int timeoutMs)
    {
        fixed (pollfd* pointer = descriptors)
        {
            return Result(LibC.poll(pointer, (uint)descriptors.Length, timeoutMs));
        }
    }

    /// <summary>poll(2) for reading on one descriptor, as <see cref="PollRead(Span{pollfd}, int)"/>.</summary>
    public static int PollRead(FileDescriptor descriptor, int timeoutMs)
    {
        using var use = new Use(descriptor);
        var entry = new pollfd { fd = use.Descriptor, events = LibC.POLLIN };
        return PollRead(MemoryMarshal.CreateSpan(ref entry, 1), timeoutMs);
    }

    public static int Ioctl(FileDescriptor descriptor, int request, void* argument)
    {
        using var use = new Use(descriptor);
        int result;
        do
        {
            result = Result(LibC.ioctl(use.Descriptor, request, argument));
        } while (result == -Errno.EINTR);

        return result;
    }

    /// <summary>Adds one to an eventfd.</summary>
    public static int Signal(FileDescriptor eventFd)
    {
        using var use = new Use(eventFd);
        ulong one = 1;
        int result;
        do
        {
            result = Result((long)LibC.write(use.Descriptor, &one, sizeof(ulong)));
        } while (result == -Errno.EINTR);

        return result;
    }

    /// <summary>Takes an eventfd back to zero.</summary>
    public static int Clear(FileDescriptor eventFd)
    {
        using var use = new Use(eventFd);
        ulong count;
        int result;
        do
        {
            result = Result((long)LibC.read(use.Descriptor, &count, sizeof(ulong)));
        } while (result == -Errno.EINTR);

        return result;
    }

    private static int Result(long result) => result < 0 ? -LibC.errno : (int)result;

    /// <summary>Keeps a descriptor open for the length of one call.</summary>
    private readonly ref struct Use
    {
        private readonly FileDescriptor _handle;

        public Use(FileDescriptor handle)
        {
            bool added = false;
            handle.DangerousAddRef(ref added);
            _handle = handle;
            Descriptor = (int)handle.DangerousGetHandle();
        }

        public int Descriptor { get; }

        public void Dispose() => _handle.DangerousRelease();
    }
}
