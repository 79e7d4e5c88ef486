using System.Globalization;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// What lies where in a store, and which of it counts.
/// <code>
/// lock                        held while somebody is at work
/// generation-7/key            the data key, wrapped (<see cref="KeyFile"/>)
/// generation-7/NAME.sealed    one secret (<see cref="Envelope"/>)
/// generation-7/NAME.sealed.new, generation-8.new/     not finished: a power cut left it, the next one at work removes it
/// </code>
/// The highest generation counts. A rotation makes the next one beside it, whole, and gives it its name at the end: that one
/// rename is the moment from which the new key is the key.
/// </summary>
internal static class StoreLayout
{
    private const string GenerationPrefix = "generation-";
    private const string SealedSuffix = ".sealed";

    /// <summary>Ends the name of what is not finished.</summary>
    public const string NewSuffix = ".new";

    public static string LockOf(string store) => Path.Combine(store, "lock");

    public static string DirectoryOf(string store, uint generation) => Path.Combine(store, string.Create(CultureInfo.InvariantCulture, $"{GenerationPrefix}{generation}"));

    public static string KeyOf(string directory) => Path.Combine(directory, "key");

    public static string SecretOf(string directory, string name) => Path.Combine(directory, name + SealedSuffix);

    /// <summary>Finished generations, the highest first.</summary>
    public static List<uint> Generations(string store)
    {
        var found = new List<uint>();
        foreach (var entry in Entries(store))
        {
            if (Number(entry) is { } number)
            {
                found.Add(number);
            }
        }

        found.Sort((a, b) => b.CompareTo(a));
        return found;
    }

    /// <summary>Directories of generations that were not finished.</summary>
    public static IEnumerable<string> UnfinishedGenerations(string store) =>
        Entries(store).Where(e => e.EndsWith(NewSuffix, StringComparison.Ordinal) && Number(e[..^NewSuffix.Length]) is not null)
            .Select(e => Path.Combine(store, e));

    /// <summary>Names of the secrets in a generation, in order.</summary>
    public static List<string> Secrets(string directory)
    {
        var names = Entries(directory).Select(e => Name(e)).OfType<string>().ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Secrets that were not finished.</summary>
    public static IEnumerable<string> UnfinishedSecrets(string directory) =>
        Entries(directory).Where(e => e.EndsWith(NewSuffix, StringComparison.Ordinal) && Name(e[..^NewSuffix.Length]) is not null)
            .Select(e => Path.Combine(directory, e));

    /// <summary>Removes a directory of ours with what the store puts into one; strangers' files keep it there.</summary>
    public static void Remove(IStoreFiles files, string directory)
    {
        // First of all: without it the rest is noise.
        files.RemoveFile(KeyOf(directory));
        foreach (var name in Secrets(directory))
        {
            files.RemoveFile(SecretOf(directory, name));
        }

        foreach (var path in UnfinishedSecrets(directory))
        {
            files.RemoveFile(path);
        }

        files.RemoveDirectory(directory);
    }

    /// <exception cref="SealedStoreException">The directory is there and cannot be read, or is not kept for us alone.</exception>
    public static bool Exists(string store)
    {
        const int GroupOrOthersWrite = 0x12; // 022
        using var directory = OpenFile.TryOpen(store, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
        if (directory is null)
        {
            return false;
        }

        var facts = directory.Facts();
        if ((facts.Mode & GroupOrOthersWrite) != 0)
        {
            throw new SealedStoreException($"{store}: others may write into this directory, so it is not used as a store: chmod 0700 {store}");
        }

        return facts.Uid == 0 || facts.Uid == Libc.Geteuid()
            ? true
            : throw new SealedStoreException($"{store}: the directory belongs to user {facts.Uid}, so it is not used as a store: chown it to whoever runs the agent");
    }

    private static string? Name(string entry)
    {
        if (!entry.EndsWith(SealedSuffix, StringComparison.Ordinal))
        {
            return null;
        }

        var name = entry[..^SealedSuffix.Length];
        return SecretName.Problem(name) is null ? name : null;
    }

    private static uint? Number(string entry) =>
        entry.StartsWith(GenerationPrefix, StringComparison.Ordinal)
        && uint.TryParse(entry.AsSpan(GenerationPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0 && entry[GenerationPrefix.Length] != '0' ? number : null;

    private static List<string> Entries(string directory)
    {
        try
        {
            var entries = Directory.EnumerateFileSystemEntries(directory).Take(SealedLimits.DirectoryEntriesMax + 1)
                .Select(p => Path.GetFileName(p)).ToList();
            return entries.Count <= SealedLimits.DirectoryEntriesMax
                ? entries
                : throw new SealedStoreException($"{directory}: it has over {SealedLimits.DirectoryEntriesMax} entries: take out what does not belong there");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or (IOException and not SealedStoreException))
        {
            throw new SealedStoreException($"{directory}: it cannot be read: {exception.Message}", exception);
        }
    }
}
