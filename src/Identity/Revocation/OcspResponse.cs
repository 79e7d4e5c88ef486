using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.X509;
using Certificate = X0tta6bl4.Identity.X509.Certificate;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>
/// What an OCSP responder has signed, read once (RFC 6960, section 4.2). Reading it believes nothing of it; <see cref="Check"/>
/// decides. Immutable.
/// </summary>
public sealed class OcspResponse
{
    /// <summary>Most bytes. One for one certificate has about 500, with the responder's certificate about 2,000.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Most certificates one response speaks of.</summary>
    public const int AnswersMax = 64;

    /// <summary>Most certificates of responders in it.</summary>
    public const int CertificatesMax = 4;

    /// <summary>Longest nonce (RFC 9654, section 2.1).</summary>
    private const int NonceBytesMax = 128;

    private const int Successful = 0;
    private const int Good = 0;
    private const int Revoked = 1;

    private readonly ReadOnlyMemory<byte> _tbs;
    private readonly AlgorithmIdentifier _algorithm;
    private readonly byte[] _signature;
    private readonly byte[]? _responderName;
    private readonly byte[]? _responderKeyHash;
    private readonly DateTimeOffset _producedAt;
    private readonly IReadOnlyList<Answer> _answers;
    private readonly IReadOnlyList<Certificate> _certificates;
    private readonly byte[]? _nonce;

    private OcspResponse(ReadOnlyMemory<byte> der)
    {
        var basic = BasicResponse(der);
        if (DerShape.Problem(basic.Span) is { } problem)
        {
            throw new CertificateFormatException($"the signed part: {problem}");
        }

        _tbs = DerShape.FirstChild(basic);
        var outer = new DerElements(basic.Span);
        outer.Next(DerElements.Sequence);
        _algorithm = AlgorithmIdentifier.GetInstance(Parse(outer.Next(DerElements.Sequence)));
        _signature = DerBitString.GetInstance(Parse(outer.Next(DerElements.BitString))).GetOctets();
        _certificates = Certificates(outer.NextIf(DerElements.Tagged0));
        outer.End();

        var data = ResponseData.GetInstance(Parse(_tbs.Span));
        if (data.Version.IntValueExact != 0)
        {
            throw new CertificateFormatException("it is no response of version 1");
        }

        _responderKeyHash = data.ResponderID.GetKeyHash();
        _responderName = _responderKeyHash is null ? data.ResponderID.Name.GetDerEncoded() : null;
        _producedAt = Utc(data.ProducedAt);
        _nonce = ReadExtensions(data.ResponseExtensions);
        _answers = data.Responses.Count <= AnswersMax
            ? [.. data.Responses.Select(r => Answer.Read(SingleResponse.GetInstance(r)))]
            : throw new CertificateFormatException($"it speaks of {data.Responses.Count} certificates, at most {AnswersMax} are looked at");
    }

    /// <summary>Reads one response.</summary>
    /// <param name="der">Its bytes, kept.</param>
    /// <exception cref="CertificateFormatException">It is none, or an error of the responder; the message says why.</exception>
    public static OcspResponse Read(ReadOnlyMemory<byte> der)
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
            return new OcspResponse(der);
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

    /// <summary>What it says of a certificate, if it may be believed.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuer">Who signed it, proven already.</param>
    /// <param name="now">The time.</param>
    /// <param name="policy">Skew, and the age of a response without an end.</param>
    /// <param name="nonce">What we asked with; null where nobody asked (stapled).</param>
    internal StatusVerdict Check(
        Certificate certificate, Certificate issuer, DateTimeOffset now, RevocationPolicy policy, byte[]? nonce = null)
    {
        // What is cheap before any signature.
        var meant = _answers.Where(a => OcspCertificateId.Means(a.Id, certificate, issuer)).ToList();
        if (meant is not [var answer])
        {
            return Unknown(certificate, meant.Count == 0 ? "it speaks of another certificate" : "it speaks of the certificate more than once");
        }

        if (nonce is not null && _nonce is not null && !_nonce.AsSpan().SequenceEqual(nonce))
        {
            return Unknown(certificate, "it answers another question (the nonce differs)");
        }

        return CheckTime(certificate, answer, now, policy)
            ?? CheckSigner(certificate, issuer, now, policy)
            ?? Status(certificate, answer, policy);
    }

    /// <summary>It speaks of this certificate, whoever signed it.</summary>
    internal bool SpeaksOf(Certificate certificate) =>
        _answers.Any(a => a.Id.SerialNumber.Value.ToByteArray().AsSpan().SequenceEqual(certificate.Serial));

    /// <summary>The earliest end of what it says; null when it has none.</summary>
    internal DateTimeOffset? NextUpdate => _answers.Min(a => a.NextUpdate);

    private static StatusVerdict Unknown(Certificate certificate, string text) =>
        StatusVerdict.Unknown($"{certificate.Label}: the OCSP response is not accepted: {text}");

    private static StatusVerdict Status(Certificate certificate, Answer answer, RevocationPolicy policy)
    {
        var until = answer.Until(policy);
        return answer.Status switch
        {
            Good => StatusVerdict.Good(answer.ThisUpdate, until),
            Revoked => StatusVerdict.Revoked(
                $"{certificate.Label}: it was revoked (serial {certificate.SerialNumber}, OCSP response of {answer.ThisUpdate:u})",
                answer.ThisUpdate, until),
            _ => Unknown(certificate, "the responder does not know the certificate"),
        };
    }

    private StatusVerdict? CheckTime(Certificate certificate, Answer answer, DateTimeOffset now, RevocationPolicy policy)
    {
        if (now + policy.ClockSkew < answer.ThisUpdate || now + policy.ClockSkew < _producedAt)
        {
            return Unknown(certificate, $"it is of {(answer.ThisUpdate > _producedAt ? answer.ThisUpdate : _producedAt):u}, it is {now:u} here");
        }

        if (answer.NextUpdate < answer.ThisUpdate)
        {
            return Unknown(certificate, "its nextUpdate is before its thisUpdate");
        }

        var until = answer.Until(policy);
        return now - policy.ClockSkew > until
            ? Unknown(certificate, $"it was good until {until:u}, it is {now:u} here")
            : null;
    }

    /// <summary>The issuer itself, or a responder it has made one (RFC 6960, section 4.2.2.2). No further ones.</summary>
    private StatusVerdict? CheckSigner(Certificate certificate, Certificate issuer, DateTimeOffset now, RevocationPolicy policy)
    {
        string? why = null;
        if (IsResponder(issuer))
        {
            why = CheckSignature(issuer);
            if (why is null)
            {
                return null;
            }
        }

        foreach (var responder in _certificates.Where(c => IsResponder(c) && !c.Der.Span.SequenceEqual(issuer.Der.Span)))
        {
            why = OcspResponder.Problem(responder, issuer, now, policy.ClockSkew) ?? CheckSignature(responder);
            if (why is null)
            {
                return null;
            }
        }

        return Unknown(certificate, why ?? $"neither {issuer.Label} nor a responder of it with its certificate has signed it");
    }

    /// <summary>It says of itself that this one's key has signed it.</summary>
    private bool IsResponder(Certificate certificate) => _responderKeyHash is { } hash
        ? hash.AsSpan().SequenceEqual(OcspCertificateId.KeyHash(certificate))
        : certificate.SubjectDer.AsSpan().SequenceEqual(_responderName);

    private string? CheckSignature(Certificate signer)
    {
        SvidRefusal? forged = null;
        var refusal = SvidVerifier.Usable(
            signer, () => forged = CertificateSignature.Check("the OCSP response", _algorithm, _tbs.Span, _signature, signer.Key)) ?? forged;
        return refusal?.Text;
    }

    private static ReadOnlyMemory<byte> BasicResponse(ReadOnlyMemory<byte> der)
    {
        var response = Org.BouncyCastle.Asn1.Ocsp.OcspResponse.GetInstance(Parse(der.Span));
        var status = response.ResponseStatus.IntValueExact;
        if (status != Successful)
        {
            throw new CertificateFormatException($"the responder gives no answer ({Name(status)})");
        }

        return response.ResponseBytes is { } bytes && bytes.ResponseType.Equals(OcspObjectIdentifiers.PkixOcspBasic)
            ? bytes.Response.GetOctets()
            : throw new CertificateFormatException("it is of another kind than id-pkix-ocsp-basic");
    }

    private static string Name(int status) => status switch
    {
        OcspResponseStatus.MalformedRequest => "malformedRequest",
        OcspResponseStatus.InternalError => "internalError",
        OcspResponseStatus.TryLater => "tryLater",
        OcspResponseStatus.SignatureRequired => "sigRequired",
        OcspResponseStatus.Unauthorized => "unauthorized",
        _ => $"status {status}",
    };

    private static List<Certificate> Certificates(ReadOnlySpan<byte> tagged)
    {
        var certificates = new List<Certificate>();
        if (tagged.IsEmpty)
        {
            return certificates;
        }

        var all = new DerElements(DerElements.Content(tagged));
        while (all.Tag != 0)
        {
            if (certificates.Count == CertificatesMax)
            {
                throw new CertificateFormatException($"it has over {CertificatesMax} certificates");
            }

            certificates.Add(Certificate.Read(all.Next(DerElements.Sequence).ToArray()));
        }

        return certificates;
    }

    private static byte[]? ReadExtensions(X509Extensions? extensions)
    {
        RefuseCritical(extensions, OcspObjectIdentifiers.PkixOcspNonce);
        var nonce = extensions?.GetExtensionParsedValue(OcspObjectIdentifiers.PkixOcspNonce);
        return nonce is null ? null : Asn1OctetString.GetInstance(nonce).GetOctets() is { Length: <= NonceBytesMax } bytes
            ? bytes
            : throw new CertificateFormatException($"its nonce has over {NonceBytesMax} bytes");
    }

    private static void RefuseCritical(X509Extensions? extensions, params DerObjectIdentifier[] understood)
    {
        if (extensions?.GetCriticalExtensionOids().Except(understood).FirstOrDefault() is { } oid)
        {
            throw new CertificateFormatException($"the critical extension {Certificate.Clean(oid.Id)} is not known here");
        }
    }

    private static Asn1Object Parse(ReadOnlySpan<byte> element) => Asn1Object.FromByteArray(element.ToArray());

    private static DateTimeOffset Utc(Asn1GeneralizedTime time) => new(DateTime.SpecifyKind(time.ToDateTime(), DateTimeKind.Utc));

    /// <summary>What it says of one certificate.</summary>
    private sealed record Answer(CertID Id, int Status, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate)
    {
        public static Answer Read(SingleResponse single)
        {
            RefuseCritical(single.SingleExtensions);
            return new Answer(
                single.CertId, single.CertStatus.TagNo, Utc(single.ThisUpdate),
                single.NextUpdate is { } next ? Utc(next) : null);
        }

        public DateTimeOffset Until(RevocationPolicy policy) => NextUpdate ?? ThisUpdate + policy.OcspAgeMax;
    }
}
