using System.Text;

namespace X0tta6bl4.Board.Linux;

/// <summary>
/// Where <c>/sys</c>, <c>/proc</c>, <c>/dev</c> and <c>/tmp</c> begin: <c>/</c> on a router, a temporary folder in a
/// test. Reads and writes the small attribute files found there with plain system calls, because their error numbers
/// decide the advice given, and because an attribute must never be created by writing it. Thread-safe.
/// </summary>
public sealed unsafe class SysRoot
{
    /// <summary>Largest attribute read, in bytes; the longest known is a LED's trigger list (a few KiB).</summary>
    public const int AttributeBytesMax = 64 * 1024;

    private readonly string _root;

    /// <summary>Puts everything below a folder.</summary>
    /// <param name="root">Absolute path; <c>/</c> for the real thing.</param>
    public SysRoot(string root) => _root = root.TrimEnd('/');

    /// <summary>The running system.</summary>
    public static SysRoot Real { get; } = new("/");

    /// <summary>The place of an absolute path below this root.</summary>
    public string Path(string absolute) => _root + absolute;

    /// <summary>Reads an attribute, without the line end at its end.</summary>
    /// <returns>The text, or null when it cannot be read (absent, no permission, larger than the limit).</returns>
    public string? Read(string absolute) => Read(absolute, out _);

    /// <inheritdoc cref="Read(string)"/>
    internal string? Read(string absolute, out int errno)
    {
        var fd = Libc.Open(Path(absolute), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            errno = Errno.Last;
            return null;
        }

        try
        {
            return ReadAll(fd, out errno);
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    /// <summary>Writes an attribute that exists.</summary>
    /// <returns>0, or the error number.</returns>
    internal int Write(string absolute, string value)
    {
        var fd = Libc.Open(Path(absolute), Libc.O_WRONLY | Libc.O_TRUNC | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Errno.Last;
        }

        try
        {
            // One write(2): the kernel parses an attribute a call at a time.
            var bytes = Encoding.UTF8.GetBytes(value);
            fixed (byte* start = bytes)
            {
                var wrote = Libc.Write(fd, start, (nuint)bytes.Length);
                return wrote < 0 ? Errno.Last : wrote == bytes.Length ? 0 : Errno.EINVAL;
            }
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    /// <summary>Names of the entries of a folder in ordinal order; none when it does not exist.</summary>
    public IReadOnlyList<string> List(string absolute)
    {
        try
        {
            var names = Directory.GetFileSystemEntries(Path(absolute)).Select(e => System.IO.Path.GetFileName(e)).ToArray();
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No such class in this kernel, or not for us: both read as "nothing there".
            return [];
        }
    }

    private static string? ReadAll(int fd, out int errno)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            nint got;
            fixed (byte* start = buffer)
            {
                got = Libc.Read(fd, start + length, (nuint)(buffer.Length - length));
            }

            if (got <= 0)
            {
                errno = got < 0 ? Errno.Last : 0;
                return got < 0 ? null : Encoding.UTF8.GetString(buffer, 0, length).TrimEnd('\n', '\0');
            }

            length += (int)got;
            if (length == buffer.Length)
            {
                if (length >= AttributeBytesMax)
                {
                    errno = Errno.EINVAL;
                    return null;
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }
}
