namespace X0tta6bl4.Board.Linux;

/// <summary>
/// Replaces a small file so that a power cut leaves either the old or the new content: write beside it, fsync, rename,
/// fsync the folder (rename(2), fsync(2)). Without the first fsync ext4 and ubifs may keep the new name with no
/// content.
/// </summary>
internal static unsafe class AtomicFile
{
    /// <summary>Writes the file; readable by its owner only.</summary>
    /// <returns>0, or the error number of the step that failed; the old content is then still there.</returns>
    public static int Replace(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".new";
        var errno = WriteAndSync(beside, content);
        if (errno != 0)
        {
            _ = Libc.Unlink(beside);
            return errno;
        }

        if (Libc.Rename(beside, path) < 0)
        {
            return Errno.Last;
        }

        return SyncFolder(Path.GetDirectoryName(path) ?? "/");
    }

    private static int WriteAndSync(string path, ReadOnlySpan<byte> content)
    {
        var fd = Libc.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_CLOEXEC, 0x180 /* 0600 */);
        if (fd < 0)
        {
            return Errno.Last;
        }

        try
        {
            fixed (byte* start = content)
            {
                for (var done = 0; done < content.Length;)
                {
                    var wrote = Libc.Write(fd, start + done, (nuint)(content.Length - done));
                    if (wrote < 0)
                    {
                        if (Errno.Last == Errno.EINTR)
                        {
                            continue;
                        }

                        return Errno.Last;
                    }

                    done += (int)wrote;
                }
            }

            return Libc.Fsync(fd) < 0 ? Errno.Last : 0;
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private static int SyncFolder(string path)
    {
        var fd = Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        var errno = Libc.Fsync(fd) < 0 ? Errno.Last : 0;
        _ = Libc.Close(fd);
        // Some file systems (overlay on tmpfs) refuse fsync of a folder with EINVAL; there is nothing to lose there.
        return errno == Errno.EINVAL ? 0 : errno;
    }
}
