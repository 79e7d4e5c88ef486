using System.Net.Sockets;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Links;

/// <summary>
/// Carries frames from one card to another: one loop receives and offers them to the <see cref="FrameSchedule"/>, one
/// loop delivers what is due. Only the second sends, so the order of the schedule is the order on the air.
/// </summary>
internal sealed class LinkDirection : IAsyncDisposable
{
    /// <summary>Larger than any frame a card of the rack sends.</summary>
    private const int FrameBytesMax = 65536;

    /// <summary>
    /// Pause when the receiver's socket is full: the kernel queues ten datagrams, an emulated router is slow.
    /// </summary>
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(1);

    private readonly Socket _socket;
    private readonly UnixDomainSocketEndPoint _receiver;
    private readonly FrameSchedule _schedule;
    private readonly Action<byte[]> _captured;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _offered = new(0);
    private readonly Task _running;

    /// <param name="airSocket">The sender's card sends here.</param>
    /// <param name="cardSocket">The receiver's card listens here.</param>
    /// <param name="seed">Seed of this direction's faults.</param>
    /// <param name="captured">Sees every frame delivered.</param>
    public LinkDirection(string airSocket, string cardSocket, int seed, Action<byte[]> captured)
    {
        _receiver = new UnixDomainSocketEndPoint(cardSocket);
        _schedule = new FrameSchedule(seed);
        _captured = captured;
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        _socket.Bind(new UnixDomainSocketEndPoint(airSocket));
        _running = Task.WhenAll(ReceiveAsync(), DeliverAsync());
    }

    private enum SendResult
    {
        Sent,
        Busy,
        Gone,
    }

    public LinkProfile Profile
    {
        get
        {
            lock (_lock)
            {
                return _schedule.Profile;
            }
        }

        set
        {
            lock (_lock)
            {
                _schedule.Profile = value;
            }
        }
    }

    public LinkCounters Counters
    {
        get
        {
            lock (_lock)
            {
                return _schedule.Counters;
            }
        }
    }

    /// <summary>Puts a frame in, past all faults.</summary>
    public void Inject(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            _schedule.Inject(frame, RackClock.Now);
        }

        Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _stop.Dispose();
        _offered.Dispose();
        if (_running.Exception is { } failure)
        {
            throw new RackException("the relay of a radio link failed", failure.GetBaseException());
        }
    }

    private void Wake()
    {
        if (_offered.CurrentCount == 0)
        {
            _offered.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[FrameBytesMax];
        while (true)
        {
            var length = await _socket.ReceiveAsync(buffer, _stop.Token);
            lock (_lock)
            {
                _schedule.Offer(buffer.AsSpan(0, length), RackClock.Now);
            }

            Wake();
        }
    }

    private async Task DeliverAsync()
    {
        while (true)
        {
            TimeSpan? due;
            lock (_lock)
            {
                due = _schedule.NextDue;
            }

            // Woken by a new frame, whose time may come first, or by the time of the one waiting.
            var pause = due is { } at ? at - RackClock.Now : Timeout.InfiniteTimeSpan;
            if (due is null || pause > TimeSpan.Zero)
            {
                await _offered.WaitAsync(pause, _stop.Token);
                continue;
            }

            byte[] frame;
            lock (_lock)
            {
                if (!_schedule.TryTake(RackClock.Now, out frame))
                {
                    continue;
                }
            }

            SendResult result;
            while ((result = Send(frame)) == SendResult.Busy)
            {
                await Task.Delay(BusyPause, _stop.Token);
            }

            if (result == SendResult.Gone)
            {
                lock (_lock)
                {
                    _schedule.Refused();
                }
            }
            else
            {
                _captured(frame);
            }
        }
    }

    private SendResult Send(byte[] frame)
    {
        try
        {
            _socket.SendTo(frame, _receiver);
            return SendResult.Sent;
        }
        catch (SocketException exception)
        {
            // Anything else than a full queue: the machine is off or just starting. On the air such a frame is gone.
            return exception.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable
                ? SendResult.Busy
                : SendResult.Gone;
        }
    }
}
