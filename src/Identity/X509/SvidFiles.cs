using System.Security.Cryptography;

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

    private static T Read<T>(string path, Func<byte[], T> parse)
    {
        var length = new FileInfo(path).Length;
        if (length > BytesMax)
        {
            throw new CertificateFormatException($"{path}: it has {length} bytes, at most {BytesMax} are read");
        }

        try
        {
            return parse(File.ReadAllBytes(path));
        }
        catch (CertificateFormatException exception)
        {
            throw new CertificateFormatException($"{path}: {exception.Message}", exception);
        }
    }
}
