using System.ComponentModel;
using System.Runtime.InteropServices;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// fsync(2) of a folder: a file that was made or renamed in it is there after a power cut. The framework opens no folders.
/// </summary>
internal static partial class FolderSync
{
    private const int ReadOnlyFolder = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC on x86-64; see Flags
    private const int Inval = 22; // EINVAL: a file system (overlay on tmpfs) that has nothing to lose there

    // O_DIRECTORY is 0200000 on x86 and 040000 on arm (asm-generic against arch/arm64/include/uapi/asm/fcntl.h).
    private static int Flags => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 | 0x80000 : ReadOnlyFolder;

    /// <exception cref="IOException">The folder could not be synced.</exception>
    public static void Sync(string folder)
    {
        var descriptor = Open(folder, Flags, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        try
        {
            if (Fsync(descriptor) < 0 && Marshal.GetLastPInvokeError() is var error && error != Inval)
            {
                throw new IOException($"{folder}: it cannot be synced: {new Win32Exception(error).Message}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
