using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// A key that may sign certificates, and the certificate that says so. It decides what every certificate of ours looks like;
/// whether somebody gets one is decided elsewhere. Immutable.
/// </summary>
public sealed class IssuingKey
{
    /// <summary>A certificate begins so long before it was issued: clocks differ.</summary>
    public static readonly TimeSpan Backdate = TimeSpan.FromSeconds(10);

    /// <summary>Longest life of a root, in days: ten years and their leap days.</summary>
    public const int RootDaysMax = 3653;

    private IssuingKey(TrustDomain domain, SigningKey key, IReadOnlyList<Certificate> chain)
    {
        TrustDomain = domain;
        Key = key;
        Chain = chain;
    }

    /// <summary>Whose members it certifies.</summary>
    public TrustDomain TrustDomain { get; }

    /// <summary>Its own certificate first, each signed by the next. A root stands alone.</summary>
    public IReadOnlyList<Certificate> Chain { get; }

    /// <summary>Its own certificate.</summary>
    public Certificate Certificate => Chain[0];

    /// <summary>True when nobody above it signed it.</summary>
    public bool IsRoot => Issuer.IsSelfIssued(Certificate);

    /// <summary>Nothing it signs is valid for longer.</summary>
    public DateTimeOffset NotAfter => Chain.Min(c => c.NotAfter);

    internal SigningKey Key { get; }

    /// <inheritdoc/>
    public override string ToString() => $"authority of {TrustDomain} until {NotAfter:u}";

    /// <summary>Makes a root. It may have authorities below it, and those none.</summary>
    /// <param name="domain">The trust domain.</param>
    /// <param name="kind">P-256, which every peer understands, or Ed25519, which is cheaper for the router.</param>
    /// <param name="lifetime">At most <see cref="RootDaysMax"/> days.</param>
    /// <param name="now">The time.</param>
    public static IssuingKey CreateRoot(TrustDomain domain, KeyKind kind, TimeSpan lifetime, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, TimeSpan.FromDays(RootDaysMax));
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromDays(1));
        var key = SigningKey.Generate(kind);
        var subject = AuthorityName("authority", domain, key.PublicInfo);
        var content = new CertificateContent(
            Seconds(now) - Backdate, Seconds(now) + lifetime, subject, key.PublicInfo,
            AuthorityExtensions(domain, key.PublicInfo, pathLength: 1));
        return new IssuingKey(domain, key, [Certificate.Read(CertificateWriter.Write(content, subject, key))]);
    }

    /// <summary>Takes over a key and its certificates, from the sealed store or from whoever signed it.</summary>
    /// <exception cref="CertificateFormatException">They do not belong together, or are no authority of the trust domain.</exception>
    internal static IssuingKey Create(TrustDomain domain, SigningKey key, IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        // One less than a peer takes, for the leaf stands before them.
        if (chain.Count is 0 or >= SvidPolicy.ChainCertificatesMax)
        {
            throw new CertificateFormatException(
                $"an authority's chain has 1 to {SvidPolicy.ChainCertificatesMax - 1} certificates, found {chain.Count}");
        }

        var certificates = chain.Select(Certificate.Read).ToList();
        var own = certificates[0];
        if (!own.IsAuthority || !own.MaySignCertificates)
        {
            throw new CertificateFormatException($"{own.Label}: it is no authority's certificate (X-9, X-13)");
        }

        if (SpiffeId.Parse(own.Uris.SingleOrDefault() ?? "", out var id) is not null || id.TrustDomain != domain || id.Path.Length > 0)
        {
            throw new CertificateFormatException($"{own.Label}: it is no authority of the trust domain {domain} (X-7)");
        }

        return CryptographicOperations.FixedTimeEquals(Sha256.Hash(own.KeyInfo.GetDerEncoded()), key.PublicHash)
            ? new IssuingKey(domain, key, certificates)
            : throw new CertificateFormatException("the private key does not belong to the authority's certificate");
    }

    /// <summary>
    /// An X509-SVID: one URI, critical; no authority; signs handshakes as client and as server.
    /// </summary>
    /// <param name="id">Whose; of this trust domain, with a path.</param>
    /// <param name="key">Its public key, read and checked before.</param>
    /// <param name="lifetime">From now on. Ends earlier when the authority does.</param>
    /// <param name="now">The time.</param>
    /// <param name="isIsland">Marks it as issued by an authority inside the mesh.</param>
    /// <returns>The certificate, and those a peer needs between it and the root.</returns>
    /// <exception cref="IdentityAuthorityException">The authority's own certificate does not hold now.</exception>
    internal IReadOnlyList<Certificate> IssueSvid(SpiffeId id, PublicKey key, TimeSpan lifetime, DateTimeOffset now, bool isIsland)
    {
        if (id.TrustDomain != TrustDomain || id.Path.Length == 0)
        {
            throw new ArgumentException($"{id} is no member of the trust domain {TrustDomain}", nameof(id));
        }

        var info = SigningKey.InfoOf(key.Parameters);
        List<CertificateExtension> extensions =
        [
            new(X509Extensions.BasicConstraints, IsCritical: true, new BasicConstraints(cA: false).GetDerEncoded()),
            new(X509Extensions.KeyUsage, IsCritical: true, new KeyUsage(KeyUsage.DigitalSignature).GetDerEncoded()),
            new(X509Extensions.ExtendedKeyUsage, IsCritical: false,
                new DerSequence(KeyPurposeID.id_kp_serverAuth, KeyPurposeID.id_kp_clientAuth).GetDerEncoded()),
            Uri(id.ToString(), isCritical: true),
            SubjectKeyId(info),
            AuthorityKeyId(),
        ];
        if (isIsland)
        {
            extensions.Add(new CertificateExtension(IslandMark.Oid, IsCritical: false, IslandMark.Content));
        }

        var leaf = Write(new CertificateContent(
            Seconds(now) - Backdate, EndOf(lifetime, now), CertificateWriter.NoName, info, extensions));
        return [leaf, .. IsRoot ? [] : Chain.Where(c => !Issuer.IsSelfIssued(c))];
    }

    /// <summary>
    /// An authority below this one, which may sign leaves and no further authority (pathLen 0). It can sign for every ID of the
    /// trust domain: a name constraint on URIs covers the host alone, never the path (RFC 5280, section 4.2.1.10).
    /// </summary>
    /// <param name="key">Its public key.</param>
    /// <param name="lifetime">From now on. Ends earlier when this authority does.</param>
    /// <param name="now">The time.</param>
    /// <returns>Its certificate, and those between it and the root.</returns>
    /// <exception cref="IdentityAuthorityException">The authority's own certificate does not hold now.</exception>
    internal IReadOnlyList<Certificate> IssueAuthority(PublicKey key, TimeSpan lifetime, DateTimeOffset now)
    {
        var info = SigningKey.InfoOf(key.Parameters);
        var content = new CertificateContent(
            Seconds(now) - Backdate, EndOf(lifetime, now), AuthorityName("island authority", TrustDomain, info), info,
            [.. AuthorityExtensions(TrustDomain, info, pathLength: 0), AuthorityKeyId()]);
        return [Write(content), .. IsRoot ? [] : Chain.Where(c => !Issuer.IsSelfIssued(c))];
    }

    private Certificate Write(CertificateContent content) =>
        Certificate.Read(CertificateWriter.Write(content, Certificate.Subject, Key));

    private DateTimeOffset EndOf(TimeSpan lifetime, DateTimeOffset now)
    {
        var start = Chain.Max(c => c.NotBefore);
        if (now < start || now >= NotAfter)
        {
            throw new IdentityAuthorityException(
                $"the authority's certificate is valid from {start:u} to {NotAfter:u}, it is {now:u} here: nothing is issued");
        }

        var end = Seconds(now) + lifetime;
        return end < NotAfter ? end : NotAfter;
    }

    private static CertificateExtension[] AuthorityExtensions(TrustDomain domain, SubjectPublicKeyInfo key, int pathLength) =>
    [
        new(X509Extensions.BasicConstraints, IsCritical: true, new BasicConstraints(pathLength).GetDerEncoded()),
        new(X509Extensions.KeyUsage, IsCritical: true, new KeyUsage(KeyUsage.KeyCertSign | KeyUsage.CrlSign).GetDerEncoded()),
        Uri($"{SpiffeId.Scheme}{domain}", isCritical: false),
        SubjectKeyId(key),
    ];

    private static CertificateExtension Uri(string uri, bool isCritical) => new(
        X509Extensions.SubjectAlternativeName, isCritical,
        new DerSequence(new GeneralName(GeneralName.UniformResourceIdentifier, new DerIA5String(uri))).GetDerEncoded());

    private static CertificateExtension SubjectKeyId(SubjectPublicKeyInfo key) => new(
        X509Extensions.SubjectKeyIdentifier, IsCritical: false, new DerOctetString(CertificateWriter.KeyId(key)).GetDerEncoded());

    /// <summary>AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] IMPLICIT OCTET STRING }.</summary>
    private CertificateExtension AuthorityKeyId() => new(
        X509Extensions.AuthorityKeyIdentifier, IsCritical: false,
        new DerSequence(new DerTaggedObject(isExplicit: false, 0, new DerOctetString(
            Certificate.KeyId ?? CertificateWriter.KeyId(Key.PublicInfo)))).GetDerEncoded());

    private static DerSequence AuthorityName(string what, TrustDomain domain, SubjectPublicKeyInfo key)
    {
        // X.520 allows 64 characters of a common name, and openssl's strict mode minds.
        var name = $"{domain} {what}";
        return CertificateWriter.Name(name.Length <= 64 ? name : what, Convert.ToHexStringLower(CertificateWriter.KeyId(key)));
    }

    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}

/// <summary>The authority cannot issue anything: its certificate has ended or not begun, its ledger cannot be written.</summary>
public sealed class IdentityAuthorityException(string message, Exception? inner = null) : Exception(message, inner);
