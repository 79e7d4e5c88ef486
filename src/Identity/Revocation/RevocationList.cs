using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Math;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>
/// A certificate revocation list, read once (RFC 5280, section 5): the complete list of one issuer. Lists for a part of its
/// certificates, deltas and indirect ones are refused when they are read. Of the entries only the places of the serial numbers
/// are kept, sorted: 20,000 of them cost 80 KB beside the file. Thread-safe.
/// </summary>
public sealed class RevocationList
{
    /// <summary>Most bytes, in DER.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Most entries.</summary>
    public const int EntriesMax = 20_000;

    /// <summary>Longest serial number; RFC 5280 allows 20 bytes.</summary>
    private const int SerialBytesMax = 64;

    /// <summary>Longest CRL number; RFC 5280 allows 20 bytes.</summary>
    private const int NumberBitsMax = 20 * 8;

    private static readonly DerObjectIdentifier[] Understood = [X509Extensions.AuthorityKeyIdentifier, X509Extensions.CrlNumber];

    /// <summary>Critical by mistake, they change nothing here: an entry is revoked whatever its reason.</summary>
    private static readonly DerObjectIdentifier[] UnderstoodOfEntries = [X509Extensions.ReasonCode, X509Extensions.InvalidityDate];

    private readonly ReadOnlyMemory<byte> _der;
    private readonly ReadOnlyMemory<byte> _tbs;
    private readonly AlgorithmIdentifier _algorithm;
    private readonly byte[] _signature;
    private readonly int[] _serials;
    private readonly string _issuer;
    private Certificate? _signer;
    private Tuple<Certificate, SvidRefusal>? _stranger;

    private RevocationList(ReadOnlyMemory<byte> der)
    {
        _der = der;
        _tbs = DerShape.FirstChild(der);
        var outer = new DerElements(der.Span);
        outer.Next(DerElements.Sequence);
        var algorithm = outer.Next(DerElements.Sequence);
        _algorithm = AlgorithmIdentifier.GetInstance(Parse(algorithm));
        _signature = DerBitString.GetInstance(Parse(outer.Next(DerElements.BitString))).GetOctets();
        outer.End();

        var tbs = new DerElements(_tbs.Span);
        var version = tbs.NextIf(DerElements.Integer);
        if (!version.IsEmpty && !DerElements.Content(version).SequenceEqual("\x01"u8))
        {
            throw new CertificateFormatException("it is no revocation list of version 1 or 2");
        }

        if (!tbs.Next(DerElements.Sequence).SequenceEqual(algorithm))
        {
            throw new CertificateFormatException("the signed and the unsigned signature algorithm differ");
        }

        var issuer = X509Name.GetInstance(Parse(tbs.Next(DerElements.Sequence)));
        _issuer = Certificate.Clean(issuer.ToString());
        IssuerDer = issuer.GetDerEncoded();
        ThisUpdate = Time(tbs.Next(TimeTag(tbs.Tag)));
        NextUpdate = tbs.Tag is DerElements.UtcTime or DerElements.GeneralizedTime
            ? Time(tbs.Next(tbs.Tag))
            : throw new CertificateFormatException("it does not say when the next one comes (nextUpdate)");
        if (NextUpdate < ThisUpdate)
        {
            throw new CertificateFormatException("its nextUpdate is before its thisUpdate");
        }

        var begin = OffsetOf(der.Span) + tbs.At;
        var entries = tbs.NextIf(DerElements.Sequence);
        _serials = entries.IsEmpty ? [] : Serials(entries, begin, hasExtensions: !version.IsEmpty);
        var extensions = tbs.NextIf(DerElements.Tagged0);
        tbs.End();
        if (!extensions.IsEmpty && version.IsEmpty)
        {
            throw new CertificateFormatException("it has extensions and is of version 1");
        }

        if (!extensions.IsEmpty)
        {
            ReadExtensions(X509Extensions.GetInstance(Parse(DerElements.Content(extensions))), out var number, out var keyId);
            (Number, IssuerKeyId) = (number, keyId);
        }

        Array.Sort(_serials, (a, b) => Compare(SerialAt(a), SerialAt(b)));
    }

    /// <summary>Entries.</summary>
    public int Count => _serials.Length;

    /// <summary>Bytes it holds.</summary>
    public int Bytes => _der.Length;

    /// <summary>When it was made.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next one must be there.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>Name of its issuer, for people.</summary>
    public string Issuer => _issuer;

    /// <summary>The whole list.</summary>
    internal ReadOnlyMemory<byte> Der => _der;

    /// <summary>Name of its issuer, compared by its bytes.</summary>
    internal byte[] IssuerDer { get; }

    /// <summary>Which key of the issuer signed it; null when it does not say.</summary>
    internal byte[]? IssuerKeyId { get; }

    /// <summary>Its number, growing with each; null when it has none.</summary>
    internal BigInteger? Number { get; }

    /// <summary>How new it is.</summary>
    internal RevocationListAge Age => new(Number, ThisUpdate);

    /// <summary>Whose key has been found to have signed it; null while nobody has looked.</summary>
    internal Certificate? Signer => Volatile.Read(ref _signer);

    /// <summary>Reads one list.</summary>
    /// <param name="der">Its bytes, kept.</param>
    /// <exception cref="CertificateFormatException">It is none, or one that is not accepted; the message says why.</exception>
    public static RevocationList Read(ReadOnlyMemory<byte> der)
    {
        if (der.Length > BytesMax)
        {
            throw new CertificateFormatException($"it has {der.Length} bytes, at most {BytesMax} are read");
        }

        if (DerShape.Problem(der.Span) is { } problem)
        {
            throw new CertificateFormatException(problem);
        }

        try
        {
            return new RevocationList(der);
        }
        catch (CertificateFormatException)
        {
            throw;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // As for certificates: BouncyCastle throws some ten types for bytes that make no sense.
            throw new CertificateFormatException($"it cannot be parsed ({exception.GetType().Name})", exception);
        }
    }

    /// <summary>Its issuer is this one by name, and by key where both name it.</summary>
    internal bool IsOf(Certificate issuer) =>
        issuer.SubjectDer.AsSpan().SequenceEqual(IssuerDer)
        && (issuer.KeyId is null || IssuerKeyId is null || issuer.KeyId.AsSpan().SequenceEqual(IssuerKeyId));

    /// <summary>Of the same issuer and key, as far as they say.</summary>
    internal bool IsOfSameIssuer(RevocationList other) =>
        IssuerDer.AsSpan().SequenceEqual(other.IssuerDer) && (IssuerKeyId ?? []).AsSpan().SequenceEqual(other.IssuerKeyId ?? []);

    /// <summary>Both are proven, by one key.</summary>
    internal bool HasSameSigner(RevocationList other) => other.Signer is { } signer && IsSignedBy(signer);

    /// <summary>It is proven, by the key of this certificate.</summary>
    internal bool IsSignedBy(Certificate issuer) => Signer is { } signer && IsSameKey(signer, issuer);

    /// <summary>Finds out whether the key that signed another list of the same name signed this one too.</summary>
    internal void ProveLike(Certificate signer)
    {
        if (IsOf(signer))
        {
            CheckSigner(signer);
        }
    }

    /// <summary>
    /// Null when this certificate's key signed it, and may. What was found last is remembered, a yes and a no: the hash of a
    /// megabyte is much for each handshake.
    /// </summary>
    /// <param name="issuer">A certificate that has been proven, or stands in a bundle.</param>
    internal SvidRefusal? CheckSigner(Certificate issuer)
    {
        if (issuer.HasKeyUsage && !issuer.MaySignRevocationLists)
        {
            return SvidRefusal.Of(SvidRefusalReason.StatusUnknown, $"{issuer.Label}: its key usage lacks cRLSign, so its revocation list does not count");
        }

        if (IsSignedBy(issuer))
        {
            return null;
        }

        if (Volatile.Read(ref _stranger) is { } stranger && IsSameKey(stranger.Item1, issuer))
        {
            return stranger.Item2;
        }

        SvidRefusal? forged = null;
        var refusal = SvidVerifier.Usable(
            issuer,
            () => forged = CertificateSignature.Check($"the revocation list of \"{_issuer}\"", _algorithm, _tbs.Span, _signature, issuer.Key))
            ?? forged;
        if (refusal is null)
        {
            Volatile.Write(ref _signer, issuer);
        }
        else
        {
            Volatile.Write(ref _stranger, Tuple.Create(issuer, refusal));
        }

        return refusal;
    }

    private static bool IsSameKey(Certificate one, Certificate other) =>
        ReferenceEquals(one, other) || one.KeyInfo.GetDerEncoded().AsSpan().SequenceEqual(other.KeyInfo.GetDerEncoded());

    /// <summary>What it says of a certificate. Its signer must have been checked.</summary>
    internal StatusVerdict Check(Certificate certificate, DateTimeOffset now, TimeSpan skew)
    {
        // Before any look at the time: a router whose clock is behind, as after each boot, has the newest list all the same.
        if (Contains(certificate.Serial))
        {
            return StatusVerdict.Revoked(
                $"{certificate.Label}: it was revoked (serial {certificate.SerialNumber}, revocation list of \"{_issuer}\" of {ThisUpdate:u})",
                ThisUpdate, NextUpdate);
        }

        if (now + skew < ThisUpdate)
        {
            return StatusVerdict.Unknown($"{certificate.Label}: the revocation list of \"{_issuer}\" is of {ThisUpdate:u}, it is {now:u} here");
        }

        return now - skew > NextUpdate
            ? StatusVerdict.Unknown($"{certificate.Label}: the revocation list of \"{_issuer}\" was good until {NextUpdate:u}, it is {now:u} here")
            : StatusVerdict.Good(ThisUpdate, NextUpdate);
    }

    private bool Contains(ReadOnlySpan<byte> serial)
    {
        var (low, high) = (0, _serials.Length - 1);
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            switch (Compare(SerialAt(_serials[middle]), serial))
            {
                case 0:
                    return true;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle - 1;
                    break;
            }
        }

        return false;
    }

    private ReadOnlySpan<byte> SerialAt(int offset)
    {
        var rest = _der.Span[offset..];
        return DerElements.Content(rest[..DerShape.LengthOfFirst(rest)!.Value]);
    }

    /// <summary>Any order will do: by length, then by the bytes.</summary>
    private static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);

    /// <summary>Where the serial numbers stand, from the beginning of the file.</summary>
    private static int[] Serials(ReadOnlySpan<byte> entries, int begin, bool hasExtensions)
    {
        var serials = new List<int>();
        var all = new DerElements(entries);
        while (all.Tag != 0)
        {
            if (serials.Count == EntriesMax)
            {
                throw new CertificateFormatException($"it has over {EntriesMax} entries");
            }

            var at = begin + all.At;
            var entry = new DerElements(all.Next(DerElements.Sequence));
            serials.Add(at + entry.At);
            CheckSerial(DerElements.Content(entry.Next(DerElements.Integer)));
            entry.Next(TimeTag(entry.Tag));
            if (hasExtensions && entry.Tag == DerElements.Sequence)
            {
                CheckEntryExtensions(entry.Next(DerElements.Sequence));
            }

            entry.End();
        }

        return [.. serials];
    }

    /// <summary>A number has one spelling, or it could be missed.</summary>
    private static void CheckSerial(ReadOnlySpan<byte> serial)
    {
        if (serial.Length is 0 or > SerialBytesMax || serial is [0, < 0x80, ..] or [0xFF, >= 0x80, ..])
        {
            throw new CertificateFormatException("one of its serial numbers is no number in DER, or too long");
        }
    }

    /// <summary>
    /// An extension that must be understood and is not makes the whole list worthless (RFC 5280, section 5.3): certificateIssuer is
    /// one, which says that the entry is somebody else's.
    /// </summary>
    private static void CheckEntryExtensions(ReadOnlySpan<byte> extensions)
    {
        var all = new DerElements(extensions);
        while (all.Tag != 0)
        {
            var extension = new DerElements(all.Next(DerElements.Sequence));
            var oid = extension.Next(DerElements.ObjectIdentifier);
            var critical = extension.NextIf(DerElements.Boolean);
            extension.Next(DerElements.OctetString);
            extension.End();
            if (!critical.IsEmpty && DerElements.Content(critical) is not [0])
            {
                var name = DerObjectIdentifier.GetInstance(Parse(oid));
                if (!UnderstoodOfEntries.Contains(name))
                {
                    throw new CertificateFormatException($"the critical extension {Certificate.Clean(name.Id)} of an entry is not known here");
                }
            }
        }
    }

    private static void ReadExtensions(X509Extensions extensions, out BigInteger? number, out byte[]? keyId)
    {
        foreach (var partial in (DerObjectIdentifier[])[X509Extensions.IssuingDistributionPoint, X509Extensions.DeltaCrlIndicator])
        {
            if (extensions.GetExtension(partial) is not null)
            {
                throw new CertificateFormatException(
                    "it is no complete list of its issuer: lists of a distribution point, indirect lists and deltas are not accepted "
                    + $"(extension {partial.Id})");
            }
        }

        if (extensions.GetCriticalExtensionOids().Except(Understood).FirstOrDefault() is { } oid)
        {
            throw new CertificateFormatException($"the critical extension {Certificate.Clean(oid.Id)} is not known here");
        }

        keyId = AuthorityKeyIdentifier.FromExtensions(extensions)?.KeyIdentifier?.GetOctets();
        number = extensions.GetExtensionParsedValue(X509Extensions.CrlNumber) is { } value ? DerInteger.GetInstance(value).Value : null;
        if (number is { SignValue: < 0 } or { BitLength: > NumberBitsMax })
        {
            throw new CertificateFormatException("its number is negative or too long");
        }
    }

    private static byte TimeTag(byte tag) => tag == DerElements.GeneralizedTime ? tag : DerElements.UtcTime;

    private static DateTimeOffset Time(ReadOnlySpan<byte> element) =>
        Certificate.Utc(Org.BouncyCastle.Asn1.X509.Time.GetInstance(Parse(element)));

    private static Asn1Object Parse(ReadOnlySpan<byte> element) => Asn1Object.FromByteArray(element.ToArray());

    /// <summary>Where the first element inside begins.</summary>
    private static int OffsetOf(ReadOnlySpan<byte> der) => der.Length - DerShape.ContentLength(der);
}

/// <summary>Which of two lists of one issuer was made before the other.</summary>
/// <param name="Number">Its number, growing with each; null when it has none.</param>
/// <param name="ThisUpdate">When it was made.</param>
internal readonly record struct RevocationListAge(BigInteger? Number, DateTimeOffset ThisUpdate)
{
    /// <summary>By the number, or where one has none or both have the same, by the time.</summary>
    public bool IsOlderThan(RevocationListAge other) =>
        Number is { } number && other.Number is { } others && !number.Equals(others)
            ? number.CompareTo(others) < 0
            : ThisUpdate < other.ThisUpdate;
}
