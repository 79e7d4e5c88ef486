using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace X0tta6bl4.Identity.Sealed.Linux;

/// <summary>A descriptor and the path it was opened by, so that every failure names its file.</summary>
internal sealed unsafe class OpenFile : SafeHandleMinusOneIsInvalid
{
    private readonly string _path;

    private OpenFile(int fd, string path)
        : base(ownsHandle: true)
    {
        _path = path;
        SetHandle(fd);
    }

    public int Descriptor => (int)handle;

    /// <summary>Opens it; null when there is none.</summary>
    /// <exception cref="SealedStoreException">It is there and cannot be opened.</exception>
    public static OpenFile? TryOpen(string path, int flags)
    {
        int fd;
        do
        {
            fd = Libc.Open(path, flags | Libc.O_CLOEXEC, 0x180 /* 0600 */);
        }
        while (fd < 0 && Libc.LastError == Libc.EINTR);

        return fd >= 0 ? new OpenFile(fd, path) : Libc.LastError == Libc.ENOENT ? null : throw Failed(path, "open");
    }

    /// <inheritdoc cref="TryOpen"/>
    public static OpenFile Open(string path, int flags) => TryOpen(path, flags) ?? throw Failed(path, "open", Libc.ENOENT);

    /// <summary>Takes over a descriptor made elsewhere.</summary>
    public static OpenFile Own(int fd, string path) => fd >= 0 ? new OpenFile(fd, path) : throw Failed(path, "open");

    /// <summary>Kind, owner, mode and size.</summary>
    public Libc.FileFacts Facts()
    {
        Libc.FileFacts facts;
        return Libc.Statx(Descriptor, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &facts) < 0 ? throw Failed(_path, "statx") : facts;
    }

    public void WriteAll(ReadOnlySpan<byte> content)
    {
        fixed (byte* start = content)
        {
            for (var done = 0; done < content.Length;)
            {
                var wrote = Libc.Write(Descriptor, start + done, (nuint)(content.Length - done));
                if (wrote < 0 && Libc.LastError != Libc.EINTR)
                {
                    throw Failed(_path, "write");
                }

                done += (int)Math.Max(wrote, 0);
            }
        }
    }

    /// <summary>Some bytes; 0 at the end.</summary>
    public int Read(Span<byte> into)
    {
        fixed (byte* start = into)
        {
            nint count;
            do
            {
                count = Libc.Read(Descriptor, start, (nuint)into.Length);
            }
            while (count < 0 && Libc.LastError == Libc.EINTR);

            return count < 0 ? throw Failed(_path, "read") : (int)count;
        }
    }

    public void Sync()
    {
        // Some file systems (overlay on tmpfs) refuse fsync of a folder with EINVAL; there is nothing to lose there.
        if (Libc.Fsync(Descriptor) < 0 && Libc.LastError != Libc.EINVAL)
        {
            throw Failed(_path, "fsync");
        }
    }

    /// <summary>The failure of the last call, for people.</summary>
    public static SealedStoreException Failed(string path, string operation) => Failed(path, operation, Libc.LastError);

    private static SealedStoreException Failed(string path, string operation, int errno) =>
        new($"{path}: {operation}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
