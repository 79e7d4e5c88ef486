using Org.BouncyCastle.Tls;

namespace X0tta6bl4.Identity.Tls;

/// <summary>The server's side of a mutual TLS 1.3 handshake.</summary>
internal sealed class SvidTlsServer(Handshake handshake) : AbstractTlsServer(handshake.Crypto)
{
    public override int GetMaxCertificateChainLength() => Handshake.ChainLengthMax;

    public override bool RequiresCloseNotify() => true;

    public override bool ShouldCheckSigAlgOfPeerCerts() => false;

    public override int[] GetSupportedGroups() => Handshake.Groups;

    public override TlsCredentials GetCredentials() => handshake.Credentials(m_context, m_certificateStatusRequest is not null);

    public override CertificateRequest GetCertificateRequest() =>
        new([], Handshake.Signatures, supportedSignatureAlgorithmsCert: null, certificateAuthorities: null);

    /// <summary>Called with an empty list too when the client has none: returning lets it in unknown.</summary>
    public override void NotifyClientCertificate(Certificate clientCertificate) => handshake.Decide(clientCertificate);

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        if (handshake.Peer is null && !handshake.AcceptsAnonymous)
        {
            throw new TlsFatalAlert(AlertDescription.certificate_required, "the client has not said who it is");
        }

        handshake.Complete(m_context);
    }

    protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

    protected override int[] GetSupportedCipherSuites() => handshake.CipherSuitesOffered;

    protected override bool PreferLocalCipherSuites() => true;

    protected override IList<ProtocolName>? GetProtocolNames() => handshake.Protocols;
}
