using System.Text;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>What kind of thing went wrong.</summary>
public enum NetlinkFailure
{
    /// <summary>The kernel answered with an errno.</summary>
    Refused = 0,

    /// <summary>A system call on the socket failed.</summary>
    Socket = 1,

    /// <summary>No answer in time.</summary>
    TimedOut = 2,

    /// <summary>The answer was cut: longer than the buffer, or the queue overflowed.</summary>
    Truncated = 3,

    /// <summary>The answer's bytes do not parse.</summary>
    Malformed = 4,

    /// <summary>The answer lacks an attribute it must have.</summary>
    MissingAttribute = 5,

    /// <summary>The table changed during every attempt to dump it.</summary>
    DumpInterrupted = 6,

    /// <summary>Our request or the kernel's answer is over a limit of <see cref="NetlinkLimits"/>.</summary>
    OverLimit = 7,
}

/// <summary>
/// The one error of this library. The message says what was tried, on which object, what the kernel said, and what
/// to do about it.
/// </summary>
public sealed class NetlinkException : Exception
{
    internal NetlinkException(
        NetlinkFailure failure,
        string operation,
        string? subject,
        int errno = 0,
        string? detail = null,
        string? kernelText = null,
        uint? kernelOffset = null,
        string? hint = null
    )
        : base(Compose(operation, subject, errno, detail, kernelText, kernelOffset, hint ?? Errno.Hint(errno)))
    {
        Failure = failure;
        Operation = operation;
        Subject = subject;
        ErrorNumber = errno;
        KernelText = kernelText;
        KernelOffset = kernelOffset;
    }

    /// <summary>What kind of thing went wrong.</summary>
    public NetlinkFailure Failure { get; }

    /// <summary>What was tried, for example "batadv GET_ORIGINATORS".</summary>
    public string Operation { get; }

    /// <summary>On which object, for example "mesh interface 7"; null when there is none.</summary>
    public string? Subject { get; }

    /// <summary>The kernel's errno as a positive number (errno.h); 0 when there is none.</summary>
    public int ErrorNumber { get; }

    /// <summary>The kernel's extended-ACK text (NLMSGERR_ATTR_MSG); null when it gave none.</summary>
    public string? KernelText { get; }

    /// <summary>Offset in our request of the attribute the kernel complains about (NLMSGERR_ATTR_OFFS).</summary>
    public uint? KernelOffset { get; }

    /// <summary>EPERM or EACCES: the process lacks CAP_NET_ADMIN.</summary>
    public bool IsPermission => ErrorNumber is Errno.EPERM or Errno.EACCES;

    /// <summary>ENODEV: the interface does not exist (any more) or is not of the right kind.</summary>
    public bool IsNoSuchInterface => ErrorNumber == Errno.ENODEV;

    /// <summary>The batman-adv module is not loaded (its generic netlink family does not exist).</summary>
    public bool IsFamilyMissing { get; internal init; }

    /// <summary>EEXIST: the object to create exists.</summary>
    public bool IsAlreadyThere => ErrorNumber == Errno.EEXIST;

    private static string Compose(
        string operation,
        string? subject,
        int errno,
        string? detail,
        string? kernelText,
        uint? kernelOffset,
        string? hint
    )
    {
        var text = new StringBuilder(operation);
        if (subject is not null)
        {
            text.Append(" on ").Append(subject);
        }

        text.Append(" failed");
        char separator = ':';
        void Add(string part)
        {
            text.Append(separator).Append(' ').Append(part);
            separator = ';';
        }

        if (errno != 0)
        {
            Add(Errno.Describe(errno));
        }

        if (detail is not null)
        {
            Add(detail);
        }

        if (kernelText is not null)
        {
            Add($"the kernel says \"{kernelText}\"");
        }

        if (kernelOffset is not null)
        {
            Add($"at byte {kernelOffset} of the request");
        }

        text.Append('.');
        if (hint is not null)
        {
            text.Append(' ').Append(hint);
        }

        return text.ToString();
    }
}
