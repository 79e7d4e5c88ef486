using System.Text.Json;
using X0tta6bl4.Identity.Jwt;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Bundles from files: PEM or DER certificates, or the JSON document of the standard (a JWK set, SPIFFE Trust Domain and
/// Bundle, section 4). Whole or not at all.
/// </summary>
public static class TrustBundleReader
{
    private const string X509Use = "x509-svid";

    private static readonly string[] KeyTypes = ["EC", "RSA", "OKP"];

    /// <summary>Reads a bundle in any of the forms.</summary>
    /// <param name="file">The file's bytes, at most <see cref="TrustBundle.BytesMax"/>.</param>
    /// <param name="domain">Whose bundle it is: the file does not say.</param>
    /// <exception cref="CertificateFormatException">It is none; the message says why.</exception>
    public static TrustBundle Read(ReadOnlyMemory<byte> file, TrustDomain domain)
    {
        if (file.Length > TrustBundle.BytesMax)
        {
            throw new CertificateFormatException($"the bundle has {file.Length} bytes, at most {TrustBundle.BytesMax} are read");
        }

        return file.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..]
            ? ReadJson(file, domain)
            : new TrustBundle(domain, [.. CertificateList.Read(file, TrustBundle.AuthoritiesMax).Select(Authority)]);
    }

    private static TrustBundle ReadJson(ReadOnlyMemory<byte> file, TrustDomain domain)
    {
        try
        {
            var set = JwkSet.Read(file, "bundle", TrustBundle.AuthoritiesMax, X509Certificate);
            return new TrustBundle(domain, set.Keys) { Sequence = set.Sequence, RefreshHint = set.RefreshHint };
        }
        catch (JwkSetFormatException exception)
        {
            throw new CertificateFormatException(exception.Message, exception);
        }
    }

    /// <summary>
    /// The certificate of one key, or null for what the standard says to ignore: other uses, unknown kinds, no certificate
    /// (B-6, B-9, B-10, X-26). All but the first certificate of a key are ignored too.
    /// </summary>
    private static Certificate? X509Certificate(JsonElement key)
    {
        if (!KeyTypes.Contains(StrictJson.Text(key, "kty")) || StrictJson.Text(key, "use") != X509Use
            || !key.TryGetProperty("x5c", out var chain) || chain.ValueKind != JsonValueKind.Array || chain.GetArrayLength() == 0)
        {
            return null;
        }

        return chain[0].ValueKind == JsonValueKind.String && chain[0].TryGetBytesFromBase64(out var der)
            ? Authority(der)
            : throw new CertificateFormatException("an x5c of the bundle is no base64 (X-24)");
    }

    /// <summary>One authority of a bundle.</summary>
    /// <exception cref="CertificateFormatException">It is none.</exception>
    internal static Certificate Authority(ReadOnlyMemory<byte> der)
    {
        var certificate = Certificate.Read(der);
        return certificate.IsAuthority
            ? certificate
            : throw new CertificateFormatException($"{certificate.Label}: a certificate of the bundle is no authority (X-9)");
    }
}
