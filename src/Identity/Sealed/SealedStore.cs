using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed.KeySources;
using X0tta6bl4.Identity.Sealed.Linux;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// Secrets on flash, sealed with a data key that only this board can unwrap (docs/secrets.md). Made by the first
/// <see cref="Put"/>. Each call locks the store, so that several threads and processes may share it; the data key stays in memory
/// until the store is disposed of or another process has rotated it.
/// </summary>
public sealed class SealedStore : ISecretStore, IDisposable
{
    private readonly string _directory;
    private readonly KeySourceChoice _sources;
    private readonly IStoreFiles _files;
    private readonly TimeSpan _lockWait;
    private readonly Lock _gate = new();

    /// <summary>The key file the data key was unwrapped from, and the key: good as long as the file is that one.</summary>
    private (byte[] File, DataKey Key)? _unwrapped;

    /// <summary>Touches no file yet.</summary>
    public SealedStore(SealedStoreOptions options)
        : this(options, new StoreFiles(), SealedLimits.LockWaitMax)
    {
    }

    internal SealedStore(SealedStoreOptions options, IStoreFiles files, TimeSpan lockWait)
    {
        _directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Directory));
        _sources = new KeySourceChoice(options);
        _files = files;
        _lockWait = lockWait;
    }

    /// <inheritdoc/>
    public byte[]? Get(string name)
    {
        SecretName.Check(name);
        return InStore(null, (directory, generation) =>
        {
            var path = StoreLayout.SecretOf(directory, name);
            return StoreFiles.Read(path, Envelope.BytesMax) is { } file ? Envelope.Open(Unwrap(directory, generation), name, file, path) : null;
        });
    }

    /// <inheritdoc/>
    public void Put(string name, ReadOnlySpan<byte> content)
    {
        SecretName.Check(name);
        if (content.Length > SealedLimits.SecretBytesMax)
        {
            throw new SealedStoreException($"the secret \"{name}\" has {content.Length} bytes, at most {SealedLimits.SecretBytesMax} can be stored");
        }

        lock (_gate)
        {
            MakeDirectory();
            using var held = StoreLock.Take(StoreLayout.LockOf(_directory), _lockWait);
            var (directory, key) = StoreLayout.Generations(_directory) is [var generation, ..]
                ? (StoreLayout.DirectoryOf(_directory, generation), Unwrap(StoreLayout.DirectoryOf(_directory, generation), generation))
                : Begin();
            var names = StoreLayout.Secrets(directory);
            if (names.Count >= SealedLimits.SecretsMax && !names.Contains(name))
            {
                throw new SealedStoreException($"{directory}: it holds {names.Count} secrets, and that is the most: remove one");
            }

            var path = StoreLayout.SecretOf(directory, name);
            _files.Create(path + StoreLayout.NewSuffix, Envelope.Seal(key, name, content));
            _files.Rename(path + StoreLayout.NewSuffix, path);
            _files.SyncDirectory(directory);
        }
    }

    /// <inheritdoc/>
    public void Remove(string name)
    {
        SecretName.Check(name);
        InStore(false, (directory, _) =>
        {
            _files.RemoveFile(StoreLayout.SecretOf(directory, name));
            _files.SyncDirectory(directory);
            return true;
        });
    }

    /// <summary>Every secret by name, from the labels of the files: needs no key.</summary>
    /// <exception cref="SealedStoreException">The store cannot be read.</exception>
    public IReadOnlyList<SecretEntry> List() => InStore<IReadOnlyList<SecretEntry>>([], (directory, generation) =>
        [.. StoreLayout.Secrets(directory).Select(name => Entry(StoreLayout.SecretOf(directory, name), name, generation))])!;

    /// <summary>
    /// Makes a new data key under a new sealing key of the same source, seals every secret anew, and removes the old ones. All or
    /// nothing, whenever the power goes. Copies of the old files stay readable to who has both them and the source.
    /// </summary>
    /// <returns>The new generation and how many secrets it has.</returns>
    /// <exception cref="SealedStoreException">Nothing was changed: a secret does not open, or the source is not there.</exception>
    public (uint Generation, int Secrets) Rotate()
    {
        var rotated = InStore(default, (directory, generation) =>
        {
            var old = Unwrap(directory, generation);
            if (generation == uint.MaxValue)
            {
                throw new SealedStoreException($"{directory}: there is no generation after this one");
            }

            var next = generation + 1;
            var count = Make(next, old.Source, old.StoreId.ToArray(), (beside, key) => Reseal(directory, old, beside, key));
            Forget();
            try
            {
                StoreLayout.Remove(_files, directory);
                _files.SyncDirectory(_directory);
            }
            catch (SealedStoreException exception)
            {
                throw new SealedStoreException(
                    $"generation {next} is in use, but the old one could not be removed: {exception.Message}; remove {directory} by hand", exception);
            }

            return (next, count);
        });
        return rotated.Item1 > 0 ? rotated : throw new SealedStoreException($"{_directory}: there is no store to rotate");
    }

    /// <summary>Clears the data key.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Forget();
        }
    }

    /// <summary>Does something with the current generation, alone; gives the other value when there is no store.</summary>
    private T? InStore<T>(T? without, Func<string, uint, T?> work)
    {
        lock (_gate)
        {
            if (!StoreLayout.Exists(_directory))
            {
                return without;
            }

            using var held = StoreLock.Take(StoreLayout.LockOf(_directory), _lockWait);
            return StoreLayout.Generations(_directory) is [var generation, ..]
                ? work(StoreLayout.DirectoryOf(_directory, generation), generation)
                : without;
        }
    }

    /// <summary>The data key of the current generation; what a power cut left behind is removed once it is proved to be right.</summary>
    private DataKey Unwrap(string directory, uint generation)
    {
        var path = StoreLayout.KeyOf(directory);
        var file = StoreFiles.Read(path, SealedLimits.KeyFileBytesMax) ?? throw new SealedStoreException(
            $"{path}: the key file is not there, and without it the store cannot be opened: restore it, or move {_directory} away and put the secrets again");
        if (_unwrapped is not { } unwrapped || unwrapped.Key.Generation != generation || !unwrapped.File.AsSpan().SequenceEqual(file))
        {
            Forget();
            _unwrapped = (file, KeyFile.Open(file, path, generation, _sources.Of));
        }

        Clean(directory, generation);
        return _unwrapped.Value.Key;
    }

    private void Clean(string directory, uint generation)
    {
        foreach (var path in StoreLayout.UnfinishedSecrets(directory))
        {
            _files.RemoveFile(path);
        }

        foreach (var path in StoreLayout.UnfinishedGenerations(_directory))
        {
            Discard(path);
        }

        foreach (var older in StoreLayout.Generations(_directory).Where(g => g < generation))
        {
            Discard(StoreLayout.DirectoryOf(_directory, older));
        }
    }

    /// <summary>The first generation of a new store.</summary>
    private (string Directory, DataKey Key) Begin()
    {
        foreach (var path in StoreLayout.UnfinishedGenerations(_directory))
        {
            StoreLayout.Remove(_files, path);
        }

        const uint First = 1;
        Make(First, _sources.Best().Kind, RandomNumberGenerator.GetBytes(Envelope.StoreIdBytes), (_, _) => 0);
        var directory = StoreLayout.DirectoryOf(_directory, First);
        return (directory, Unwrap(directory, First));
    }

    /// <summary>Makes a generation beside the current one, whole, and gives it its name: from then on it is the current one.</summary>
    private int Make(uint generation, SealingKeySourceKind source, byte[] storeId, Func<string, DataKey, int> fill)
    {
        var directory = StoreLayout.DirectoryOf(_directory, generation);
        var beside = directory + StoreLayout.NewSuffix;
        int count;
        using (var key = KeyFile.Create(_sources.Of(source), storeId, generation, out var file))
        {
            _files.MakeDirectory(beside);
            try
            {
                _files.Create(StoreLayout.KeyOf(beside), file);
                count = fill(beside, key);
                _files.SyncDirectory(beside);
                _files.Rename(beside, directory);
            }
            catch (SealedStoreException)
            {
                Discard(beside);
                throw;
            }
        }

        _files.SyncDirectory(_directory);
        return count;
    }

    private int Reseal(string directory, DataKey old, string beside, DataKey key)
    {
        var names = StoreLayout.Secrets(directory);
        foreach (var name in names)
        {
            var path = StoreLayout.SecretOf(directory, name);
            var secret = Envelope.Open(
                old, name, StoreFiles.Read(path, Envelope.BytesMax) ?? throw new SealedStoreException($"{path}: it went away"), path);
            try
            {
                _files.Create(StoreLayout.SecretOf(beside, name), Envelope.Seal(key, name, secret));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }

        return names.Count;
    }

    /// <summary>
    /// Gives back the space of a generation that does not count. It does not have to succeed: a stranger's file in there must
    /// neither hide the failure that led here nor keep the secrets that do count from being read.
    /// </summary>
    private void Discard(string directory)
    {
        try
        {
            StoreLayout.Remove(_files, directory);
        }
        catch (SealedStoreException)
        {
            // Said above; the next one at work tries again.
        }
    }

    private void MakeDirectory()
    {
        if (StoreLayout.Exists(_directory))
        {
            return;
        }

        var parent = Path.GetDirectoryName(_directory) ?? "/";
        MakeParent(parent);
        try
        {
            _files.MakeDirectory(_directory);
        }
        catch (SealedStoreException) when (StoreLayout.Exists(_directory))
        {
            return; // Another process was faster.
        }

        _files.SyncDirectory(parent);
    }

    private void MakeParent(string directory)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        if (Directory.Exists(directory) || Path.GetDirectoryName(directory) is not { } parent)
        {
            return;
        }

        MakeParent(parent);
        try
        {
            Directory.CreateDirectory(directory, Owner | Others);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new SealedStoreException($"{directory}: it cannot be made: {exception.Message}", exception);
        }

        _files.SyncDirectory(parent);
    }

    private static SecretEntry Entry(string path, string name, uint generation)
    {
        try
        {
            var label = Envelope.Read(StoreFiles.Read(path, Envelope.BytesMax) ?? [], path);
            return new SecretEntry(name, label.SecretBytes, label.Generation, label.Source.Text(), label.Generation == generation
                ? null
                : $"{path}: damaged, or an old copy: it names another key generation than its directory");
        }
        catch (SealedStoreException exception)
        {
            return new SecretEntry(name, 0, 0, "", exception.Message);
        }
    }

    private void Forget()
    {
        _unwrapped?.Key.Dispose();
        _unwrapped = null;
    }
}
