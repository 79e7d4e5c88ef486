namespace X0tta6bl4.Identity.Grpc;

/// <summary>Kinds of frame (RFC 9113, section 6).</summary>
internal enum Http2FrameType
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Flags of frames; which has a meaning depends on the kind.</summary>
[Flags]
internal enum Http2Flags
{
    None = 0,

    /// <summary>DATA and HEADERS: END_STREAM. SETTINGS and PING: ACK.</summary>
    EndStreamOrAck = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}

/// <summary>Error codes (RFC 9113, section 7).</summary>
internal enum Http2Error : uint
{
    NoError = 0,
    ProtocolError = 1,
    InternalError = 2,
    FlowControlError = 3,
    SettingsTimeout = 4,
    StreamClosed = 5,
    FrameSizeError = 6,
    RefusedStream = 7,
    Cancel = 8,
    CompressionError = 9,
    ConnectError = 10,
    EnhanceYourCalm = 11,
    InadequateSecurity = 12,
    Http11Required = 13,
}

/// <summary>A frame as it was received.</summary>
/// <param name="Type">Its kind; a number without a name for kinds that do not exist yet, which are ignored.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Stream">The stream it is of; 0 for the connection.</param>
/// <param name="Payload">Valid until the next frame is read.</param>
internal readonly record struct Http2Frame(Http2FrameType Type, Http2Flags Flags, int Stream, ReadOnlyMemory<byte> Payload);

/// <summary>The connection broke, or the peer broke the rules of HTTP/2, or ended the stream with an error.</summary>
internal sealed class Http2Exception(Http2Error code, string message, Exception? inner = null) : IOException(message, inner)
{
    public Http2Error Code { get; } = code;
}
