using System.Buffers;
using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// A mutual TLS 1.3 connection as a stream: BouncyCastle's engine, which does no I/O, between the application and any
/// transport. One reader and one writer at a time, both may run together.
/// </summary>
/// <remarks>
/// A peer that ends the connection says so with close_notify: reading then gives 0 bytes. A transport that ends without it
/// was cut, by an attacker perhaps, and reading throws, then and ever after (RFC 8446, section 6.1). What is written is
/// encrypted and sent record by record, so that neither side buffers more than one. A write that is given up half way ends
/// the connection, for nothing that followed could be understood. The reader never waits for the writer.
/// </remarks>
public sealed partial class MutualTlsStream : Stream
{
    /// <summary>Most plaintext of a record (RFC 8446, section 5.1).</summary>
    private const int RecordBytesMax = 16 * 1024;

    /// <summary>Bytes received at a time until a read fills it: a handshake, and most messages of a mesh, are shorter.</summary>
    private const int ReceivedBytesFirst = 2 * 1024;

    /// <summary>How long saying goodbye, or why not, may hold up the end of a connection.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private readonly Stream _transport;
    private readonly TlsProtocol _engine;
    private readonly Handshake _handshake;
    private readonly TimeProvider _time;
    private readonly Lock _engineLock = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private byte[] _received = new byte[ReceivedBytesFirst];
    private byte[] _toSend = [];
    private IOException? _failure;
    private string? _ended;
    private bool _isDisposed;

    private MutualTlsStream(Stream transport, TlsProtocol engine, Handshake handshake, TimeProvider time)
    {
        _transport = transport;
        _engine = engine;
        _handshake = handshake;
        _time = time;
    }

    /// <summary>Who is at the other end.</summary>
    /// <exception cref="InvalidOperationException">
    /// A client that showed no certificate, with <see cref="TlsSettings.AcceptsAnonymous"/>.
    /// </exception>
    public VerifiedSvid Peer => KnownPeer ?? throw new InvalidOperationException("the client has not said who it is");

    /// <summary>Who is at the other end; null for a client that showed no certificate to a server that accepts it.</summary>
    public VerifiedSvid? KnownPeer => _handshake.Peer;

    /// <summary>
    /// 32 bytes that only the two ends of this connection know, and no other connection has; null when
    /// <see cref="TlsSettings.ChannelBindingLabel"/> asks for none.
    /// </summary>
    public ReadOnlyMemory<byte>? ChannelBinding => _handshake.ChannelBinding is { } binding ? (ReadOnlyMemory<byte>)binding : null;

    /// <summary>What the peer has shown: DER certificates, its own first. For judging it again when what we trust changes.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PeerChain => _handshake.PeerChain;

    /// <summary>
    /// When the proof of one side is over, the peer's or ours: an orderly application has connected anew by then. TLS 1.3 has no
    /// way to prove anew inside a connection that both would use.
    /// </summary>
    public DateTimeOffset ProvenUntil => Peer.NotAfter < _handshake.OwnNotAfter ? Peer.NotAfter : _handshake.OwnNotAfter;

    /// <summary>What is known of the peer's revocation; null where that is not looked at.</summary>
    internal RevocationVerdict? PeerStatus => _handshake.Status;

    /// <summary>Told once, when the connection is closed on this side.</summary>
    internal Action? Closed { get; set; }

    /// <summary>The application protocol both chose; null when there is none.</summary>
    public string? Protocol => _handshake.Protocol;

    /// <summary>The cipher suite, as its number in the IANA registry.</summary>
    public int CipherSuite => _handshake.CipherSuite;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The transport ended without a goodbye, or the peer broke the protocol.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            lock (_engineLock)
            {
                ThrowIfEndedLocked();
                var available = Math.Min(_engine.GetAvailableInputBytes(), buffer.Length);
                if (available > 0)
                {
                    return Take(buffer.Span[..available]);
                }

                if (_failure is { } failure)
                {
                    throw new IOException(failure.Message, failure);
                }

                if (_engine.IsClosed)
                {
                    return 0;
                }
            }

            int count;
            try
            {
                count = await _transport.ReadAsync(_received, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (_ended is { } why && exception is IOException or ObjectDisposedException)
            {
                throw new IOException(why, exception);
            }

            try
            {
                Offer(count);
            }
            catch (IOException exception)
            {
                // The peer hears why (the alert), and nothing more.
                _failure = exception;
                await SayLastAsync().ConfigureAwait(false);
                _transport.Dispose();
                throw;
            }

            if (_engine.IsClosed)
            {
                await SayLastAsync().ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The connection is closed or was cut.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Before anything is encrypted: what is, must go out, or nothing ever again.
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var rest = buffer; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, RecordBytesMax)..])
            {
                Encrypt(rest.Span[..Math.Min(rest.Length, RecordBytesMax)]);
                await SendLockedAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _transport.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not offered: it would block a thread for a peer's pleasure.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    /// <summary>Not offered: it would block a thread for a peer's pleasure.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write asynchronously");

    /// <summary>Writes are sent as they come.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Says goodbye, for at most a second, and closes the transport.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            lock (_engineLock)
            {
                _engine.Close();
            }

            await SayLastAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the connection because the peer is not believed any more. Reading and writing throw from now on, and nothing that has
    /// arrived already is handed out.
    /// </summary>
    /// <param name="why">For whoever reads or writes.</param>
    internal async Task EndAsync(string why)
    {
        lock (_engineLock)
        {
            if (_ended is not null || _isDisposed)
            {
                return;
            }

            _ended = why;
            _engine.Close();
        }

        await SayLastAsync().ConfigureAwait(false);
        _transport.Dispose();
    }

    /// <summary>Closes the transport at once, without a goodbye.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            // Not the semaphore: who waits for it would wait for ever, and it holds nothing.
            _isDisposed = true;
            _transport.Dispose();
            Closed?.Invoke();
        }

        base.Dispose(disposing);
    }

    private void ThrowIfEndedLocked()
    {
        if (_ended is { } why)
        {
            throw new IOException(why);
        }
    }

    private int Take(Span<byte> into)
    {
        var plain = ArrayPool<byte>.Shared.Rent(into.Length);
        try
        {
            var count = _engine.ReadInput(plain, 0, into.Length);
            plain.AsSpan(0, count).CopyTo(into);
            return count;
        }
        finally
        {
            // What was decrypted must not turn up in somebody else's buffer.
            ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        }
    }

    /// <summary>Gives what was received to the engine; 0 bytes are the transport's end.</summary>
    private void Offer(int count)
    {
        try
        {
            lock (_engineLock)
            {
                if (count == 0)
                {
                    _engine.CloseInput();
                }
                else
                {
                    _engine.OfferInput(_received, 0, count);
                    if (count == _received.Length && count < RecordBytesMax)
                    {
                        _received = new byte[RecordBytesMax];
                    }
                }
            }
        }
        catch (EndOfStreamException exception)
        {
            // TlsNoCloseNotifyException between two records, the bare one in the middle of one.
            throw new IOException("the connection was cut: it ended without the peer's goodbye (close_notify)", exception);
        }
    }

    private void Encrypt(ReadOnlySpan<byte> plain)
    {
        lock (_engineLock)
        {
            ThrowIfEndedLocked();
            try
            {
                _engine.WriteApplicationData(plain);
            }
            catch (InvalidOperationException exception)
            {
                throw new IOException("the TLS connection is closed", exception);
            }
        }
    }

    /// <summary>Sends what the engine has to say, in its order.</summary>
    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await SendLockedAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task SendLockedAsync(CancellationToken cancellationToken)
    {
        int count;
        lock (_engineLock)
        {
            count = _engine.GetAvailableOutputBytes();
            if (count == 0)
            {
                return;
            }

            if (_toSend.Length < count)
            {
                _toSend = new byte[count];
            }

            _engine.ReadOutput(_toSend, 0, count);
        }

        try
        {
            await _transport.WriteAsync(_toSend.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // Half a record may have gone out: nothing that follows it could be understood.
            _transport.Dispose();
            throw;
        }
    }

    /// <summary>Sends the engine's last words; a peer that does not listen is not waited for.</summary>
    private async Task SayLastAsync()
    {
        using var patience = new CancellationTokenSource(FarewellTime, _time);
        try
        {
            await SendAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection ends either way; who reads at the other end sees it cut.
        }
    }
}
