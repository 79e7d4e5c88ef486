using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tls;

/// <summary>Why there is no connection. Metric label.</summary>
public enum TlsFailure
{
    /// <summary>We did not believe the peer, or do not let it in: see <see cref="TlsHandshakeException.Refusal"/>.</summary>
    PeerRefused,

    /// <summary>The peer ended the handshake with an alert: it may not believe us.</summary>
    RefusedByPeer,

    /// <summary>The two have no protocol version, cipher or application protocol in common.</summary>
    NothingInCommon,

    /// <summary>The peer sent what is no TLS, or broke its rules.</summary>
    Protocol,

    /// <summary>The connection ended in the middle.</summary>
    Truncated,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The peer sent more than a handshake has.</summary>
    TooLarge,

    /// <summary>We have no valid identity to show.</summary>
    NoIdentity,

    /// <summary>Too many others are under way, or connected.</summary>
    TooMany,
}

/// <summary>A handshake that failed, before any byte of the application passed.</summary>
public sealed class TlsHandshakeException : IOException
{
    internal TlsHandshakeException(TlsFailure failure, string message, SvidRefusal? refusal = null, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
        Refusal = refusal;
    }

    /// <summary>The kind of failure.</summary>
    public TlsFailure Failure { get; }

    /// <summary>Why the peer was refused; null for the other failures.</summary>
    public SvidRefusal? Refusal { get; }
}
