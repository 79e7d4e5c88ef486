using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace X0tta6bl4.SpireWorld;

/// <summary>The authority of a trust domain, as SPIRE Server keeps one: .NET's own X.509, not the code under test.</summary>
public sealed class SpireAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;
    private int _serial;

    /// <param name="trustDomain">Its name.</param>
    /// <param name="left">How long its own certificate lives from now on; negative: it has ended.</param>
    public SpireAuthority(string trustDomain, TimeSpan? left = null)
    {
        TrustDomain = trustDomain;
        var request = new CertificateRequest($"CN={trustDomain}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(Name($"spiffe://{trustDomain}", isCritical: false));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + (left ?? TimeSpan.FromDays(30)));
    }

    public string TrustDomain { get; }

    public byte[] RootDer => _root.RawData;

    /// <summary>How long what it signs lives; SPIRE's default is an hour, begun ten seconds ago.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How far its clock is ahead of the real one.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Signs an SVID for the key of a request, after the proof in it has been checked.</summary>
    public X509Certificate2 Sign(byte[] csr, string id) => Sign(
        CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256).PublicKey, id);

    /// <summary>Signs an authority below this one.</summary>
    public X509Certificate2 SignAuthority(byte[] csr)
    {
        var key = CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256).PublicKey;
        var request = new CertificateRequest(new X500DistinguishedName("CN=downstream"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(Name($"spiffe://{TrustDomain}", isCritical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, false));
        return Sign(request);
    }

    /// <summary>A certificate and its key, for the server itself.</summary>
    public X509Certificate2 Issue(string id)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Sign(new PublicKey(key), id);
        using var together = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(together.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Whether it signed this certificate, and its time is now; the ID in it then.</summary>
    public string? IdOf(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.VerificationTime = (DateTimeOffset.UtcNow + Ahead).UtcDateTime;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (!chain.Build(certificate))
        {
            return null;
        }

        var text = certificate.Extensions.First(e => e.Oid!.Value == "2.5.29.17").Format(false);
        return text[(text.IndexOf("URI:", StringComparison.Ordinal) + 4)..];
    }

    public void Dispose()
    {
        _root.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(PublicKey key, string id)
    {
        var request = new CertificateRequest(new X500DistinguishedName("C=US, O=SPIRE"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(Name(id, isCritical: false));
        return Sign(request);
    }

    private X509Certificate2 Sign(CertificateRequest request)
    {
        var now = DateTimeOffset.UtcNow + Ahead;
        byte[] serial = [1, .. BitConverter.GetBytes(Interlocked.Increment(ref _serial))];
        return request.Create(_root.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), now.AddSeconds(-10), now + Lifetime, serial);
    }

    // Not SubjectAlternativeNameBuilder: its Uri makes spiffe://td into spiffe://td/.
    private static X509Extension Name(string id, bool isCritical)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, id, new Asn1Tag(TagClass.ContextSpecific, 6));
        }

        return new X509Extension("2.5.29.17", writer.Encode(), isCritical);
    }
}
