using System.Security.Cryptography;

namespace X0tta6bl4.Identity.Sealed.Linux;

/// <summary>The real file system.</summary>
internal sealed class StoreFiles : IStoreFiles
{
    public void MakeDirectory(string path)
    {
        if (Libc.Mkdir(path, 0x1C0 /* 0700 */) < 0)
        {
            throw OpenFile.Failed(path, "mkdir");
        }
    }

    public void Create(string path, ReadOnlySpan<byte> content)
    {
        using var file = OpenFile.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW);
        try
        {
            file.WriteAll(content);
            file.Sync();
        }
        catch (SealedStoreException)
        {
            // Most likely the flash is full: give back what this half of a file took. Failing here too changes nothing.
            _ = Libc.Unlink(path);
            throw;
        }
    }

    public void Rename(string from, string to)
    {
        if (Libc.Rename(from, to) < 0)
        {
            throw OpenFile.Failed(from, "rename");
        }
    }

    public void SyncDirectory(string path)
    {
        using var directory = OpenFile.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        directory.Sync();
    }

    public void RemoveFile(string path)
    {
        if (Libc.Unlink(path) < 0 && Libc.LastError != Libc.ENOENT)
        {
            throw OpenFile.Failed(path, "unlink");
        }
    }

    public void RemoveDirectory(string path)
    {
        if (Libc.Rmdir(path) < 0)
        {
            throw OpenFile.Failed(path, "rmdir");
        }
    }

    /// <summary>A whole small file, never through a symbolic link; null when there is none.</summary>
    /// <exception cref="SealedStoreException">It is no regular file, it is too large, or it cannot be read.</exception>
    public static byte[]? Read(string path, int bytesMax)
    {
        using var file = OpenFile.TryOpen(path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK);
        return file is null ? null : Read(file, path, bytesMax);
    }

    /// <summary>The rest of an open file. Clear it when it was secret.</summary>
    public static byte[] Read(OpenFile file, string path, int bytesMax)
    {
        var facts = file.Facts();
        if ((facts.Mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            throw new SealedStoreException($"{path}: it is no regular file");
        }

        // One byte more than allowed, whatever the size said is: files of /proc and /sys say 0, and a file may grow.
        var buffer = new byte[bytesMax + 1];
        try
        {
            var length = 0;
            for (int count; length < buffer.Length && (count = file.Read(buffer.AsSpan(length))) > 0;)
            {
                length += count;
            }

            return length > bytesMax
                ? throw new SealedStoreException($"{path}: it has over {bytesMax} bytes")
                : buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
