namespace X0tta6bl4.Netlink;

/// <summary>
/// Every limit of this library, in one place: nothing a kernel or a process sends can make us wait or grow for ever.
/// </summary>
public static class NetlinkLimits
{
    /// <summary>
    /// Receive buffer, bytes. A dump's kernel-side buffer grows to what the reader offers but never over 32 KiB
    /// (net/netlink/af_netlink.c, netlink_recvmsg), so this is both the fewest system calls and never too short.
    /// </summary>
    public const int ReceiveBufferBytes = 32 * 1024;

    /// <summary>Longest request we send, bytes.</summary>
    public const int RequestBufferBytes = 2 * 1024;

    /// <summary>Kernel queue asked for on a request socket, bytes: a few dump buffers.</summary>
    public const int RequestQueueBytes = 256 * 1024;

    /// <summary>
    /// Kernel queue asked for on an event socket, bytes: about a thousand link events while the reader is busy.
    /// It is a limit, not a reservation.
    /// </summary>
    public const int EventQueueBytes = 1024 * 1024;

    /// <summary>Longest a request or a whole dump, with its repetitions, may take, milliseconds.</summary>
    public const int RequestTimeoutMs = 5_000;

    /// <summary>How often a dump is tried when its table keeps changing under it.</summary>
    public const int DumpAttempts = 5;

    /// <summary>Most rows of one dump.</summary>
    public const int DumpRows = 131_072;

    /// <summary>Most datagrams thrown away to get rid of the rest of an abandoned answer.</summary>
    public const int DrainDatagrams = 4_096;

    /// <summary>Most datagrams read in one call for events, so that a storm cannot hold the caller for ever.</summary>
    public const int EventDatagramsPerCall = 256;

    /// <summary>Most attributes looked at in one list.</summary>
    public const int AttributesPerList = 512;

    /// <summary>Most multicast groups of one generic netlink family.</summary>
    public const int GenericGroups = 32;

    /// <summary>Longest text taken from the kernel, bytes (an extended-ACK text, a version).</summary>
    public const int TextBytes = 512;

    /// <summary>Interface names kept as strings; the cache starts over when it is full.</summary>
    public const int CachedNames = 1_024;

    /// <summary>Link kinds and algorithm names kept as strings.</summary>
    public const int InternedTexts = 64;

    /// <summary>Longest interface name with its final zero, bytes (IFNAMSIZ).</summary>
    public const int InterfaceNameBytes = 16;

    /// <summary>Most key=value fields of one uevent (UEVENT_NUM_ENVP of linux/kobject.h is 64).</summary>
    public const int UeventFields = 64;

    /// <summary>Most ethtool statistics of one interface.</summary>
    public const int EthtoolStatistics = 1_024;
}
