using System.Runtime.InteropServices;

namespace X0tta6bl4.Board.Linux;

/// <summary>Error numbers of &lt;errno.h&gt; that lead to different advice.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int ENXIO = 6;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int ENODEV = 19;
    public const int EINVAL = 22;

    /// <summary>The last call's error number.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>For people: the C library's words and the number.</summary>
    public static string Text(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
