namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// A transport somebody meddles with: what is written through it is counted, and changed or cut at one byte.
/// </summary>
/// <param name="inner">The real transport.</param>
/// <param name="at">Which byte, counted from the first one written.</param>
/// <param name="change">What becomes of it; null cuts the connection before it.</param>
internal sealed class MeddlingStream(Stream inner, long at, Func<byte, byte>? change) : Stream
{
    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var bytes = buffer.ToArray();
        var offset = at - Written;
        Written += bytes.Length;
        if (offset < 0 || offset >= bytes.Length)
        {
            await inner.WriteAsync(bytes, cancellationToken);
            return;
        }

        if (change is null)
        {
            await inner.WriteAsync(bytes.AsMemory(0, (int)offset), cancellationToken);
            await inner.DisposeAsync();
            return;
        }

        bytes[offset] = change(bytes[offset]);
        await inner.WriteAsync(bytes, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
