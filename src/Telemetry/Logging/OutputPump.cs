namespace X0tta6bl4.Telemetry.Logging;

/// <summary>
/// Carries finished lines to standard output without ever making a logging thread wait. Standard output is a pipe to
/// procd or journald, or a serial console at 115,200 baud, and a write to it can block for as long as its reader
/// likes. So lines go into a fixed circle of bytes, and one thread of its own does the blocking writes: a pool thread
/// stuck in write(2) would starve the loops, and O_NONBLOCK would change the console for every process that shares it.
/// A full circle refuses the line (the newest is lost, the caller counts it). The thread sleeps while there is nothing
/// to write.
/// </summary>
internal sealed class OutputPump : IDisposable
{
    /// <summary>
    /// Most bytes given to one write: a pipe takes this much at once or not at all (PIPE_BUF, pipe(7)).
    /// </summary>
    internal const int WriteBytesMax = 4096;

    /// <summary>Longest wait for a blocked output at the end.</summary>
    internal static readonly TimeSpan CloseWaitMax = TimeSpan.FromSeconds(1);

    private const int StackBytes = 128 * 1024;

    private readonly Stream _output;
    private readonly byte[] _circle;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _work = new(initialState: false);
    private readonly ManualResetEventSlim _empty = new(initialState: true);
    private readonly Thread _thread;
    private int _head;
    private int _count;
    private long _failedLines;
    private bool _closing;

    internal OutputPump(Stream output, int bytesMax)
    {
        _output = output;
        _circle = new byte[bytesMax];
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>
    /// Lines that were taken in but could not be written: standard output is closed or its disk is full.
    /// </summary>
    internal long FailedLines => Interlocked.Read(ref _failedLines);

    /// <summary>Takes the line in, or returns false when there is no room. Never waits for the output.</summary>
    internal bool TryAppend(ReadOnlySpan<byte> line)
    {
        lock (_lock)
        {
            if (_closing || line.Length > _circle.Length - _count)
            {
                return false;
            }

            var tail = (_head + _count) % _circle.Length;
            var first = Math.Min(line.Length, _circle.Length - tail);
            line[..first].CopyTo(_circle.AsSpan(tail));
            line[first..].CopyTo(_circle);
            _count += line.Length;
            _empty.Reset();
        }

        _work.Set();
        return true;
    }

    /// <summary>
    /// Waits until everything taken in so far was written. False when the time ran out: the output is blocked.
    /// </summary>
    internal bool Flush(TimeSpan timeout) => _empty.Wait(timeout);

    /// <summary>
    /// Stops once everything was written, or after <see cref="CloseWaitMax"/>: a thread stuck in a blocked write is
    /// left to the end of the process, which it does not hold up.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closing = true;
        }

        _work.Set();
        if (_thread.Join(CloseWaitMax))
        {
            _work.Dispose();
            _empty.Dispose();
        }
    }

    private void Run()
    {
        while (TryTake(out var segment))
        {
            try
            {
                _output.Write(segment);
                _output.Flush();
            }
            catch (Exception error)
                when (error is IOException or ObjectDisposedException or UnauthorizedAccessException)
            {
                // EPIPE, EIO, ENOSPC: the reader is gone or the disk is full. Nobody can be told through the log;
                // the lines stay in memory (RecentLines) and x0tta6bl4_log_dropped_total counts them.
                Interlocked.Add(ref _failedLines, segment.Count((byte)'\n'));
            }

            Release(segment.Length);
        }
    }

    /// <summary>
    /// The next bytes in a row, left in place until <see cref="Release"/>. False when closing and empty.
    /// </summary>
    private bool TryTake(out ReadOnlySpan<byte> segment)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_count > 0)
                {
                    segment = _circle.AsSpan(_head, Math.Min(Math.Min(_count, _circle.Length - _head), WriteBytesMax));
                    return true;
                }

                if (_closing)
                {
                    segment = default;
                    return false;
                }
            }

            _work.WaitOne();
        }
    }

    private void Release(int length)
    {
        lock (_lock)
        {
            _head = (_head + length) % _circle.Length;
            _count -= length;
            if (_count == 0)
            {
                _empty.Set();
            }
        }
    }
}
