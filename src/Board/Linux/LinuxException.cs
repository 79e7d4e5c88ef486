namespace X0tta6bl4.Board.Linux;

/// <summary>
/// A system call that failed, where the caller's interface leaves no room for a result: what, on which object, why.
/// </summary>
public sealed class LinuxException : IOException
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="operation">What was tried, for example <c>GPIO_V2_GET_LINE_IOCTL line 3</c>.</param>
    /// <param name="path">The device or file.</param>
    /// <param name="errno">The kernel's error number.</param>
    public LinuxException(string operation, string path, int errno)
        : base($"{path}: {operation}: {Linux.Errno.Text(errno)}")
    {
        Operation = operation;
        Path = path;
        Errno = errno;
    }

    /// <summary>What was tried.</summary>
    public string Operation { get; }

    /// <summary>The device or file.</summary>
    public string Path { get; }

    /// <summary>The kernel's error number, see errno(3).</summary>
    public int Errno { get; }
}
