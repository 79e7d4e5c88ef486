namespace X0tta6bl4.Identity.Authority;

/// <summary>What happened at an authority since it started. Read at any time, from any thread.</summary>
public sealed class EnrolmentCounters
{
    private readonly long[] _refused = new long[Enum.GetValues<EnrolmentRefusal>().Length];

    private long _enrolled;
    private long _renewed;
    private long _returned;
    private long _islands;
    private long _greeted;
    private long _handshakesFailed;
    private long _broken;
    private long _turnedAway;

    /// <summary>Certificates for a token.</summary>
    public long Enrolled => Volatile.Read(ref _enrolled);

    /// <summary>Certificates for who showed one.</summary>
    public long Renewed => Volatile.Read(ref _renewed);

    /// <summary>Certificates for nodes that came back with the key they kept.</summary>
    public long Returned => Volatile.Read(ref _returned);

    /// <summary>Answers to island authorities.</summary>
    public long Islands => Volatile.Read(ref _islands);

    /// <summary>Greetings: of nodes that an island authority would renew; at the site authority, of islands that look whether it is there.</summary>
    public long Greeted => Volatile.Read(ref _greeted);

    /// <summary>TLS handshakes that came to nothing.</summary>
    public long HandshakesFailed => Volatile.Read(ref _handshakesFailed);

    /// <summary>Connections that ended, or took too long, between the handshake and the answer.</summary>
    public long Broken => Volatile.Read(ref _broken);

    /// <summary>Connections closed at once: too many at a time, or too many from there.</summary>
    public long TurnedAway => Volatile.Read(ref _turnedAway);

    /// <summary>Refusals, by reason.</summary>
    public long Refused(EnrolmentRefusal reason) => Volatile.Read(ref _refused[(int)reason]);

    internal void Answered(EnrolmentRequest request, EnrolmentRefusal? refusal)
    {
        if (refusal is { } reason)
        {
            Interlocked.Increment(ref _refused[(int)reason]);
            return;
        }

        switch (request)
        {
            case EnrolmentRequest.Enrol:
                Interlocked.Increment(ref _enrolled);
                break;
            case EnrolmentRequest.Renew:
                Interlocked.Increment(ref _renewed);
                break;
            case EnrolmentRequest.Return:
                Interlocked.Increment(ref _returned);
                break;
            case EnrolmentRequest.Island:
                Interlocked.Increment(ref _islands);
                break;
            case EnrolmentRequest.Greet:
                Interlocked.Increment(ref _greeted);
                break;
        }
    }

    internal void RefusedUnread(EnrolmentRefusal reason) => Interlocked.Increment(ref _refused[(int)reason]);

    internal void HandshakeFailed() => Interlocked.Increment(ref _handshakesFailed);

    internal void Broke() => Interlocked.Increment(ref _broken);

    internal void TurnAway() => Interlocked.Increment(ref _turnedAway);
}
