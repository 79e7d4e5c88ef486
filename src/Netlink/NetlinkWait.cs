using System.Diagnostics;
using Tmds.Linux;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>
/// Waits for any of several event sockets, or for <see cref="Wake"/>, with one poll(2): one thread, and no wake-up
/// while nothing happens. Read every source without waiting after it returns; dispose this before the sources.
/// </summary>
public sealed class NetlinkWait : IDisposable
{
    private readonly FileDescriptor _wake;
    private readonly pollfd[] _descriptors;

    /// <exception cref="NetlinkException">The kernel gave no eventfd.</exception>
    public NetlinkWait(params ReadOnlySpan<INetlinkEventSource> sources)
    {
        _wake =
            Libc.EventFd(out int errno)
            ?? throw new NetlinkException(NetlinkFailure.Socket, "opening an eventfd", null, errno);
        _descriptors = new pollfd[sources.Length + 1];
        _descriptors[0] = Entry((int)_wake.DangerousGetHandle());
        for (int i = 0; i < sources.Length; i++)
        {
            _descriptors[i + 1] = Entry(sources[i].FileDescriptor);
        }
    }

    /// <summary>True when something can be read or <see cref="Wake"/> was called; false after the time.</summary>
    /// <exception cref="NetlinkException">poll(2) failed.</exception>
    public bool Wait(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            double leftMs = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
            int ready = Libc.PollRead(_descriptors, (int)Math.Clamp(Math.Ceiling(leftMs), 0, int.MaxValue));
            if (ready == -Errno.EINTR)
            {
                continue;
            }

            if (ready < 0)
            {
                throw new NetlinkException(NetlinkFailure.Socket, "waiting for events", null, -ready);
            }

            if (_descriptors[0].revents != 0)
            {
                _ = Libc.Clear(_wake);
            }

            return ready > 0;
        }
    }

    /// <summary>Ends the wait that runs now or the next one. Any thread; must not be called after Dispose.</summary>
    public void Wake() => _ = Libc.Signal(_wake);

    public void Dispose() => _wake.Dispose();

    private static pollfd Entry(int descriptor) => new() { fd = descriptor, events = LibC.POLLIN };
}
