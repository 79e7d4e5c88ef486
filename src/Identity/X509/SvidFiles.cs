using System.Security.Cryptography;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>Our identity from the files of whoever rotates it (spiffe-helper, a provisioning script).</summary>
public static class SvidFiles
{
    /// <summary>Most bytes of each file but the bundle.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Reads certificates and key.</summary>
    /// <param name="certificates">Path of the chain, our own certificate first.</param>
    /// <param name="key">Path of the private key, PKCS #8.</param>
    /// <exception cref="CertificateFormatException">One of them is not what it should be; the message names it.</exception>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One of them may not be read.</exception>
    public static LocalSvid Read(string certificates, string key)
    {
        var chain = Read(certificates, file => CertificateList.Read(file, SvidPolicy.ChainCertificatesMax));
        return Read(key, file =>
        {
            byte[]? pkcs8 = null;
            try
            {
                pkcs8 = CertificateList.ReadKey(file);
                return LocalSvid.Create(chain, PrivateKey.ReadPkcs8(pkcs8));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(pkcs8);
                CryptographicOperations.ZeroMemory(file);
            }
        });
    }

    /// <summary>Reads the bundle of a trust domain.</summary>
    /// <param name="path">PEM, DER or JWK set.</param>
    /// <param name="domain">The trust domain it is of.</param>
    /// <exception cref="CertificateFormatException">It is no bundle; the message names the file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static TrustBundle ReadBundle(string path, TrustDomain domain) =>
        Read(path, file => TrustBundleReader.Read(file, domain), TrustBundle.BytesMax);

    private static T Read<T>(string path, Func<byte[], T> parse, int bytesMax = BytesMax)
    {
        try
        {
            return parse(BoundedFile.Read(path, bytesMax));
        }
        catch (FileTooLongException exception)
        {
            throw new CertificateFormatException(exception.Message, exception);
        }
        catch (CertificateFormatException exception)
        {
            throw new CertificateFormatException($"{path}: {exception.Message}", exception);
        }
    }
}
