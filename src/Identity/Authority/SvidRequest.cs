using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// A request to certify a key as a SPIFFE ID: PKCS #10 (RFC 2986) with an empty subject and nothing but one URI asked for.
/// Whoever has one has seen its signature verified: the sender holds the key.
/// </summary>
internal sealed class SvidRequest
{
    /// <summary>Most bytes of a request.</summary>
    public const int BytesMax = 8 * 1024;

    private SvidRequest(SpiffeId? id, PublicKey key)
    {
        Id = id;
        Key = key;
        KeyHash = Sha256.Hash(SigningKey.InfoOf(key.Parameters).GetDerEncoded());
    }

    /// <summary>The ID asked for; null when it asks for none.</summary>
    public SpiffeId? Id { get; }

    /// <summary>P-256, P-384 or Ed25519.</summary>
    public PublicKey Key { get; }

    /// <summary>SHA-256 of the key, as <see cref="SigningKey.PublicHash"/>.</summary>
    public byte[] KeyHash { get; }

    /// <summary>Writes a request.</summary>
    public static byte[] Create(SigningKey key, SpiffeId id)
    {
        var names = new DerSequence(new GeneralName(GeneralName.UniformResourceIdentifier, new DerIA5String(id.ToString())));
        var extension = new CertificateExtension(X509Extensions.SubjectAlternativeName, IsCritical: true, names.GetDerEncoded());
        var attribute = new DerSequence(PkcsObjectIdentifiers.Pkcs9AtExtensionRequest, new DerSet(new DerSequence(extension.ToAsn1())));
        return CertificateWriter.Sign(
            new DerSequence(
                DerInteger.Zero, CertificateWriter.NoName, key.PublicInfo,
                new DerTaggedObject(isExplicit: false, 0, new DerSet(attribute))),
            key);
    }

    /// <summary>Reads a stranger's request, verifies its signature, and refuses what asks for more than an SVID is.</summary>
    /// <exception cref="CertificateFormatException">What is wrong with it.</exception>
    public static SvidRequest Read(ReadOnlyMemory<byte> der)
    {
        if (der.Length > BytesMax)
        {
            throw new CertificateFormatException($"the request has {der.Length} bytes, at most {BytesMax} are read");
        }

        if (DerShape.Problem(der.Span) is { } problem)
        {
            throw new CertificateFormatException($"the request is no PKCS #10: {problem}");
        }

        try
        {
            return Parse(der);
        }
        catch (WeakKeyException exception)
        {
            throw new CertificateFormatException($"the request's key: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is not CertificateFormatException and not OutOfMemoryException)
        {
            // BouncyCastle's parsers throw some ten types for bytes that make no sense; all mean this.
            throw new CertificateFormatException($"the request is no PKCS #10 ({exception.GetType().Name})", exception);
        }
    }

    private static SvidRequest Parse(ReadOnlyMemory<byte> der)
    {
        var request = Asn1Sequence.GetInstance(Asn1Object.FromByteArray(der.ToArray()));
        if (request.Count != 3 || Asn1Sequence.GetInstance(request[0]) is not { Count: 4 or 3 } info)
        {
            throw new CertificateFormatException("the request is no PKCS #10");
        }

        var keyInfo = SubjectPublicKeyInfo.GetInstance(info[2]);
        PublicKey.CheckKind(keyInfo);
        if (keyInfo.Algorithm.Algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption))
        {
            // Reading one costs a quarter of a second of a desktop's processor.
            throw new CertificateFormatException("the request's key is RSA; P-256, P-384 and Ed25519 are certified here");
        }

        // Before the signature, which is dearer.
        var id = IdOf(info);
        var key = PublicKey.Read(keyInfo);
        var algorithm = AlgorithmIdentifier.GetInstance(request[1]);
        var signer = CertificateSignature.Signer(algorithm.Algorithm, algorithm.Parameters, key.Kind)
            ?? throw new CertificateFormatException("the request's signature algorithm is not accepted with its key");
        signer.Init(forSigning: false, key.Parameters);
        signer.BlockUpdate(DerShape.FirstChild(der).Span);
        return signer.VerifySignature(DerBitString.GetInstance(request[2]).GetOctets())
            ? new SvidRequest(id, key)
            : throw new CertificateFormatException("the request was not signed with the key it holds");
    }

    private static SpiffeId? IdOf(Asn1Sequence info)
    {
        if (info.Count == 3)
        {
            return null;
        }

        var attributes = Asn1Set.GetInstance(Asn1TaggedObject.GetInstance(info[3], 0x80, 0), declaredExplicit: false);
        if (attributes.Count == 0)
        {
            return null;
        }

        if (attributes.Count > 1)
        {
            throw new CertificateFormatException($"the request has {attributes.Count} attributes; one, the URI asked for, is understood");
        }

        var attribute = Asn1Sequence.GetInstance(attributes[0]);
        var values = Asn1Set.GetInstance(attribute[1]);
        if (!PkcsObjectIdentifiers.Pkcs9AtExtensionRequest.Equals(attribute[0]) || values.Count != 1)
        {
            throw new CertificateFormatException("the request has an attribute that is not understood here");
        }

        var extensions = X509Extensions.GetInstance(values[0]);
        if (extensions.GetExtensionOids() is not [var only] || !only.Equals(X509Extensions.SubjectAlternativeName))
        {
            throw new CertificateFormatException(
                "the request asks for other extensions than subjectAltName; what a certificate says is decided here");
        }

        var names = GeneralNames.FromExtensions(extensions, X509Extensions.SubjectAlternativeName).GetNames();
        if (names is not [{ TagNo: GeneralName.UniformResourceIdentifier } uri])
        {
            throw new CertificateFormatException("the request asks for other names than one URI (X-1)");
        }

        return SpiffeId.Parse(DerIA5String.GetInstance(uri.Name).GetString(), out var id) is { } problem
            ? throw new CertificateFormatException($"the request's URI is no SPIFFE ID: {problem}")
            : id;
    }
}
