using System.Collections.Frozen;

namespace X0tta6bl4.Identity.X509;

/// <summary>Why a peer's certificates are not believed. Metric label and part of every refusal's text.</summary>
public enum SvidRefusalReason
{
    /// <summary>No certificate at all.</summary>
    NoCertificate,

    /// <summary>More certificates, or more bytes, than are looked at.</summary>
    TooLarge,

    /// <summary>Bytes that are no certificate.</summary>
    Malformed,

    /// <summary>No URI among the alternative names, or more than one.</summary>
    NotOneUri,

    /// <summary>The URI is no SPIFFE ID.</summary>
    BadSpiffeId,

    /// <summary>The ID names a trust domain, not a workload.</summary>
    NoPath,

    /// <summary>The alternative names must be critical where the subject is empty.</summary>
    NamesNotCritical,

    /// <summary>The peer's own certificate is an authority's.</summary>
    LeafIsAuthority,

    /// <summary>The key usage is absent, not critical, or not a leaf's.</summary>
    LeafKeyUsage,

    /// <summary>An extended key usage without both server and client authentication.</summary>
    ExtendedKeyUsage,

    /// <summary>A critical extension nobody here understands.</summary>
    UnknownCriticalExtension,

    /// <summary>A key too weak, too large, or of a kind that is not accepted.</summary>
    WeakKey,

    /// <summary>A signature algorithm that is not accepted.</summary>
    SignatureAlgorithm,

    /// <summary>A signature that does not verify.</summary>
    BadSignature,

    /// <summary>Before its time.</summary>
    NotYetValid,

    /// <summary>After its time.</summary>
    Expired,

    /// <summary>Valid for longer than the policy allows.</summary>
    LifetimeTooLong,

    /// <summary>There is no bundle for the ID's trust domain.</summary>
    UnknownTrustDomain,

    /// <summary>The chain does not lead to an authority of the trust domain.</summary>
    UnknownAuthority,

    /// <summary>A certificate that signs others and may not.</summary>
    IssuerIsNoAuthority,

    /// <summary>More authorities below one another than one of them allows.</summary>
    PathTooLong,

    /// <summary>A name the authority may not sign for.</summary>
    NameConstraint,

    /// <summary>An authority whose own ID is not the leaf's trust domain.</summary>
    IssuerId,

    /// <summary>Revoked by its issuer or by the site.</summary>
    Revoked,

    /// <summary>Revocation is looked at here, and nobody whose word counts says that it is not revoked.</summary>
    StatusUnknown,

    /// <summary>A real identity that is not let in here.</summary>
    NotAuthorized,
}

/// <summary>TLS alerts we end a handshake with (RFC 8446, section 6).</summary>
public enum TlsAlert : byte
{
    /// <summary>bad_certificate: it is wrong in itself.</summary>
    BadCertificate = 42,

    /// <summary>unsupported_certificate: of a kind that is not accepted.</summary>
    UnsupportedCertificate = 43,

    /// <summary>certificate_revoked.</summary>
    CertificateRevoked = 44,

    /// <summary>certificate_expired, or not yet valid.</summary>
    CertificateExpired = 45,

    /// <summary>certificate_unknown: whether it was revoked is not known.</summary>
    CertificateUnknown = 46,

    /// <summary>unknown_ca: no path to an authority we trust.</summary>
    UnknownCa = 48,

    /// <summary>access_denied: valid, and not let in.</summary>
    AccessDenied = 49,

    /// <summary>certificate_required: the peer sent none.</summary>
    CertificateRequired = 116,
}

/// <summary>A refusal: the reason for machines, the requirement for readers, the text for people.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Requirement">Number in the list of docs/identity-rules.md.</param>
/// <param name="Text">What exactly, with the figures.</param>
public sealed record SvidRefusal(SvidRefusalReason Reason, string Requirement, string Text)
{
    private static readonly FrozenDictionary<SvidRefusalReason, (string Requirement, TlsAlert Alert)> Table =
        new Dictionary<SvidRefusalReason, (string, TlsAlert)>
        {
            [SvidRefusalReason.NoCertificate] = ("U-8", TlsAlert.CertificateRequired),
            [SvidRefusalReason.TooLarge] = ("U-3", TlsAlert.BadCertificate),
            [SvidRefusalReason.Malformed] = ("X-17", TlsAlert.BadCertificate),
            [SvidRefusalReason.NotOneUri] = ("X-2", TlsAlert.BadCertificate),
            [SvidRefusalReason.BadSpiffeId] = ("X-20", TlsAlert.BadCertificate),
            [SvidRefusalReason.NoPath] = ("X-21", TlsAlert.BadCertificate),
            [SvidRefusalReason.NamesNotCritical] = ("X-5", TlsAlert.BadCertificate),
            [SvidRefusalReason.LeafIsAuthority] = ("X-18", TlsAlert.BadCertificate),
            [SvidRefusalReason.LeafKeyUsage] = ("X-19", TlsAlert.BadCertificate),
            [SvidRefusalReason.ExtendedKeyUsage] = ("X-16", TlsAlert.BadCertificate),
            [SvidRefusalReason.UnknownCriticalExtension] = ("X-17", TlsAlert.UnsupportedCertificate),
            [SvidRefusalReason.WeakKey] = ("U-9", TlsAlert.UnsupportedCertificate),
            [SvidRefusalReason.SignatureAlgorithm] = ("U-9", TlsAlert.UnsupportedCertificate),
            [SvidRefusalReason.BadSignature] = ("X-17", TlsAlert.BadCertificate),
            [SvidRefusalReason.NotYetValid] = ("X-17", TlsAlert.CertificateExpired),
            [SvidRefusalReason.Expired] = ("X-17", TlsAlert.CertificateExpired),
            [SvidRefusalReason.LifetimeTooLong] = ("U-1", TlsAlert.BadCertificate),
            [SvidRefusalReason.UnknownTrustDomain] = ("B-1", TlsAlert.UnknownCa),
            [SvidRefusalReason.UnknownAuthority] = ("X-17", TlsAlert.UnknownCa),
            [SvidRefusalReason.IssuerIsNoAuthority] = ("X-9", TlsAlert.BadCertificate),
            [SvidRefusalReason.PathTooLong] = ("X-9", TlsAlert.BadCertificate),
            [SvidRefusalReason.NameConstraint] = ("X-10", TlsAlert.BadCertificate),
            [SvidRefusalReason.IssuerId] = ("X-7", TlsAlert.BadCertificate),
            [SvidRefusalReason.Revoked] = ("U-2", TlsAlert.CertificateRevoked),
            [SvidRefusalReason.StatusUnknown] = ("U-2", TlsAlert.CertificateUnknown),
            [SvidRefusalReason.NotAuthorized] = ("U-6", TlsAlert.AccessDenied),
        }.ToFrozenDictionary();

    /// <summary>The alert the handshake ends with.</summary>
    public TlsAlert Alert => Table[Reason].Alert;

    /// <inheritdoc/>
    public override string ToString() => $"{Text} ({Requirement})";

    /// <summary>A refusal with the requirement that goes with its reason, or a more exact one.</summary>
    internal static SvidRefusal Of(SvidRefusalReason reason, string text, string? requirement = null) =>
        new(reason, requirement ?? Table[reason].Requirement, text);
}
