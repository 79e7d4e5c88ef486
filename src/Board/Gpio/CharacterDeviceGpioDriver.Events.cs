using System.Device.Gpio;
using X0tta6bl4.Board.Linux;

namespace X0tta6bl4.Board.Gpio;

/// <content>
/// Edges: the kernel queues them on the line's descriptor; one thread waits for all lines in poll(2) and calls the
/// handlers. An eventfd wakes it when the set of lines changes or the driver ends, so that nothing polls on time.
/// <para>A descriptor of a closed line is closed by that thread and nobody else: closed elsewhere, its number could be
/// given to another file while poll still waits on it.</para>
/// </content>
public sealed unsafe partial class CharacterDeviceGpioDriver
{
    /// <summary>Edges read with one call.</summary>
    private const int EventsPerRead = 16;

    /// <summary>How long Dispose waits for a handler that is running.</summary>
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(2);

    private readonly List<int> _retired = [];
    private Thread? _eventThread;
    private int _wakeFd = -1;

    /// <summary>Exceptions handlers have thrown; they are counted, since nobody is there to catch them.</summary>
    public long HandlerFailures => Interlocked.Read(ref _handlerFailures);

    private long _handlerFailures;

    /// <summary>Lines whose edges somebody waits for.</summary>
    internal int LinesListened
    {
        get
        {
            lock (_lock)
            {
                return _lines.Values.Count(l => l.Callbacks.Count > 0);
            }
        }
    }

    /// <inheritdoc/>
    protected override void AddCallbackForPinValueChangedEvent(
        int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback)
    {
        lock (_lock)
        {
            var line = Opened(pinNumber);
            line.Callbacks.Add((eventTypes, callback));
            try
            {
                Apply(pinNumber, line);
            }
            catch (LinuxException)
            {
                // A line without an interrupt: leave the driver as it was before the call.
                line.Callbacks.RemoveAt(line.Callbacks.Count - 1);
                throw;
            }

            StartThread();
            Wake();
        }
    }

    /// <inheritdoc/>
    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback)
    {
        lock (_lock)
        {
            var line = Opened(pinNumber);
            if (line.Callbacks.RemoveAll(c => c.Handler == callback) > 0)
            {
                Apply(pinNumber, line);
                Wake();
            }
        }
    }

    /// <inheritdoc/>
    protected override WaitForEventResult WaitForEvent(
        int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken)
    {
        using var seen = new ManualResetEventSlim();
        var type = PinEventTypes.None;
        PinChangeEventHandler handler = (_, args) =>
        {
            type = args.ChangeType;
            seen.Set();
        };
        AddCallbackForPinValueChangedEvent(pinNumber, eventTypes, handler);
        try
        {
            seen.Wait(cancellationToken);
            return new WaitForEventResult { EventTypes = type, TimedOut = false };
        }
        catch (OperationCanceledException)
        {
            return new WaitForEventResult { EventTypes = PinEventTypes.None, TimedOut = true };
        }
        finally
        {
            RemoveCallbackForPinValueChangedEvent(pinNumber, handler);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Thread? thread;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            thread = _eventThread;
            foreach (var line in _lines.Values)
            {
                Retire(line);
            }

            _lines.Clear();
            Wake();
        }

        // From a handler of ours the thread cannot be waited for: it ends after the handler does.
        if (thread is not null && thread != Thread.CurrentThread)
        {
            thread.Join(StopWait);
        }

        CloseChip();
        base.Dispose(disposing);
    }

    private void Retire(Line line)
    {
        line.Callbacks.Clear();
        if (_eventThread is null)
        {
            _ = Libc.Close(line.Fd);
        }
        else
        {
            _retired.Add(line.Fd);
            Wake();
        }
    }

    private void StartThread()
    {
        if (_eventThread is not null)
        {
            return;
        }

        _wakeFd = Libc.EventFd(0, Libc.O_CLOEXEC);
        if (_wakeFd < 0)
        {
            throw new LinuxException("eventfd", _path, Errno.Last);
        }

        _eventThread = new Thread(ReadEvents) { IsBackground = true, Name = $"gpio {Name}" };
        _eventThread.Start();
    }

    private void Wake()
    {
        if (_wakeFd >= 0)
        {
            var one = 1UL;
            _ = Libc.Write(_wakeFd, &one, sizeof(ulong));
        }
    }

    private void ReadEvents()
    {
        var fds = new List<(int Fd, int Pin)>();
        while (true)
        {
            bool end;
            lock (_lock)
            {
                _retired.ForEach(fd => _ = Libc.Close(fd));
                _retired.Clear();
                end = _isDisposed;
                if (end)
                {
                    _ = Libc.Close(_wakeFd);
                    _wakeFd = -1;
                }

                fds.Clear();
                fds.AddRange(_lines.Where(l => l.Value.Callbacks.Count > 0).Select(l => (l.Value.Fd, l.Key)));
            }

            if (end)
            {
                return;
            }

            WaitOnce(fds);
        }
    }

    private void WaitOnce(List<(int Fd, int Pin)> fds)
    {
        var polled = stackalloc Libc.PollFd[fds.Count + 1];
        polled[0] = new Libc.PollFd { Fd = _wakeFd, Events = Libc.POLLIN };
        for (var i = 0; i < fds.Count; i++)
        {
            polled[i + 1] = new Libc.PollFd { Fd = fds[i].Fd, Events = Libc.POLLIN };
        }

        if (Libc.Poll(polled, (nuint)fds.Count + 1, -1) <= 0)
        {
            return; // EINTR; anything else repeats and is seen as CPU time, but has no known cause
        }

        if (polled[0].Revents != 0)
        {
            ulong count;
            _ = Libc.Read(_wakeFd, &count, sizeof(ulong));
        }

        for (var i = 0; i < fds.Count; i++)
        {
            if ((polled[i + 1].Revents & Libc.POLLIN) != 0)
            {
                ReadLine(fds[i].Fd, fds[i].Pin);
            }
            else if (polled[i + 1].Revents != 0)
            {
                Unplug(fds[i].Pin);
            }
        }
    }

    // POLLERR or POLLHUP without data: the chip is gone (unbound, unplugged). Waiting on would spin.
    private void Unplug(int pin)
    {
        lock (_lock)
        {
            if (_lines.TryGetValue(pin, out var line))
            {
                line.Callbacks.Clear();
            }
        }
    }

    private void ReadLine(int fd, int pin)
    {
        var events = stackalloc GpioV2LineEvent[EventsPerRead];
        var bytes = Libc.Read(fd, events, (nuint)(EventsPerRead * sizeof(GpioV2LineEvent)));
        for (var i = 0; i < bytes / sizeof(GpioV2LineEvent); i++)
        {
            var type = events[i].Id == GpioUapi.GPIO_V2_LINE_EVENT_RISING_EDGE ? PinEventTypes.Rising : PinEventTypes.Falling;
            // A tick is 100 ns; the kernel's clock fits a TimeSpan for 29,000 years.
            Raise(pin, new GpioEdgeEventArgs(type, pin, TimeSpan.FromTicks((long)(events[i].TimestampNs / 100))));
        }
    }

    private void Raise(int pin, GpioEdgeEventArgs args)
    {
        PinChangeEventHandler[] handlers;
        lock (_lock)
        {
            handlers = !_lines.TryGetValue(pin, out var line) ? [] :
                [.. line.Callbacks.Where(c => c.Edges.HasFlag(args.ChangeType)).Select(c => c.Handler)];
        }

        foreach (var handler in handlers)
        {
            try
            {
                handler(this, args);
            }
            catch (Exception)
            {
                // The top of this thread: one bad handler must not end the edges of all the others.
                Interlocked.Increment(ref _handlerFailures);
            }
        }
    }
}
