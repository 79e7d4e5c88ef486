using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>PEM files (RFC 7468) for programs that take their identity from files.</summary>
public static class NewSvidFiles
{
    /// <summary>The chain, own certificate first.</summary>
    public const string ChainName = "svid.pem";

    /// <summary>The private key, PKCS #8, readable by its owner alone.</summary>
    public const string KeyName = "svid_key.pem";

    /// <summary>The authorities.</summary>
    public const string BundleName = "bundle.pem";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Certificates as PEM.</summary>
    public static string Pem(IEnumerable<Certificate> certificates) =>
        string.Concat(certificates.Select(c => $"{PemEncoding.WriteString("CERTIFICATE", c.Der.Span)}\n"));

    /// <summary>Replaces a public file as a whole.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, IEnumerable<Certificate> certificates) =>
        Replace(path, Encoding.ASCII.GetBytes(Pem(certificates)), Public);

    /// <summary>Replaces the key file; its content is cleared from memory afterwards.</summary>
    internal static void WriteKey(string path, SigningKey key)
    {
        var pkcs8 = key.ToPkcs8();
        var text = PemEncoding.WriteUtf8("PRIVATE KEY"u8, pkcs8);
        try
        {
            Replace(path, text, Private);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Written beside it, synced and renamed, so that no reader sees half of it.</summary>
    private static void Replace(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var beside = $"{path}.new";
        File.Delete(beside);
        using (var stream = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
        }))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}
