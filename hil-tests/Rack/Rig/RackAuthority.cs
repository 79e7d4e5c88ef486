using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace X0tta6bl4.Rack.Rig;

/// <summary>What a router or broker needs to prove who it is: the contents of three files, PEM.</summary>
/// <param name="Certificates">Its chain, its own first.</param>
/// <param name="Key">Its private key, PKCS #8.</param>
/// <param name="Bundle">Whom it trusts.</param>
public sealed record IdentityFiles(string Certificates, string Key, string Bundle);

/// <summary>
/// Signs identities for the routers and the broker of one bench, with .NET's own certificates: what the agent verifies is not made
/// by its own code. Made anew for each bench.
/// </summary>
public sealed class RackAuthority : IDisposable
{
    public const string TrustDomain = "rack.example";

    /// <summary>Life of an identity unless a scenario asks for another: longer than the longest run.</summary>
    public static readonly TimeSpan DefaultLife = TimeSpan.FromHours(20);

    /// <summary>As SPIRE does it.</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromSeconds(10);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public RackAuthority()
    {
        var request = Request("CN=rack", _key, $"spiffe://{TrustDomain}");
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    /// <summary>The authority's certificate, PEM.</summary>
    public string Bundle => _root.ExportCertificatePem() + "\n";

    /// <summary>Makes an identity.</summary>
    /// <param name="path">Path of its SPIFFE ID, without the leading slash.</param>
    /// <param name="life">From now on.</param>
    /// <param name="from">When it begins; ten seconds ago unless given.</param>
    public IdentityFiles Issue(string path, TimeSpan? life = null, DateTimeOffset? from = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request("", key, $"spiffe://{TrustDomain}/{path}");
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var begin = from ?? DateTimeOffset.UtcNow;
        using var certificate = request.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), begin - Backdating, begin + (life ?? DefaultLife),
            RandomNumberGenerator.GetBytes(16));
        return new IdentityFiles(certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", Bundle);
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private static CertificateRequest Request(string subject, ECDsa key, string id)
    {
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", Names(id), critical: subject.Length == 0));
        return request;
    }

    /// <summary>One URI, as it is written: .NET's own builder takes a Uri, which adds slashes and resolves dots.</summary>
    private static byte[] Names(string uri)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
        }

        return writer.Encode();
    }
}
