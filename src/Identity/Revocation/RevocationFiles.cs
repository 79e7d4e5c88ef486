using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>Where the files are.</summary>
/// <param name="Lists">Absolute paths of revocation lists, or of folders of them (PEM or DER, any number in a file).</param>
/// <param name="Staple">Absolute path of the OCSP response about our own certificate (DER); null when there is none to show.</param>
public sealed record RevocationPaths(IReadOnlyList<string> Lists, string? Staple)
{
    /// <summary>Most files.</summary>
    public const int FilesMax = 32;

    /// <summary>Most bytes of a file: the longest list, in PEM.</summary>
    public const int FileBytesMax = 3 * 1024 * 1024 / 2;
}

/// <summary>Reads revocation lists and our own OCSP response, each list or folder whole or not at all.</summary>
public static class RevocationFiles
{
    private const string ListLabel = "X509 CRL";

    /// <summary>Every list in these files and folders.</summary>
    /// <param name="paths">Absolute.</param>
    /// <exception cref="CertificateFormatException">One of the files is no list; the message names it.</exception>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One of them may not be read.</exception>
    public static IReadOnlyList<RevocationList> Read(IReadOnlyList<string> paths)
    {
        var files = paths.SelectMany(FilesOf).Distinct(StringComparer.Ordinal).Take(RevocationPaths.FilesMax + 1).ToList();
        return files.Count <= RevocationPaths.FilesMax
            ? [.. files.SelectMany(ReadFile)]
            : throw new CertificateFormatException($"there are over {RevocationPaths.FilesMax} files of revocation lists");
    }

    /// <summary>The lists of one file.</summary>
    /// <param name="path">PEM or DER.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="CertificateFormatException">It is no list; the message names the file.</exception>
    public static IReadOnlyList<RevocationList> ReadFile(string path) => Named(path, () => (IReadOnlyList<RevocationList>)
    [
        .. CertificateList.Read(BoundedFile.Read(path, RevocationPaths.FileBytesMax), RevocationLists.ListsMax, ListLabel, "revocation list")
            .Select(RevocationList.Read),
    ]);

    /// <summary>Our own OCSP response.</summary>
    /// <exception cref="CertificateFormatException">It is none; the message names the file.</exception>
    internal static OcspStaple ReadStaple(string path) => Named(path, () =>
    {
        var der = BoundedFile.Read(path, RevocationCheck.StapleBytesMax);
        return new OcspStaple(der, OcspResponse.Read(der));
    });

    /// <summary>What to watch: each path, and what is inside it if it is a folder, or will be one.</summary>
    internal static IEnumerable<string> Watched(RevocationPaths paths) =>
        paths.Lists.SelectMany(path => (string[])[path, Path.Combine(path, "*")]).Concat(paths.Staple is { } staple ? [staple] : []);

    // In the order of their names, so that two readers see the same. Hidden ones are somebody's half-written copies.
    private static IEnumerable<string> FilesOf(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)
        : [path];

    private static T Named<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CertificateFormatException exception) when (!exception.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new CertificateFormatException($"{path}: {exception.Message}", exception);
        }
    }
}
