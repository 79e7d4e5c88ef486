namespace X0tta6bl4.Identity.Grpc;

/// <summary>Status codes of gRPC (grpc/grpc, doc/statuscodes.md).</summary>
public enum GrpcCode
{
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// <summary>A call that did not end with OK: what the server said, or what stood between it and us.</summary>
public sealed class GrpcException : IOException
{
    internal GrpcException(GrpcCode code, string message, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
    }

    /// <summary>The status; <see cref="GrpcCode.Unavailable"/> when the server was not reached.</summary>
    public GrpcCode Code { get; }

    /// <summary>
    /// True when the server itself ended the call with the code; false when it was decided here, because of the transport or
    /// the form of what came.
    /// </summary>
    public bool IsFromServer { get; init; }

    /// <summary>The <c>google.rpc.Status</c> message of <c>grpc-status-details-bin</c>; empty when there is none.</summary>
    internal ReadOnlyMemory<byte> Details { get; init; }
}
