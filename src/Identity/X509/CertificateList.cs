using System.Security.Cryptography;
using System.Text;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Certificates and keys in files: PEM (RFC 7468), any number of blocks with text around them, or DER, one element after the
/// other.
/// </summary>
public static class CertificateList
{
    private const string CertificateLabel = "CERTIFICATE";
    /// <summary>A key may stand in one file with a chain.</summary>
    private const int KeyBlocksMax = 8;

    private const string KeyLabel = "PRIVATE KEY";

    /// <summary>The DER of each certificate, in the file's order.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="countMax">Most certificates.</param>
    /// <exception cref="CertificateFormatException">No certificate, too many, or something else among them.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> file, int countMax) =>
        Read(file, countMax, CertificateLabel, "certificate");

    /// <summary>The same for elements of another kind.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="countMax">Most of them.</param>
    /// <param name="label">Of their blocks in PEM.</param>
    /// <param name="kind">What they are, for people.</param>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> file, int countMax, string label, string kind)
    {
        var list = IsPem(file.Span)
            ? Blocks(file.Span, countMax).Select(block => block.Label == label
                ? (ReadOnlyMemory<byte>)block.Der
                : throw new CertificateFormatException($"it holds a block \"{Certificate.Clean(block.Label)}\" among the {kind}s"))
            : Elements(file);
        var elements = list.Take(countMax + 1).ToList();
        return elements.Count switch
        {
            0 => throw new CertificateFormatException($"it holds no {kind}"),
            var count when count > countMax => throw new CertificateFormatException($"it holds over {countMax} {kind}s"),
            _ => elements,
        };
    }

    /// <summary>The DER of the one PKCS #8 key. Clear it when it has been read.</summary>
    /// <exception cref="CertificateFormatException">No key, several, or an encrypted one.</exception>
    internal static byte[] ReadKey(ReadOnlyMemory<byte> file)
    {
        if (!IsPem(file.Span))
        {
            return file.ToArray();
        }

        var keys = Blocks(file.Span, KeyBlocksMax).Where(block => block.Label != CertificateLabel).ToList();
        return keys switch
        {
            [{ Label: KeyLabel } key] => key.Der,
            [] => throw new CertificateFormatException("it holds no key"),
            [{ Label: "EC PRIVATE KEY" }] => throw new CertificateFormatException(
                "the key is in OpenSSL's old form; convert it: openssl pkcs8 -topk8 -nocrypt"),
            [{ Label: "ENCRYPTED PRIVATE KEY" }] => throw new CertificateFormatException("the key is encrypted"),
            [_] => throw new CertificateFormatException("it holds something that is no PKCS #8 key"),
            _ => throw new CertificateFormatException($"it holds {keys.Count} keys"),
        };
    }

    private static bool IsPem(ReadOnlySpan<byte> file) => file.IndexOf(Begin) >= 0;

    private static ReadOnlySpan<byte> Begin => "-----BEGIN "u8;

    private static List<(string Label, byte[] Der)> Blocks(ReadOnlySpan<byte> file, int blocksMax)
    {
        // Before they are looked for: a block that does not end is sought to the end of the file, every time.
        if (file.Count(Begin) > blocksMax)
        {
            throw new CertificateFormatException($"it holds over {blocksMax} blocks");
        }

        // PEM is ASCII; other bytes become '?' and can only stand in the text around it. No string: it may be a key.
        var chars = new char[file.Length];
        Encoding.ASCII.GetChars(file, chars);
        try
        {
            return Blocks(chars);
        }
        finally
        {
            Array.Clear(chars);
        }
    }

    private static List<(string Label, byte[] Der)> Blocks(ReadOnlySpan<char> text)
    {
        var blocks = new List<(string, byte[])>();
        while (PemEncoding.TryFind(text, out var fields))
        {
            var der = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(text[fields.Base64Data], der, out var length) || length != der.Length)
            {
                throw new CertificateFormatException("a block of it is no base64");
            }

            blocks.Add((text[fields.Label].ToString(), der));
            text = text[fields.Location.End..];
        }

        return text.Contains("-----BEGIN ", StringComparison.Ordinal)
            ? throw new CertificateFormatException("a block of it does not end")
            : blocks;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Elements(ReadOnlyMemory<byte> file)
    {
        while (!file.IsEmpty)
        {
            var length = DerShape.LengthOfFirst(file.Span)
                ?? throw new CertificateFormatException("it is neither PEM nor DER");
            yield return file[..length];
            file = file[length..];
        }
    }
}
