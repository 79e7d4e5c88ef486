using System.Text;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// One certificate, read once: what the verifier asks, and the bytes its signature is over. Reading it believes nothing of
/// it. RFC 5280, section 4.
/// </summary>
public sealed class Certificate
{
    /// <summary>Most names in the subject alternative name, and most name constraints of either kind.</summary>
    public const int NamesMax = 64;

    private const int LabelCharsMax = 200;

    /// <summary>Most bytes of a serial number (RFC 5280, section 4.1.2.2).</summary>
    private const int SerialBytesMax = 20;

    // keyUsage is a bit string whose first bit is the highest of the first byte (RFC 5280, section 4.2.1.3).
    private const int DigitalSignatureBit = 0;
    private const int KeyCertSignBit = 5;
    private const int CrlSignBit = 6;

    private static readonly DerObjectIdentifier[] Understood =
    [
        X509Extensions.BasicConstraints, X509Extensions.KeyUsage, X509Extensions.ExtendedKeyUsage,
        X509Extensions.SubjectAlternativeName, X509Extensions.NameConstraints,
    ];

    private static readonly DerObjectIdentifier[] Parsed =
        [.. Understood, X509Extensions.AuthorityKeyIdentifier, X509Extensions.SubjectKeyIdentifier];

    private readonly X509Extensions? _extensions;
    private readonly DerBitString? _keyUsage;
    private readonly Lazy<PublicKey> _key;

    private Certificate(ReadOnlyMemory<byte> der)
    {
        Der = der;
        Tbs = DerShape.FirstChild(der);
        var parsed = X509CertificateStructure.GetInstance(Asn1Object.FromByteArray(der.ToArray()));
        Structure = parsed;
        var tbs = parsed.TbsCertificate;
        Version = tbs.Version;
        Serial = tbs.SerialNumber.Value.ToByteArray();
        Issuer = tbs.Issuer;
        Subject = tbs.Subject;
        IssuerDer = Issuer.GetDerEncoded();
        SubjectDer = Subject.GetDerEncoded();
        CheckTimes(Tbs.Span);
        NotBefore = Utc(tbs.StartDate);
        NotAfter = Utc(tbs.EndDate);
        SignatureAlgorithm = parsed.SignatureAlgorithm;
        HasOneSignatureAlgorithm = parsed.SignatureAlgorithm.Equals(tbs.Signature);
        Signature = parsed.GetSignatureOctets();
        KeyInfo = tbs.SubjectPublicKeyInfo;
        _key = new Lazy<PublicKey>(() => PublicKey.Read(KeyInfo));

        var extensions = tbs.Extensions;
        if (extensions is null)
        {
            return;
        }

        _extensions = extensions;
        CheckShapes(extensions);
        UnknownCritical = extensions.GetCriticalExtensionOids().Except(Understood).FirstOrDefault() is { } oid ? Clean(oid.Id) : null;
        IssuerKeyId = AuthorityKeyIdentifier.FromExtensions(extensions)?.KeyIdentifier?.GetOctets();
        KeyId = SubjectKeyIdentifier.FromExtensions(extensions)?.GetKeyIdentifier();
        _keyUsage = extensions.GetExtensionParsedValue(X509Extensions.KeyUsage) is { } usage ? DerBitString.GetInstance(usage) : null;
        KeyUsageIsCritical = IsCritical(extensions, X509Extensions.KeyUsage);
        AlternativeNames = Names(extensions);
        AlternativeNamesAreCritical = IsCritical(extensions, X509Extensions.SubjectAlternativeName);
        ExtendedKeyUsages = ExtendedKeyUsage.FromExtensions(extensions)?.GetAllUsagesArray();
        NameConstraints = extensions.GetExtensionParsedValue(X509Extensions.NameConstraints) is { } constraints
            ? X509.NameConstraints.Read(constraints)
            : null;
        IsIslandIssued = extensions.GetExtension(IslandMark.Oid) is not null;
        if (BasicConstraints.FromExtensions(extensions) is { } basic)
        {
            IsAuthority = basic.IsCA();
            // Far more certificates than a chain may have: a limit that never binds is none.
            PathLength = basic.PathLenConstraintInteger is not { } length ? null
                : length.Value.SignValue < 0 ? throw new CertificateFormatException("its pathLenConstraint is negative")
                : length.Value.BitLength > 31 ? int.MaxValue
                : length.IntValueExact;
        }
    }

    /// <summary>The whole certificate.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>1 to 3.</summary>
    public int Version { get; }

    /// <summary>Serial number, hexadecimal.</summary>
    public string SerialNumber => Convert.ToHexStringLower(Serial);

    /// <summary>First moment it is valid.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Last moment it is valid.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>basicConstraints says cA.</summary>
    public bool IsAuthority { get; }

    /// <summary>Most authorities between this one and a leaf, or null.</summary>
    public int? PathLength { get; }

    /// <summary>Its issuer says that it is an authority inside the mesh, standing in for the real one.</summary>
    public bool IsIslandIssued { get; }

    /// <summary>URIs among the alternative names, of any scheme.</summary>
    public IEnumerable<string> Uris => AlternativeNames
        .Where(name => name.TagNo == GeneralName.UniformResourceIdentifier)
        .Select(name => Encoding.Latin1.GetString(DerIA5String.GetInstance(name.Name).GetOctets()));

    /// <summary>For people: its URI or its subject's name, cut and cleaned, for a stranger may have written it.</summary>
    public string Label => Clean(Uris.FirstOrDefault() ?? (Subject.IsEmpty ? $"serial {SerialNumber}" : Subject.ToString()));

    internal ReadOnlyMemory<byte> Tbs { get; }

    /// <summary>As BouncyCastle reads it: for its TLS engine, which would read it again.</summary>
    internal X509CertificateStructure Structure { get; }

    /// <summary>Serial number as DER has it: two's complement, as short as can be.</summary>
    internal byte[] Serial { get; }

    /// <summary>A positive number of at most 20 bytes (RFC 5280, section 4.1.2.2).</summary>
    internal bool HasSoundSerial => Serial.Length <= SerialBytesMax && (sbyte)Serial[0] >= 0 && Serial.AsSpan().ContainsAnyExcept((byte)0);

    internal X509Name Issuer { get; }

    internal X509Name Subject { get; }

    /// <summary>
    /// Names are compared by their bytes, as they were signed. BouncyCastle's own comparison decodes values that begin with #
    /// as DER, from a stranger's hand.
    /// </summary>
    internal byte[] IssuerDer { get; }

    internal byte[] SubjectDer { get; }

    /// <summary>authorityKeyIdentifier: which key of the issuer signed it.</summary>
    internal byte[]? IssuerKeyId { get; }

    /// <summary>subjectKeyIdentifier.</summary>
    internal byte[]? KeyId { get; }

    /// <summary>Its key, read when it is first needed and then kept: an authority's is needed in every handshake.</summary>
    internal PublicKey Key => _key.Value;

    internal AlgorithmIdentifier SignatureAlgorithm { get; }

    /// <summary>The signed and the unsigned name of the algorithm agree (RFC 5280, section 4.1.1.2).</summary>
    internal bool HasOneSignatureAlgorithm { get; }

    internal byte[] Signature { get; }

    internal SubjectPublicKeyInfo KeyInfo { get; }

    internal string? UnknownCritical { get; }

    internal bool HasKeyUsage => _keyUsage is not null;

    internal bool KeyUsageIsCritical { get; }

    internal bool MaySign => HasUsage(DigitalSignatureBit);

    internal bool MaySignCertificates => HasUsage(KeyCertSignBit);

    internal bool MaySignRevocationLists => HasUsage(CrlSignBit);

    internal IReadOnlyList<GeneralName> AlternativeNames { get; } = [];

    internal bool AlternativeNamesAreCritical { get; }

    internal IReadOnlyList<DerObjectIdentifier>? ExtendedKeyUsages { get; }

    internal NameConstraints? NameConstraints { get; }

    /// <summary>A responder whose own certificate need not be looked up (RFC 6960, section 4.2.2.2.1).</summary>
    internal bool HasNoRevocationCheck => _extensions?.GetExtension(OcspObjectIdentifiers.PkixOcspNocheck) is not null;

    /// <summary>
    /// URIs of the OCSP responders its issuer names (authorityInfoAccess, RFC 5280, section 4.2.2.1). Read when they are asked for:
    /// one that makes no sense shall not keep out a peer nobody asks a responder about.
    /// </summary>
    /// <exception cref="CertificateFormatException">The extension cannot be parsed.</exception>
    internal IReadOnlyList<string> OcspResponders()
    {
        try
        {
            return [.. AuthorityInformationAccess.FromExtensions(_extensions)?.GetAccessDescriptions()
                .Where(d => d.AccessMethod.Equals(X509ObjectIdentifiers.OcspAccessMethod)
                    && d.AccessLocation.TagNo == GeneralName.UniformResourceIdentifier)
                .Select(d => DerIA5String.GetInstance(d.AccessLocation.Name).GetString()) ?? []];
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new CertificateFormatException($"its authorityInfoAccess cannot be parsed ({exception.GetType().Name})", exception);
        }
    }

    /// <summary>Reads one certificate.</summary>
    /// <param name="der">Its bytes, kept.</param>
    /// <exception cref="CertificateFormatException">It is none; the message says why.</exception>
    public static Certificate Read(ReadOnlyMemory<byte> der)
    {
        if (DerShape.Problem(der.Span) is { } problem)
        {
            throw new CertificateFormatException(problem);
        }

        try
        {
            return new Certificate(der);
        }
        catch (CertificateFormatException)
        {
            throw;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // BouncyCastle's parsers throw some ten types for bytes that make no sense; all mean this.
            throw new CertificateFormatException($"it cannot be parsed ({exception.GetType().Name})", exception);
        }
    }

    private bool HasUsage(int bit) =>
        _keyUsage is { } usage && usage.GetBytes() is var bytes && bit / 8 < bytes.Length && (bytes[bit / 8] << bit % 8 & 0x80) != 0;

    /// <summary>
    /// BouncyCastle reads times that DER does not have; one without a time zone would mean something else on every router.
    /// </summary>
    /// <exception cref="CertificateFormatException">A time is not to the second and in UTC (RFC 5280, section 4.1.2.5).</exception>
    private static void CheckTimes(ReadOnlySpan<byte> tbs)
    {
        var fields = new DerElements(tbs);
        fields.NextIf(DerElements.Tagged0);
        fields.Next(DerElements.Integer);
        fields.Next(DerElements.Sequence); // signature
        fields.Next(DerElements.Sequence); // issuer
        var times = new DerElements(fields.Next(DerElements.Sequence));
        for (var i = 0; i < 2; i++)
        {
            var isUtcTime = times.Tag == DerElements.UtcTime;
            var text = DerElements.Content(times.Next(isUtcTime ? DerElements.UtcTime : DerElements.GeneralizedTime));
            if (text.Length != (isUtcTime ? "yyMMddHHmmssZ" : "yyyyMMddHHmmssZ").Length || text[^1] != 'Z')
            {
                throw new CertificateFormatException("a time of its validity is not one to the second and in UTC");
            }
        }
    }

    /// <summary>The values of the extensions that are parsed are DER of their own, behind an octet string.</summary>
    /// <exception cref="CertificateFormatException">One is not.</exception>
    private static void CheckShapes(X509Extensions extensions)
    {
        foreach (var oid in Parsed)
        {
            if (extensions.GetExtension(oid) is { } extension && DerShape.Problem(extension.Value.GetOctets()) is { } problem)
            {
                throw new CertificateFormatException($"its extension {oid.Id}: {problem}");
            }
        }
    }

    private static bool IsCritical(X509Extensions extensions, DerObjectIdentifier oid) =>
        extensions.GetExtension(oid)?.IsCritical == true;

    private static GeneralName[] Names(X509Extensions extensions)
    {
        var names = GeneralNames.FromExtensions(extensions, X509Extensions.SubjectAlternativeName)?.GetNames() ?? [];
        return names.Length <= NamesMax
            ? names
            : throw new CertificateFormatException($"it has {names.Length} alternative names, at most {NamesMax} are accepted");
    }

    /// <summary>Printable ASCII, at most <see cref="LabelCharsMax"/> characters.</summary>
    internal static string Clean(string text) => string.Concat(
        (text.Length > LabelCharsMax ? text.AsSpan(0, LabelCharsMax) : text).ToString().Select(c => c is >= ' ' and <= '~' ? c : '?'));

    internal static DateTimeOffset Utc(Time time) => new(DateTime.SpecifyKind(time.ToDateTime(), DateTimeKind.Utc));
}

/// <summary>The bytes are no certificate (revocation list, OCSP response), or one beyond our limits.</summary>
public sealed class CertificateFormatException : Exception
{
    /// <param name="message">What is wrong with it.</param>
    /// <param name="inner">What the parser said.</param>
    public CertificateFormatException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
