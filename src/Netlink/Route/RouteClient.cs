using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Route;

/// <summary>
/// Reads and changes links, addresses and neighbours through rtnetlink (linux/rtnetlink.h): above all creates mesh
/// interfaces and gives them their hard interfaces, which batman-adv's own family cannot.
/// </summary>
/// <remarks>
/// Dumps fill a list of the caller's as in <see cref="Batman.BatmanClient"/>. One thread at a time. Reading needs no
/// privilege, writing needs CAP_NET_ADMIN.
/// </remarks>
public sealed partial class RouteClient : IDisposable
{
    private readonly NetlinkConnection _connection;
    private readonly NameCache _names = new();

    /// <summary>Speaks over any transport: the kernel's socket, or a test's scripted kernel. Owns it.</summary>
    public RouteClient(INetlinkTransport transport, TimeProvider? time = null) =>
        _connection = new NetlinkConnection(transport, time ?? TimeProvider.System);

    /// <summary>Opens a socket to the kernel, in the network namespace of the calling thread.</summary>
    /// <exception cref="NetlinkException">No socket.</exception>
    public static RouteClient Open() =>
        new(NetlinkSocket.Open(NetlinkUapi.NETLINK_ROUTE, NetlinkLimits.RequestQueueBytes));

    /// <summary>What the socket threw away or repeated.</summary>
    public NetlinkCounters Counters => _connection.Counters;

    /// <summary>The name of an interface as the newest dump gave it; null when none did.</summary>
    public string? InterfaceName(uint index) => _names.Find(index);

    /// <summary>All links: RTM_GETLINK.</summary>
    public void DumpLinks(List<Link> into)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_GETLINK, NetlinkUapi.NLM_F_DUMP);
        request.PutStruct(default(IfInfoMsg));
        Dump(new NetlinkOperation("RTM_GETLINK"), request, into);
    }

    /// <summary>All IPv4 and IPv6 addresses: RTM_GETADDR.</summary>
    public void DumpAddresses(List<InterfaceAddress> into)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_GETADDR, NetlinkUapi.NLM_F_DUMP);
        request.PutStruct(default(IfAddrMsg));
        Dump(new NetlinkOperation("RTM_GETADDR"), request, into);
    }

    /// <summary>The ARP and NDP tables: RTM_GETNEIGH.</summary>
    public void DumpNeighbours(List<NeighbourEntry> into)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_GETNEIGH, NetlinkUapi.NLM_F_DUMP);
        request.PutStruct(default(NdMsg));
        Dump(new NetlinkOperation("RTM_GETNEIGH"), request, into);
    }

    /// <summary>One link by name; false when there is none.</summary>
    public bool TryGetLink(string name, out Link link)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_GETLINK, 0);
        request.PutStruct(default(IfInfoMsg));
        request.PutString(IfLinkUapi.IFLA_IFNAME, name);
        return TryGet(new NetlinkOperation("RTM_GETLINK", "link", Object: name), request, out link);
    }

    /// <summary>One link by index; false when there is none.</summary>
    public bool TryGetLink(uint index, out Link link)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_GETLINK, 0);
        request.PutStruct(new IfInfoMsg { ifi_index = (int)index });
        return TryGet(new NetlinkOperation("RTM_GETLINK", "link", index), request, out link);
    }

    public void Dispose() => _connection.Dispose();

    private void Dump<TRow>(in NetlinkOperation operation, in NetlinkWriter request, List<TRow> into)
        where TRow : struct, INetlinkRow<TRow> =>
        _connection.Dump(operation, request, _names, into).ThrowIfError(operation);

    private bool TryGet(in NetlinkOperation operation, in NetlinkWriter request, out Link link)
    {
        var answer = _connection.Query(operation, request, _names, out link);
        if (answer.ErrorNumber == Errno.ENODEV)
        {
            return false;
        }

        answer.ThrowIfError(operation);
        return true;
    }
}
