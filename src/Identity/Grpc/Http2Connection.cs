using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>A part of the answer: the headers, some of the body, or the trailers.</summary>
/// <param name="Headers">Headers or trailers; null when it is a part of the body.</param>
/// <param name="Data">Part of the body. Valid until the next part is read, and cleared then.</param>
/// <param name="IsLast">Nothing follows.</param>
internal readonly record struct Http2Part(
    IReadOnlyDictionary<string, string>? Headers, ReadOnlyMemory<byte> Data, bool IsLast);

/// <summary>
/// The client's side of HTTP/2 (RFC 9113) as gRPC needs it, and no more: requests one after the other on a connection, each on
/// a stream of its own, begun with prior knowledge on any transport.
/// </summary>
/// <remarks>
/// <para>Why not .NET's: it weighs 1.4 MB compressed, over a third of the agent, brings a TLS that aborts the process on a root without
/// libssl, and keeps in its buffers what it has received: private keys. docs/dependencies.md has the figures.</para>
/// <para>Nothing runs in the background. Frames are read while the caller waits for a part of the answer; PING and SETTINGS are
/// answered then, and a peer that stays silent is asked whether it lives. One frame is held at a time, so that nothing grows,
/// whatever the peer sends; its bytes are cleared after use. Not thread-safe: one caller, who sends and reads in turn. After
/// an exception the connection is of no use.</para>
/// </remarks>
internal sealed class Http2Connection(Stream transport, Http2Options options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Most bytes of a frame's payload; what every peer must keep to, unless told otherwise (section 4.2).</summary>
    public const int FrameBytesMax = 16 * 1024;

    /// <summary>Most bytes of headers or trailers, as they come.</summary>
    public const int HeaderBytesMax = 16 * 1024;

    /// <summary>Flow-control windows in the beginning (section 6.9.2).</summary>
    private const int WindowBytes = 65_535;

    private const int FrameHeadBytes = 9;
    private const int SettingBytes = 6;
    private const int SettingHeaderTableSize = 1;
    private const int SettingEnablePush = 2;
    private const int SettingInitialWindowSize = 4;
    private const int SettingMaxHeaderListSize = 6;
    private const int PingBytes = 8;
    private const int DebugCharsMax = 100;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private readonly byte[] _received = new byte[FrameHeadBytes + FrameBytesMax];
    private readonly byte[] _sent = new byte[FrameHeadBytes + FrameBytesMax];
    private int _stream = -1;
    private bool _isFirstFrame = true;
    private bool _wasToldToGo;
    private bool _isAnswered;
    private long _connectionWindow = WindowBytes;
    private long _streamWindow;
    private int _initialStreamWindow = WindowBytes;
    private int _consumed;
    private int _toClear;

    /// <summary>
    /// Says who we are: the preface, and settings that keep the peer's headers free of state. Waits for the peer's settings: a
    /// peer that does not believe our certificate says so only now, and what it says would be lost to a write that fails.
    /// </summary>
    /// <exception cref="IOException">The transport broke, or it is no HTTP/2 that answers.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        (int Id, int Value)[] settings =
        [
            (SettingHeaderTableSize, 0), (SettingEnablePush, 0), (SettingMaxHeaderListSize, HeaderBytesMax),
        ];
        var payload = new byte[settings.Length * SettingBytes];
        for (var i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(i * SettingBytes), (ushort)settings[i].Id);
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan((i * SettingBytes) + 2), settings[i].Value);
        }

        await transport.WriteAsync(
            (byte[])[.. Preface, .. Head(Http2FrameType.Settings, Http2Flags.None, 0, payload.Length), .. payload], cancellationToken);
        await ReadFrameAsync(cancellationToken);
    }

    /// <summary>Begins a request, when the one before has been answered to its end.</summary>
    /// <exception cref="IOException">The transport broke, or the peer takes no further request on this connection.</exception>
    public async Task BeginAsync(ReadOnlyMemory<byte> headers, CancellationToken cancellationToken)
    {
        if (headers.Length > FrameBytesMax)
        {
            throw new ArgumentException($"a request has headers of {headers.Length} bytes", nameof(headers));
        }

        if (_wasToldToGo)
        {
            throw new Http2Exception(Http2Error.RefusedStream, "the server takes no further calls on this connection");
        }

        _stream += 2;
        _isAnswered = false;
        _streamWindow = _initialStreamWindow;
        await WriteAsync(Http2FrameType.Headers, Http2Flags.EndHeaders, _stream, headers, cancellationToken);
    }

    /// <summary>
    /// Sends a part of the request. A peer that gives no room for it is waited for; one that has answered meanwhile wants no
    /// more of it.
    /// </summary>
    /// <exception cref="IOException">The transport broke, or the peer did not keep to the rules.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> data, bool isLast, CancellationToken cancellationToken)
    {
        do
        {
            while (!data.IsEmpty && Math.Min(_connectionWindow, _streamWindow) <= 0)
            {
                var frame = await ReadFrameAsync(cancellationToken);
                if (IsOfStream(frame))
                {
                    throw new Http2Exception(Http2Error.ProtocolError, "the server answers before it has taken the request");
                }
            }

            var count = (int)Math.Min(data.Length, Math.Min(FrameBytesMax, Math.Max(0, Math.Min(_connectionWindow, _streamWindow))));
            var isEnd = isLast && count == data.Length;
            await WriteAsync(Http2FrameType.Data, isEnd ? Http2Flags.EndStreamOrAck : Http2Flags.None, _stream, data[..count], cancellationToken);
            _connectionWindow -= count;
            _streamWindow -= count;
            data = data[count..];
        }
        while (!data.IsEmpty);
    }

    /// <summary>The next part of the answer.</summary>
    /// <exception cref="Http2Exception">The peer ended the stream with an error, or broke the rules.</exception>
    /// <exception cref="IOException">The transport broke.</exception>
    public async ValueTask<Http2Part> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var frame = await ReadFrameAsync(cancellationToken);
            if (!IsOfStream(frame))
            {
                continue;
            }

            switch (frame.Type)
            {
                case Http2FrameType.Headers:
                    var block = await ReadHeadersAsync(frame, cancellationToken);
                    _isAnswered = frame.Flags.HasFlag(Http2Flags.EndStreamOrAck);
                    return new Http2Part(HeaderBlock.Read(block), default, _isAnswered);
                case Http2FrameType.Data:
                    _isAnswered = frame.Flags.HasFlag(Http2Flags.EndStreamOrAck);
                    return new Http2Part(null, Unpadded(frame), _isAnswered);
                case Http2FrameType.ResetStream when frame.Payload.Length == 4:
                    var code = (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span);
                    throw new Http2Exception(code, $"the server broke off the call ({code})");
                default:
                    throw new Http2Exception(Http2Error.ProtocolError, $"the server sent a frame {frame.Type} where none may be");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        CryptographicOperations.ZeroMemory(_received);
        CryptographicOperations.ZeroMemory(_sent);
        await transport.DisposeAsync();
    }

    private static ReadOnlyMemory<byte> Unpadded(Http2Frame frame)
    {
        var payload = frame.Payload;
        if (frame.Flags.HasFlag(Http2Flags.Padded))
        {
            payload = payload.Length > 0 && payload.Span[0] < payload.Length
                ? payload[1..^payload.Span[0]]
                : throw new Http2Exception(Http2Error.ProtocolError, "the server sent a frame of more padding than bytes");
        }

        return payload;
    }

    /// <summary>Whether it belongs to the request under way. What is left of earlier ones is of no interest.</summary>
    private bool IsOfStream(Http2Frame frame) =>
        frame.Stream == _stream && !_isAnswered && frame.Type <= Http2FrameType.Continuation
            && frame.Type is not (Http2FrameType.WindowUpdate or Http2FrameType.Priority);

    private async ValueTask<byte[]> ReadHeadersAsync(Http2Frame frame, CancellationToken cancellationToken)
    {
        var first = Unpadded(frame);
        if (frame.Flags.HasFlag(Http2Flags.Priority))
        {
            first = first.Length >= 5
                ? first[5..]
                : throw new Http2Exception(Http2Error.FrameSizeError, "the server sent headers without their priority");
        }

        var block = first.ToArray();
        while (!frame.Flags.HasFlag(Http2Flags.EndHeaders))
        {
            frame = await ReadRawAsync(cancellationToken);
            if (frame.Type != Http2FrameType.Continuation || frame.Stream != _stream || frame.Payload.IsEmpty)
            {
                throw new Http2Exception(Http2Error.ProtocolError, "the server sent headers that do not go on");
            }

            if (block.Length + frame.Payload.Length > HeaderBytesMax)
            {
                throw new Http2Exception(Http2Error.EnhanceYourCalm, $"the server sent headers of over {HeaderBytesMax} bytes");
            }

            block = [.. block, .. frame.Payload.Span];
        }

        return block;
    }

    /// <summary>The next frame, after everything it means for the connection has been done.</summary>
    private async ValueTask<Http2Frame> ReadFrameAsync(CancellationToken cancellationToken)
    {
        await GiveRoomAsync(cancellationToken);
        var frame = await ReadRawAsync(cancellationToken);
        switch (frame.Type)
        {
            case Http2FrameType.Data:
                _consumed += frame.Payload.Length;
                break;
            case Http2FrameType.Settings when !frame.Flags.HasFlag(Http2Flags.EndStreamOrAck):
                Apply(frame);
                await WriteAsync(Http2FrameType.Settings, Http2Flags.EndStreamOrAck, 0, default, cancellationToken);
                break;
            case Http2FrameType.Ping when !frame.Flags.HasFlag(Http2Flags.EndStreamOrAck):
                Expect(frame.Payload.Length == PingBytes, "a PING of another size than 8 bytes");
                await WriteAsync(Http2FrameType.Ping, Http2Flags.EndStreamOrAck, 0, frame.Payload, cancellationToken);
                break;
            case Http2FrameType.WindowUpdate:
                Expect(frame.Payload.Length == 4, "a WINDOW_UPDATE of another size than 4 bytes");
                Widen(frame.Stream, BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span) & int.MaxValue);
                break;
            case Http2FrameType.GoAway:
                Leave(frame);
                break;
            case Http2FrameType.PushPromise:
                throw new Http2Exception(Http2Error.ProtocolError, "the server pushes, which was refused");
        }

        return frame;
    }

    /// <summary>Tells the peer that what it sent has been used up.</summary>
    private async ValueTask GiveRoomAsync(CancellationToken cancellationToken)
    {
        // Half a window: not a frame for each frame, and long before the peer has to stop.
        if (_consumed < WindowBytes / 2)
        {
            return;
        }

        var room = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(room, _consumed);
        _consumed = 0;
        await WriteAsync(Http2FrameType.WindowUpdate, Http2Flags.None, 0, room, cancellationToken);
        if (!_isAnswered)
        {
            await WriteAsync(Http2FrameType.WindowUpdate, Http2Flags.None, _stream, room, cancellationToken);
        }
    }

    private void Apply(Http2Frame frame)
    {
        Expect(frame.Payload.Length % SettingBytes == 0 && frame.Stream == 0, "SETTINGS that are none");
        for (var rest = frame.Payload.Span; !rest.IsEmpty; rest = rest[SettingBytes..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(rest) == SettingInitialWindowSize)
            {
                var size = BinaryPrimitives.ReadUInt32BigEndian(rest[2..]);
                Expect(size <= int.MaxValue, "a window of over 2 GiB");
                _streamWindow += (int)size - _initialStreamWindow;
                _initialStreamWindow = (int)size;
            }
        }
    }

    private void Widen(int stream, uint bytes)
    {
        if (stream == 0)
        {
            _connectionWindow += bytes;
        }
        else if (stream == _stream)
        {
            _streamWindow += bytes;
        }

        Expect(bytes > 0 && Math.Max(_connectionWindow, _streamWindow) <= int.MaxValue, "a window of nothing, or of over 2 GiB");
    }

    /// <summary>No more requests; the one under way goes on, unless the peer says that it has not taken it.</summary>
    private void Leave(Http2Frame frame)
    {
        Expect(frame.Payload.Length >= 8, "a GOAWAY that is none");
        _wasToldToGo = true;
        var last = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span) & int.MaxValue;
        var code = (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.Span[4..]);
        if (last < _stream)
        {
            var said = GrpcStatus.Clean(Encoding.Latin1.GetString(frame.Payload.Span[8..Math.Min(frame.Payload.Length, 8 + DebugCharsMax)]));
            throw new Http2Exception(
                code == Http2Error.NoError ? Http2Error.RefusedStream : code, $"the server ends the connection ({code}{(said.Length > 0 ? ": " : "")}{said})");
        }
    }

    private async ValueTask<Http2Frame> ReadRawAsync(CancellationToken cancellationToken)
    {
        CryptographicOperations.ZeroMemory(_received.AsSpan(0, _toClear));
        if (!await FillAsync(0, FrameHeadBytes, cancellationToken))
        {
            throw new Http2Exception(Http2Error.NoError, "the server closed the connection");
        }

        var length = (_received[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(1));
        var type = (Http2FrameType)_received[3];
        if (_isFirstFrame && type != Http2FrameType.Settings)
        {
            throw new Http2Exception(Http2Error.ProtocolError, "the server does not speak HTTP/2: it begins with something else");
        }

        Expect(length <= FrameBytesMax, $"a frame of {length} bytes");
        _isFirstFrame = false;
        var flags = (Http2Flags)_received[4];
        var stream = (int)(BinaryPrimitives.ReadUInt32BigEndian(_received.AsSpan(5)) & int.MaxValue);
        _toClear = FrameHeadBytes + length;
        return length == 0 || await FillAsync(FrameHeadBytes, length, cancellationToken)
            ? new Http2Frame(type, flags, stream, _received.AsMemory(FrameHeadBytes, length))
            : throw new Http2Exception(Http2Error.NoError, "the server closed the connection inside a frame");
    }

    /// <summary>Reads so many bytes; false at the end of the transport. A silent peer is asked whether it lives.</summary>
    private async ValueTask<bool> FillAsync(int offset, int count, CancellationToken cancellationToken)
    {
        var reading = transport.ReadAtLeastAsync(_received.AsMemory(offset, count), count, throwOnEndOfStream: false, cancellationToken).AsTask();
        if (!reading.IsCompleted)
        {
            try
            {
                await reading.WaitAsync(options.KeepAliveAfter, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                await WriteAsync(Http2FrameType.Ping, Http2Flags.None, 0, new byte[PingBytes], cancellationToken);
                await WaitForLifeAsync(reading, cancellationToken);
            }
        }

        return await reading == count;
    }

    private async Task WaitForLifeAsync(Task<int> reading, CancellationToken cancellationToken)
    {
        try
        {
            await reading.WaitAsync(options.KeepAliveTimeout, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new Http2Exception(
                Http2Error.NoError, $"the server has not answered a PING for {options.KeepAliveTimeout.TotalSeconds:0.#} s", exception);
        }
    }

    private async Task WriteAsync(
        Http2FrameType type, Http2Flags flags, int stream, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        Head(type, flags, stream, payload.Length).CopyTo(_sent, 0);
        payload.CopyTo(_sent.AsMemory(FrameHeadBytes));
        await transport.WriteAsync(_sent.AsMemory(0, FrameHeadBytes + payload.Length), cancellationToken);
    }

    private static byte[] Head(Http2FrameType type, Http2Flags flags, int stream, int length)
    {
        var head = new byte[FrameHeadBytes];
        head[0] = (byte)(length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(1), (ushort)length);
        head[3] = (byte)type;
        head[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        return head;
    }

    private static void Expect(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            throw new Http2Exception(Http2Error.ProtocolError, $"the server sent {otherwise}");
        }
    }
}
