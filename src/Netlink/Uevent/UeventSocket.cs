namespace X0tta6bl4.Netlink.Uevent;

/// <summary>A kernel object event of the net subsystem.</summary>
public sealed record NetworkUevent
{
    /// <summary>add, remove, change, move, online, offline.</summary>
    public required string Action { get; init; }

    /// <summary>For example /devices/virtual/net/bat0.</summary>
    public required string DevicePath { get; init; }

    /// <summary>INTERFACE.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>IFINDEX.</summary>
    public uint? InterfaceIndex { get; init; }

    /// <summary>BATTYPE: gw or bla; null when the event is not batman-adv's.</summary>
    public string? BatmanType { get; init; }

    /// <summary>BATACTION: add, del, change, loopdetect.</summary>
    public string? BatmanAction { get; init; }

    /// <summary>BATDATA: the gateway's or the loop's MAC address.</summary>
    public string? BatmanData { get; init; }

    /// <summary>Events were lost; nothing else is set.</summary>
    public bool IsResyncNeeded { get; init; }
}

public sealed class UeventSocket : IDisposable, INetlinkEventSource
{
    public static UeventSocket Open() => throw new NotSupportedException();

    public NetlinkCounters Counters { get; }

    public int FileDescriptor => throw new NotSupportedException();

    public int Receive(List<NetworkUevent> into, TimeSpan timeout) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}
