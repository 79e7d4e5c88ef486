using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.X509;
using Suite = Org.BouncyCastle.Tls.CipherSuite;
using TlsCertificateChain = Org.BouncyCastle.Tls.Certificate;

namespace X0tta6bl4.Identity.Tls;

/// <summary>
/// What client and server do alike in one handshake: offer the same few algorithms, prove who we are, and decide about the
/// peer.
/// </summary>
internal sealed class Handshake(TlsSettings settings, LocalSvid? identity, SvidTlsCrypto crypto)
{
    /// <summary>TLS 1.3 and nothing else.</summary>
    public static readonly ProtocolVersion[] Versions = [ProtocolVersion.TLSv13];

    /// <summary>One more than the verifier takes, so that it is the verifier who refuses it, with its reason.</summary>
    public const int ChainLengthMax = SvidPolicy.ChainCertificatesMax + 1;

    /// <summary>
    /// ChaCha20 first: BouncyCastle has no AES instructions for ARM, and those of other processors are not in a binary that is
    /// compiled for all of them. Its AES reads tables then, slowly (<c>./build.sh bench tls</c>) and in a time that depends on the
    /// key.
    /// </summary>
    public static readonly int[] CipherSuites =
        [Suite.TLS_CHACHA20_POLY1305_SHA256, Suite.TLS_AES_128_GCM_SHA256, Suite.TLS_AES_256_GCM_SHA384];

    /// <summary>Bytes of <see cref="ChannelBinding"/>.</summary>
    public const int ChannelBindingBytes = 32;

    /// <summary>Key exchange, the preferred one first.</summary>
    public static readonly int[] Groups = [NamedGroup.x25519, NamedGroup.secp256r1];

    /// <summary>How the peer may sign the handshake.</summary>
    public static readonly IList<SignatureAndHashAlgorithm> Signatures =
    [
        Algorithm(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa), Algorithm(HashAlgorithm.sha384, SignatureAlgorithm.ecdsa),
        SignatureAndHashAlgorithm.ed25519, SignatureAndHashAlgorithm.rsa_pss_rsae_sha256,
    ];

    private IReadOnlyList<X509.Certificate>? _unasked;

    /// <summary>The peer, once it has been believed.</summary>
    public VerifiedSvid? Peer { get; private set; }

    /// <summary>We are a client that shows no certificate.</summary>
    public bool IsAnonymous => identity is null;

    /// <summary>We are a server that lets in clients without one.</summary>
    public bool AcceptsAnonymous => settings.AcceptsAnonymous;

    /// <summary>What only this connection's two ends know, for proofs that hold here alone.</summary>
    public byte[]? ChannelBinding { get; private set; }

    /// <summary>What it showed for that: DER certificates, its own first.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PeerChain { get; private set; } = [];

    /// <summary>When our own identity of this connection ends; never, for a client that shows none.</summary>
    public DateTimeOffset OwnNotAfter => identity?.NotAfter ?? DateTimeOffset.MaxValue;

    /// <summary>Why it was not.</summary>
    public SvidRefusal? Refusal { get; private set; }

    /// <summary>The application protocol agreed on; null when there is none.</summary>
    public string? Protocol { get; private set; }

    /// <summary>The cipher suite agreed on.</summary>
    public int CipherSuite { get; private set; }

    public SvidTlsCrypto Crypto => crypto;

    public int[] CipherSuitesOffered => settings.CipherSuites;

    public IList<ProtocolName>? Protocols => settings.Protocols.Count == 0
        ? null
        : [.. settings.Protocols.Select(ProtocolName.AsUtf8Encoding)];

    /// <summary>The peer is asked to show an OCSP response with its certificate.</summary>
    public bool WantsStaples => settings.Revocation?.WantsStaples is true;

    /// <summary>What is known of the peer's revocation; null where that is not looked at.</summary>
    public RevocationVerdict? Status { get; private set; }

    /// <summary>Signs the handshake with our key.</summary>
    /// <param name="context">Of the connection.</param>
    /// <param name="isStapleWanted">The peer wants to see an OCSP response.</param>
    public TlsCredentialedSigner Credentials(TlsContext context, bool isStapleWanted)
    {
        var shown = identity ?? throw new TlsFatalAlert(AlertDescription.internal_error, "there is no identity to show");
        var staple = isStapleWanted ? settings.Staple(shown.Chain[0]) : null;
        var entries = shown.Chain
            .Select((c, i) => new CertificateEntry(
                crypto.CreateCertificate(c),
                i == 0 && staple is { } response ? StatusRequest.Extensions(response.Span) : null))
            .ToArray();
        var algorithm = shown.KeyKind switch
        {
            KeyKind.P256 => Algorithm(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa),
            KeyKind.P384 => Algorithm(HashAlgorithm.sha384, SignatureAlgorithm.ecdsa),
            _ => SignatureAndHashAlgorithm.ed25519,
        };
        return new BcDefaultTlsCredentialedSigner(
            new TlsCryptoParameters(context), crypto, shown.Key, new TlsCertificateChain([], entries), algorithm);
    }

    /// <summary>
    /// Decides about the peer. BouncyCastle asks once, when the certificates have come, an empty list among them; the
    /// signature with their key it checks itself, afterwards.
    /// </summary>
    /// <exception cref="TlsFatalAlert">The peer is refused; the alert says why.</exception>
    public void Decide(TlsCertificateChain chain)
    {
        if (chain.IsEmpty && settings.AcceptsAnonymous)
        {
            return;
        }

        var shown = chain.GetCertificateList().Cast<RawCertificate>().ToList();
        var sent = shown.ConvertAll(c => c.Sent);
        var now = settings.Now();
        var verdict = settings.Verifier
            .Verify(sent, der => shown.Find(c => c.Sent.Equals(der))?.Read, settings.Bundles(), now)
            .Authorize(settings.Allowed);
        Refusal = verdict.Refusal;
        if (Refusal is null && settings.Revocation is { } revocation)
        {
            var path = verdict.Path!;
            var staples = chain.GetCertificateEntryList().Select(StatusRequest.Response).ToList();
            Status = revocation.Judge(path, revocation.Read(path, staples, now), now);
            if (Status.MayBeAsked)
            {
                // Not here, where BouncyCastle waits: before the first byte of the application, see AskAsync.
                _unasked = path;
            }
            else
            {
                Refusal = Status.Refusal;
            }
        }

        if (Refusal is { } refusal)
        {
            throw new TlsFatalAlert((short)refusal.Alert, refusal.Text);
        }

        Peer = verdict.Svid;
        shown[0].Believe(Peer!.Leaf.Key);
        PeerChain = sent;
        Shorten();
    }

    /// <summary>
    /// Asks the responders for what the peer did not show. After the handshake, and before anything of the application is handed
    /// out: by then the peer has proven who it is, and that it is let in.
    /// </summary>
    /// <returns>Why the peer is refused; null when it is not.</returns>
    public async Task<SvidRefusal?> AskAsync(CancellationToken cancellationToken)
    {
        if (_unasked is not { } path)
        {
            return null;
        }

        _unasked = null;
        Status = await settings.Revocation!.AskAsync(path, Status!.Shown, settings.Now, cancellationToken).ConfigureAwait(false);
        return Refusal = Status.Refusal;
    }

    /// <summary>What a peer has shown cannot be shown anew inside a connection: the proof ends with it.</summary>
    private void Shorten()
    {
        if (settings.Revocation?.Policy.Mode == RevocationMode.OcspStapled && Status!.Until < Peer!.NotAfter)
        {
            Peer = Peer with { NotAfter = Status.Until };
        }
    }

    /// <summary>Takes over what both have agreed on.</summary>
    /// <exception cref="TlsFatalAlert">
    /// The peer chose no application protocol, and one is required; or one that was not offered, which BouncyCastle's client
    /// would take.
    /// </exception>
    public void Complete(TlsContext context)
    {
        var agreed = context.SecurityParameters;
        if (agreed.ApplicationProtocol is { } chosen && !settings.Protocols.Contains(chosen.GetUtf8Decoding()))
        {
            throw new TlsFatalAlert(AlertDescription.illegal_parameter, "the peer chose an application protocol that was not offered");
        }

        if (settings.RequiresProtocol && agreed.ApplicationProtocol is null)
        {
            throw new TlsFatalAlert(AlertDescription.no_application_protocol, "the peer chose no application protocol");
        }

        ChannelBinding = settings.ChannelBindingLabel is { } label ? context.ExportKeyingMaterial(label, [], ChannelBindingBytes) : null;
        Protocol = agreed.ApplicationProtocol?.GetUtf8Decoding();
        CipherSuite = agreed.CipherSuite;
    }

    private static SignatureAndHashAlgorithm Algorithm(short hash, short signature) =>
        SignatureAndHashAlgorithm.GetInstance(hash, signature);
}
