namespace X0tta6bl4.Netlink;

/// <summary>Something <see cref="NetlinkWait"/> can wait for.</summary>
public interface INetlinkEventSource
{
    /// <summary>The descriptor to poll(2) for reading; valid until disposed.</summary>
    int FileDescriptor { get; }
}
