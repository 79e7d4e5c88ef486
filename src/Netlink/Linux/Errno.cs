namespace X0tta6bl4.Netlink.Linux;

/// <summary>
/// The errno values this library names (asm-generic/errno-base.h and errno.h: the same on x86-64 and AArch64).
/// </summary>
[UapiConstants("errno.h")]
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int ENODEV = 19;
    public const int EINVAL = 22;
    public const int ERANGE = 34;
    public const int EMSGSIZE = 90;
    public const int EPROTONOSUPPORT = 93;
    public const int EOPNOTSUPP = 95;
    public const int EAFNOSUPPORT = 97;
    public const int EADDRINUSE = 98;
    public const int EADDRNOTAVAIL = 99;
    public const int ENETDOWN = 100;
    public const int ENOBUFS = 105;

    public static string Describe(int errno) =>
        errno switch
        {
            EPERM => "EPERM (operation not permitted)",
            ENOENT => "ENOENT (no such entry)",
            EAGAIN => "EAGAIN (try again)",
            ENOMEM => "ENOMEM (out of memory)",
            EACCES => "EACCES (permission denied)",
            EBUSY => "EBUSY (in use)",
            EEXIST => "EEXIST (already exists)",
            ENODEV => "ENODEV (no such interface)",
            EINVAL => "EINVAL (invalid argument)",
            ERANGE => "ERANGE (out of range)",
            EMSGSIZE => "EMSGSIZE (message too long)",
            EPROTONOSUPPORT => "EPROTONOSUPPORT (protocol not supported)",
            EOPNOTSUPP => "EOPNOTSUPP (not supported)",
            EAFNOSUPPORT => "EAFNOSUPPORT (address family not supported)",
            EADDRINUSE => "EADDRINUSE (address in use)",
            EADDRNOTAVAIL => "EADDRNOTAVAIL (address not available)",
            ENETDOWN => "ENETDOWN (network is down)",
            ENOBUFS => "ENOBUFS (no buffer space)",
            _ => $"errno {errno}",
        };

    public static string? Hint(int errno) =>
        errno switch
        {
            EPERM or EACCES => "It needs CAP_NET_ADMIN: run as root or grant the capability.",
            ENODEV => "There is no such interface, or it is not of the needed kind: check `ip -d link`.",
            EOPNOTSUPP => "This kernel cannot do it: it is older, or was built without the feature.",
            EBUSY => "Something else holds it: check its master with `ip -d link`.",
            _ => null,
        };
}
