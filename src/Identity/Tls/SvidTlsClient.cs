using Org.BouncyCastle.Tls;

namespace X0tta6bl4.Identity.Tls;

/// <summary>The client's side of a mutual TLS 1.3 handshake.</summary>
internal sealed class SvidTlsClient(Handshake handshake, ClientEngine engine) : AbstractTlsClient(handshake.Crypto), TlsAuthentication
{
    private bool _wasAsked;

    public override int GetMaxCertificateChainLength() => Handshake.ChainLengthMax;

    public override bool RequiresCloseNotify() => true;

    // The verifier decides about the signatures of certificates.
    public override bool ShouldCheckSigAlgOfPeerCerts() => false;

    public override TlsAuthentication GetAuthentication() => this;

    public override IList<int> GetEarlyKeyShareGroups() => [Handshake.Groups[0]];

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate) =>
        handshake.Decide(serverCertificate.Certificate);

    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest)
    {
        _wasAsked = true;
        return handshake.IsAnonymous ? null : handshake.Credentials(m_context, engine.IsStapleWanted);
    }

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        if (!_wasAsked && !handshake.IsAnonymous)
        {
            throw new TlsFatalAlert(AlertDescription.handshake_failure, "the server did not ask who we are");
        }

        handshake.Complete(m_context);
    }

    protected override ProtocolVersion[] GetSupportedVersions() => Handshake.Versions;

    protected override int[] GetSupportedCipherSuites() => handshake.CipherSuitesOffered;

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => Handshake.Groups;

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() => Handshake.Signatures;

    protected override IList<ProtocolName>? GetProtocolNames() => handshake.Protocols;

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => handshake.WantsStaples
        ? new CertificateStatusRequest(CertificateStatusType.ocsp, new OcspStatusRequest(null, null))
        : null;
}
