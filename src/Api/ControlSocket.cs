using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Api;

/// <summary>
/// The path of the control socket: who may have it, and with what permissions. One agent at a time holds a lock file
/// beside the socket (flock(2), gone with its process), so two agents starting at once cannot both think the other is
/// dead; a socket left by a crash is removed only when nobody answers on it.
/// </summary>
public static partial class ControlSocket
{
    /// <summary>Where the control socket is unless the configuration says otherwise.</summary>
    public const string DefaultPath = "/run/x0tta6bl4/control.sock";

    /// <summary>Longest path in bytes: sockaddr_un has 108 with the terminating NUL, unix(7).</summary>
    public const int PathBytesMax = 107;

    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the path free to bind and holds it against other agents until disposed.</summary>
    /// <exception cref="ApiListenException">Another agent has it, something else is there, or the directory cannot be
    /// made.</exception>
    internal static IDisposable Claim(string path, ILogger logger)
    {
        if (path.Length == 0 || path[0] != '/' || Encoding.UTF8.GetByteCount(path) > PathBytesMax)
        {
            throw new ApiListenException(
                path,
                $"a socket path is absolute and has at most {PathBytesMax} bytes",
                "set api.socket to a shorter absolute path");
        }

        FileStream claim;
        try
        {
            // Only a directory that is missing is made, and then for us alone; one that exists belongs to somebody's
            // policy.
            var directory = Path.GetDirectoryName(path)!;
            if (!Directory.Exists(directory))
            {
                Directory.CreateDirectory(directory, DirectoryMode);
            }

            claim = new FileStream(path + ".lock", new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = SocketMode,
            });
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ApiListenException(
                path,
                "no permission",
                "run the agent as root or set api.socket to a path it may write",
                error);
        }
        catch (IOException error) when (error.HResult == EWouldBlock)
        {
            throw InUse(path, error);
        }
        catch (IOException error)
        {
            throw new ApiListenException(path, error.Message, "set api.socket to a path that can be written", error);
        }

        try
        {
            RemoveStale(path, logger);
            return claim;
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Binds with the right mode from the first moment: nobody can connect before listen(2), which comes after this.
    /// </summary>
    internal static Socket Bind(EndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            File.SetUnixFileMode(endPoint.ToString()!, SocketMode);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void RemoveStale(string path, ILogger logger)
    {
        if (!TryGetType(path, out var isSocket))
        {
            return;
        }

        if (!isSocket)
        {
            throw new ApiListenException(
                path,
                "something that is not a socket is there",
                "remove it or set api.socket to another path");
        }

        if (Answers(path))
        {
            throw InUse(path, inner: null);
        }

        File.Delete(path);
        logger.StaleSocketRemoved(path);
    }

    private static bool Answers(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            Blocking = false,
        };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException error)
        {
            // EAGAIN: somebody listens and its backlog is full. Only a refusal proves that nobody does.
            return error.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }

    private static ApiListenException InUse(string path, Exception? inner) => new(
        path,
        "another agent has this socket",
        "stop it first ('x0tta6bl4 status' asks it), or give this one its own api.socket",
        inner);

    /// <summary>
    /// False when nothing is there. .NET tells a socket from a file nowhere, and unlinking a file would be
    /// unforgivable.
    /// </summary>
    private static bool TryGetType(string path, out bool isSocket)
    {
        isSocket = false;
        var status = default(Statx);
        if (StatxOf(AtFdCwd, path, AtSymlinkNoFollow, StatxType, ref status) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno == ENoEnt
                ? false
                : throw new ApiListenException(
                    path,
                    $"statx failed: {Marshal.GetPInvokeErrorMessage(errno)}",
                    "check the path's directories");
        }

        isSocket = (status.Mode & FileTypeMask) == FileTypeSocket;
        return true;
    }

    // linux/stat.h, linux/fcntl.h, asm-generic/errno-base.h. statx and not stat: its struct is the same on every
    // architecture.
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxType = 0x1;
    private const int ENoEnt = 2;

    // What .NET puts into HResult when flock(2) finds the file locked; there is no exception type of its own for it.
    private const int EWouldBlock = 11;
    private const ushort FileTypeMask = 0xF000;
    private const ushort FileTypeSocket = 0xC000;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxOf(int directory, string path, int flags, uint mask, ref Statx status);

    /// <summary>struct statx: 256 bytes, stx_mode (u16) at offset 28.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(28)]
        public ushort Mode;
    }
}
