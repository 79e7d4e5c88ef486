using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// What a handshake needs to know. The functions are asked once a handshake, so that the next one after a rotation uses the
/// new identity and the new bundles, and the ones under way keep what they began with.
/// </summary>
public sealed record TlsSettings
{
    /// <summary>Our own identity; null while there is none: the handshake then fails at once, unless <see cref="IsAnonymous"/>.</summary>
    public required Func<LocalSvid?> Identity { get; init; }

    /// <summary>
    /// As a client, show no certificate even when the server asks for one. For the first contact with an authority, who knows
    /// us by something else.
    /// </summary>
    public bool IsAnonymous { get; init; }

    /// <summary>
    /// As a server, let in clients that show no certificate: <see cref="MutualTlsStream.KnownPeer"/> is then null, and what
    /// they may do is for the caller to decide. One that is shown must be believed all the same. For an authority alone.
    /// </summary>
    public bool AcceptsAnonymous { get; init; }

    /// <summary>
    /// Label under which <see cref="MutualTlsStream.ChannelBinding"/> is derived (RFC 8446, section 7.5); null for none.
    /// </summary>
    public string? ChannelBindingLabel { get; init; }

    /// <summary>Whom we trust.</summary>
    public required Func<TrustBundleSet> Bundles { get; init; }

    /// <summary>Decides about the peer's certificates.</summary>
    public required SvidVerifier Verifier { get; init; }

    /// <summary>The time by which certificates are judged.</summary>
    public required Func<DateTimeOffset> Now { get; init; }

    /// <summary>Which IDs are let in; none is, unless named here.</summary>
    public required IReadOnlyList<SpiffeIdPattern> Allowed { get; init; }

    /// <summary>Whether the peer's certificates were revoked; null: it is not looked at.</summary>
    public RevocationCheck? Revocation { get; init; }

    /// <summary>The OCSP response to show with a certificate of ours, where the peer wants one; null when there is none.</summary>
    public Func<Certificate, ReadOnlyMemory<byte>?> Staple { get; init; } = _ => null;

    /// <summary>Application protocols (RFC 7301), the preferred one first; empty for none.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>A peer without a protocol of <see cref="Protocols"/> is refused, even one that does not know the extension.</summary>
    public bool RequiresProtocol { get; init; }

    /// <summary>Cipher suites, the preferred one first. Fewer only to measure one.</summary>
    internal int[] CipherSuites { get; init; } = Tls.Handshake.CipherSuites;

    /// <summary>Longest handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes a peer may send before the handshake is complete.</summary>
    public int HandshakeBytesMax { get; init; } = 64 * 1024;
}
