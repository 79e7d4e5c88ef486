namespace X0tta6bl4.Netlink.Route;

public sealed class RouteClient : IDisposable
{
    public RouteClient(INetlinkTransport transport, TimeProvider? time = null) => throw new NotSupportedException();

    public static RouteClient Open() => throw new NotSupportedException();

    public NetlinkCounters Counters { get; }

    public void DumpLinks(List<Link> into) => throw new NotSupportedException();

    public void DumpAddresses(List<InterfaceAddress> into) => throw new NotSupportedException();

    public void DumpNeighbours(List<NeighbourEntry> into) => throw new NotSupportedException();

    public bool TryGetLink(string name, out Link link) => throw new NotSupportedException();

    public bool TryGetLink(uint index, out Link link) => throw new NotSupportedException();

    public void CreateBatadv(string name, string? algorithmName = null) => throw new NotSupportedException();

    public void CreateVeth(string name, string peerName) => throw new NotSupportedException();

    public void CreateLink(string name, string kind) => throw new NotSupportedException();

    public void DeleteLink(uint index) => throw new NotSupportedException();

    public void SetMaster(uint index, uint masterIndex) => throw new NotSupportedException();

    public void ReleaseMaster(uint index) => throw new NotSupportedException();

    public void SetUp(uint index, bool up) => throw new NotSupportedException();

    public void SetMtu(uint index, uint mtu) => throw new NotSupportedException();

    public void AddAddress(uint index, InetAddress address, byte prefixLength) => throw new NotSupportedException();

    public void RemoveAddress(uint index, InetAddress address, byte prefixLength) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}

public sealed class RouteEventSocket : IDisposable, INetlinkEventSource
{
    public static RouteEventSocket Open(RouteGroups groups) => throw new NotSupportedException();

    public NetlinkCounters Counters { get; }

    public int FileDescriptor => throw new NotSupportedException();

    public int Receive(List<RouteEvent> into, TimeSpan timeout) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}
