using System.Buffers;
using System.Threading.Tasks.Sources;

namespace X0tta6bl4.Benchmarks.Tls;

/// <summary>What one side has paid.</summary>
/// <param name="Cpu">CPU time, µs.</param>
/// <param name="Allocated">Bytes of the managed heap.</param>
internal readonly record struct Cost(double Cpu, long Allocated)
{
    public static Cost operator +(Cost one, Cost other) => new(one.Cpu + other.Cpu, one.Allocated + other.Allocated);

    public static Cost operator -(Cost one, Cost other) => new(one.Cpu - other.Cpu, one.Allocated - other.Allocated);
}

/// <summary>
/// A connection in memory whose two ends take turns on one thread: a side runs until it waits for bytes, then the other, so
/// that what each costs can be told apart, and no kernel, scheduler or second processor is measured along.
/// </summary>
internal sealed class MemoryTransport
{
    private readonly Queue<(End Side, Action Work)> _ready = new();

    public MemoryTransport()
    {
        Client = new End(this);
        Server = new End(this);
        Client.Other = Server;
        Server.Other = Client;
    }

    public End Client { get; }

    public End Server { get; }

    /// <summary>Does something as a side, and lets the other answer, until both wait or are done.</summary>
    public void Run(End side, Action work)
    {
        _ready.Enqueue((side, work));
        while (_ready.TryDequeue(out var next))
        {
            var before = Now();
            next.Work();
            next.Side.Cost += Now() - before;
        }
    }

    private static Cost Now() => new(ThreadCpu.ThreadMicroseconds(), GC.GetAllocatedBytesForCurrentThread());

    /// <summary>One end. Written bytes are there for the other at once.</summary>
    internal sealed class End(MemoryTransport transport) : Stream, IValueTaskSource<int>
    {
        // Large enough from the start: what the kernel would hold is not to be counted.
        private readonly ArrayBufferWriter<byte> _arrived = new(32 * 1024);
        private int _taken;
        private Memory<byte> _into;
        private Action? _continue;
        private bool _isClosed;

        /// <summary>What this side has paid so far.</summary>
        public Cost Cost { get; set; }

        public End Other { get; set; } = null!;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        private int Waiting => _arrived.WrittenCount - _taken;

        private bool IsReadable => Waiting > 0 || Other._isClosed;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _into = buffer;
            return IsReadable ? new(Take()) : new(this, 0);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Other._arrived.Write(buffer.Span);
            Other.Wake();
            return ValueTask.CompletedTask;
        }

        int IValueTaskSource<int>.GetResult(short token) => Take();

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) =>
            IsReadable ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

        void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _continue = () => continuation(state);

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _isClosed = true;
            Other.Wake();
            base.Dispose(disposing);
        }

        private int Take()
        {
            var count = Math.Min(Waiting, _into.Length);
            _arrived.WrittenMemory.Slice(_taken, count).CopyTo(_into);
            _taken += count;
            if (Waiting == 0)
            {
                _arrived.ResetWrittenCount();
                _taken = 0;
            }

            return count;
        }

        private void Wake()
        {
            if (_continue is { } work)
            {
                _continue = null;
                transport._ready.Enqueue((this, work));
            }
        }
    }
}
