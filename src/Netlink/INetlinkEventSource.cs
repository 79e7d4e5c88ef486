namespace X0tta6bl4.Netlink;

/// <summary>Something a <see cref="NetlinkWait"/> can wait for.</summary>
public interface INetlinkEventSource
{
    /// <summary>The descriptor to poll(2) for reading; valid until disposed.</summary>
    int FileDescriptor { get; }
}

/// <summary>Waits for any of several event sockets, or for <see cref="Wake"/>, with one poll(2): one thread, no wake-ups while nothing happens.</summary>
public sealed class NetlinkWait(params INetlinkEventSource[] sources) : IDisposable
{
    /// <summary>True when something can be read or <see cref="Wake"/> was called; false when the time ran out.</summary>
    public bool Wait(TimeSpan timeout) => throw new NotSupportedException(sources.Length.ToString());

    /// <summary>Ends a wait from any thread.</summary>
    public void Wake() => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}
