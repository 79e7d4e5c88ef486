using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>
/// One call: requests go out in order, answers come in one at a time, and the server's status ends it: null when that is OK, an
/// exception when it is not. The caller sends and reads in turn.
/// </summary>
internal sealed class GrpcCall : IDisposable
{
    /// <summary>A message's prefix: 0, or 1 for compressed, and its length, big-endian.</summary>
    public const int PrefixBytes = 5;

    private const string ContentType = "application/grpc";

    private readonly Http2Connection _http;
    private readonly GrpcSettings _settings;
    private readonly string _method;
    private readonly TimeSpan? _deadline;
    private readonly CancellationToken _outer;
    private readonly CancellationTokenSource? _patience;
    private readonly CancellationTokenSource _either;
    private readonly byte[] _prefix = new byte[PrefixBytes];
    private int _prefixLength;
    private byte[]? _message;
    private int _messageLength;
    private ReadOnlyMemory<byte> _data;
    private bool _hasBegun;
    private bool _hasHeaders;
    private bool _isOver;

    internal GrpcCall(
        Http2Connection http, GrpcSettings settings, string method, TimeSpan? deadline, CancellationToken cancellationToken)
    {
        _http = http;
        _settings = settings;
        _method = method;
        _deadline = deadline;
        _outer = cancellationToken;
        _patience = deadline is { } longest ? new CancellationTokenSource(longest, settings.Time) : null;
        _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _patience?.Token ?? default);
    }

    /// <summary>Sends a message.</summary>
    /// <exception cref="GrpcException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The caller gave it up.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> message, bool isLast)
    {
        // Waiting for room may read frames, over what is left of the last one.
        _data = _data.ToArray();
        var framed = new byte[PrefixBytes + message.Length];
        try
        {
            BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
            message.CopyTo(framed.AsMemory(PrefixBytes));
            if (!_hasBegun)
            {
                await _http.BeginAsync(HeaderBlock.Request(_settings.IsSecure, _settings.Authority, $"/{_method}", Fields()), _either.Token);
                _hasBegun = true;
            }

            await _http.SendAsync(framed, isLast, _either.Token);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            throw Explain(exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(framed);
        }
    }

    /// <summary>The next message; null when the server has ended the call with OK.</summary>
    /// <exception cref="GrpcException">The server ended it with another status, or it broke.</exception>
    /// <exception cref="OperationCanceledException">The caller gave it up.</exception>
    public async ValueTask<byte[]?> ReadAsync()
    {
        try
        {
            while (true)
            {
                if (TakeMessage() is { } message)
                {
                    return message;
                }

                if (_isOver)
                {
                    return null;
                }

                Take(await _http.ReadAsync(_either.Token));
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            _isOver = true;
            throw Explain(exception);
        }
    }

    /// <summary>An answer that is not what the method promises.</summary>
    public GrpcException Broken(string what) => new(GrpcCode.Internal, $"{_settings.Endpoint}: {_method} {what}");

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_message);
        _either.Dispose();
        _patience?.Dispose();
    }

    private IEnumerable<KeyValuePair<string, string>> Fields()
    {
        yield return new("content-type", ContentType);
        yield return new("te", "trailers");
        yield return new("user-agent", "x0tta6bl4");
        if (_deadline is { } deadline)
        {
            // At most eight digits: in milliseconds, a day.
            var milliseconds = Math.Clamp((long)deadline.TotalMilliseconds, 1, 99_999_999);
            yield return new("grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m"));
        }

        foreach (var field in _settings.Metadata)
        {
            yield return field;
        }
    }

    private void Take(Http2Part part)
    {
        if (part.Headers is not { } headers)
        {
            _data = _hasHeaders ? part.Data : throw Broken("gave an answer without headers");
            // A body that ends the stream leaves no place for the status.
            if (part.IsLast)
            {
                throw Broken("ended without a grpc-status");
            }

            return;
        }

        if (!_hasHeaders && headers.GetValueOrDefault(":status") is { Length: 3 } status)
        {
            if (status[0] == '1')
            {
                return;
            }

            var type = headers.GetValueOrDefault("content-type") ?? "none";
            if (status != "200" || !type.StartsWith(ContentType, StringComparison.Ordinal))
            {
                throw GrpcStatus.OfHttp(status, type, $"{_settings.Endpoint}: {_method}");
            }

            _hasHeaders = true;
        }

        if (!_hasHeaders)
        {
            throw Broken("gave an answer without an HTTP status");
        }

        if (part.IsLast)
        {
            End(GrpcStatus.Read(headers) ?? throw Broken("ended without a grpc-status"));
        }
    }

    private void End(GrpcStatus status)
    {
        _isOver = true;
        if (status.Code != GrpcCode.Ok)
        {
            throw status.ToException($"{_settings.Endpoint}: {_method}");
        }

        if (_prefixLength > 0)
        {
            throw Broken("ended inside a message");
        }
    }

    /// <summary>A whole message out of the parts so far; null when more must be read.</summary>
    private byte[]? TakeMessage()
    {
        if (_message is null)
        {
            Move(_prefix, ref _prefixLength);
            if (_prefixLength < PrefixBytes)
            {
                return null;
            }

            if (_prefix[0] != 0)
            {
                // We never say that we could read any compression (grpc-accept-encoding).
                throw Broken("gave a message that is marked as compressed, which was not asked for");
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
            if (length > _settings.MessageBytesMax)
            {
                throw new GrpcException(
                    GrpcCode.ResourceExhausted,
                    $"{_settings.Endpoint}: {_method} gave a message of {length} bytes, at most {_settings.MessageBytesMax} are taken");
            }

            _message = new byte[length];
            _messageLength = 0;
        }

        Move(_message, ref _messageLength);
        if (_messageLength < _message.Length)
        {
            return null;
        }

        var message = _message;
        _message = null;
        _prefixLength = 0;
        return message;
    }

    private void Move(byte[] into, ref int length)
    {
        var count = Math.Min(into.Length - length, _data.Length);
        _data[..count].CopyTo(into.AsMemory(length));
        _data = _data[count..];
        length += count;
    }

    private Exception Explain(Exception exception)
    {
        if (exception is GrpcException)
        {
            return exception;
        }

        if (exception is OperationCanceledException)
        {
            return _outer.IsCancellationRequested
                ? new OperationCanceledException("the call was given up", exception, _outer)
                : new GrpcException(
                    GrpcCode.DeadlineExceeded, $"{_settings.Endpoint}: {_method} took over {_deadline!.Value.TotalSeconds:0.#} s", exception);
        }

        // doc/PROTOCOL-HTTP2.md, "Errors"; a transport that breaks is Unavailable.
        var code = (exception as Http2Exception)?.Code switch
        {
            null or Http2Error.NoError or Http2Error.RefusedStream => GrpcCode.Unavailable,
            Http2Error.Cancel => GrpcCode.Cancelled,
            Http2Error.EnhanceYourCalm => GrpcCode.ResourceExhausted,
            _ => GrpcCode.Internal,
        };
        return new GrpcException(code, $"{_settings.Endpoint}: {_method}: {exception.Message}", exception);
    }
}
