using System.Text;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Route;

public sealed partial class RouteClient
{
    private const ushort Create = NetlinkUapi.NLM_F_ACK | NetlinkUapi.NLM_F_CREATE | NetlinkUapi.NLM_F_EXCL;

    /// <summary>
    /// Creates a mesh interface: a link of kind "batadv" with <c>IFLA_BATADV_ALGO_NAME</c> (linux/batman_adv.h).
    /// </summary>
    /// <param name="name">Its name, 1–15 bytes.</param>
    /// <param name="algorithmName">
    /// BATMAN_IV or BATMAN_V; null takes the module's default. An older kernel ignores it: read it back.
    /// </param>
    /// <exception cref="NetlinkException">EEXIST; EOPNOTSUPP: the batman-adv module is not loaded.</exception>
    public void CreateBatadv(string name, string? algorithmName = null)
    {
        using var turn = _connection.Enter();
        var request = BeginCreate(name, "batadv", out int info);
        if (algorithmName is not null)
        {
            int data = request.BeginNested(IfLinkUapi.IFLA_INFO_DATA);
            request.PutString(BatmanUapi.IFLA_BATADV_ALGO_NAME, algorithmName);
            request.EndNested(data);
        }

        request.EndNested(info);
        var operation = new NetlinkOperation("creating a batadv link", Object: name);
        var answer = _connection.Command(operation, request);
        if (answer.ErrorNumber == Errno.EOPNOTSUPP)
        {
            throw new NetlinkException(
                NetlinkFailure.Refused,
                operation.Name,
                name,
                answer.ErrorNumber,
                kernelText: answer.Text,
                hint: "The batman-adv module is not loaded: `modprobe batman-adv`."
            )
            {
                IsFamilyMissing = true,
            };
        }

        answer.ThrowIfError(operation);
    }

    /// <summary>Creates a pair of veth links, each the other's far end.</summary>
    /// <exception cref="NetlinkException">EEXIST: one of the names is taken.</exception>
    public void CreateVeth(string name, string peerName)
    {
        CheckName(peerName);
        using var turn = _connection.Enter();
        var request = BeginCreate(name, "veth", out int info);
        int data = request.BeginNested(IfLinkUapi.IFLA_INFO_DATA);
        int peer = request.BeginNested(VethUapi.VETH_INFO_PEER);
        request.PutStruct(default(IfInfoMsg));
        request.PutString(IfLinkUapi.IFLA_IFNAME, peerName);
        request.EndNested(peer);
        request.EndNested(data);
        request.EndNested(info);
        Send(new NetlinkOperation("creating a veth pair", Object: $"{name} and {peerName}"), request);
    }

    /// <summary>Creates a link of a kind that needs no parameters, for example "dummy" or "bridge".</summary>
    /// <exception cref="NetlinkException">EEXIST; EOPNOTSUPP: the kernel has no such kind.</exception>
    public void CreateLink(string name, string kind)
    {
        using var turn = _connection.Enter();
        var request = BeginCreate(name, kind, out int info);
        request.EndNested(info);
        Send(new NetlinkOperation($"creating a {kind} link", Object: name), request);
    }

    /// <summary>Deletes a link: RTM_DELLINK.</summary>
    public void DeleteLink(uint index)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_DELLINK, NetlinkUapi.NLM_F_ACK);
        request.PutStruct(new IfInfoMsg { ifi_index = (int)index });
        Send(new NetlinkOperation("deleting", "link", index), request);
    }

    /// <summary>
    /// Puts a link under a master: <c>IFLA_MASTER</c>. With a mesh interface as master the link becomes one of its
    /// hard interfaces; it then still has to be up.
    /// </summary>
    /// <exception cref="NetlinkException">EBUSY or EINVAL: it has another master, or cannot have this one.</exception>
    public void SetMaster(uint index, uint masterIndex)
    {
        using var turn = _connection.Enter();
        var request = BeginChange(index);
        request.PutUInt32(IfLinkUapi.IFLA_MASTER, masterIndex);
        string verb = masterIndex == 0 ? "releasing from its master" : "enslaving";
        string? master = masterIndex == 0 ? null : $"to {masterIndex}";
        Send(new NetlinkOperation(verb, "link", index, master), request);
    }

    /// <summary>Takes a link from its master; one that has none stays as it is.</summary>
    public void ReleaseMaster(uint index) => SetMaster(index, 0);

    /// <summary>Sets a link administratively up or down: <c>IFF_UP</c>.</summary>
    public void SetUp(uint index, bool up)
    {
        using var turn = _connection.Enter();
        var request = _connection.Begin(RtnetlinkUapi.RTM_NEWLINK, NetlinkUapi.NLM_F_ACK);
        request.PutStruct(
            new IfInfoMsg
            {
                ifi_index = (int)index,
                ifi_flags = up ? IfUapi.IFF_UP : 0,
                ifi_change = IfUapi.IFF_UP,
            }
        );
        Send(new NetlinkOperation(up ? "setting up" : "setting down", "link", index), request);
    }

    /// <summary>Sets the MTU, bytes. To carry 1500 unfragmented a mesh needs 1532 on its hard interfaces.</summary>
    /// <exception cref="NetlinkException">EINVAL: outside of what the driver can do.</exception>
    public void SetMtu(uint index, uint mtu)
    {
        using var turn = _connection.Enter();
        var request = BeginChange(index);
        request.PutUInt32(IfLinkUapi.IFLA_MTU, mtu);
        Send(new NetlinkOperation($"setting the MTU to {mtu}", "link", index), request);
    }

    /// <summary>Sets the MAC address; most drivers want the link down for it.</summary>
    public void SetAddress(uint index, MacAddress address)
    {
        using var turn = _connection.Enter();
        var request = BeginChange(index);
        request.PutMac(IfLinkUapi.IFLA_ADDRESS, address);
        Send(new NetlinkOperation($"setting the MAC address to {address}", "link", index), request);
    }

    /// <summary>Adds an address: RTM_NEWADDR.</summary>
    /// <exception cref="NetlinkException">EEXIST: the interface has it.</exception>
    public void AddAddress(uint index, InetAddress address, byte prefixLength) =>
        ChangeAddress(RtnetlinkUapi.RTM_NEWADDR, Create, "adding", index, address, prefixLength);

    /// <summary>Removes an address: RTM_DELADDR.</summary>
    /// <exception cref="NetlinkException">EADDRNOTAVAIL: the interface does not have it.</exception>
    public void RemoveAddress(uint index, InetAddress address, byte prefixLength) =>
        ChangeAddress(RtnetlinkUapi.RTM_DELADDR, NetlinkUapi.NLM_F_ACK, "removing", index, address, prefixLength);

    private static void CheckName(string name)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) >= NetlinkLimits.InterfaceNameBytes)
        {
            throw new ArgumentException(
                $"'{name}' is no interface name: it must have 1 to {NetlinkLimits.InterfaceNameBytes - 1} bytes.",
                nameof(name)
            );
        }
    }

    private NetlinkWriter BeginCreate(string name, string kind, out int info)
    {
        CheckName(name);
        var request = _connection.Begin(RtnetlinkUapi.RTM_NEWLINK, Create);
        request.PutStruct(default(IfInfoMsg));
        request.PutString(IfLinkUapi.IFLA_IFNAME, name);
        info = request.BeginNested(IfLinkUapi.IFLA_LINKINFO);
        request.PutString(IfLinkUapi.IFLA_INFO_KIND, kind);
        return request;
    }

    private NetlinkWriter BeginChange(uint index)
    {
        var request = _connection.Begin(RtnetlinkUapi.RTM_NEWLINK, NetlinkUapi.NLM_F_ACK);
        request.PutStruct(new IfInfoMsg { ifi_index = (int)index });
        return request;
    }

    private void ChangeAddress(
        ushort type,
        ushort flags,
        string verb,
        uint index,
        InetAddress address,
        byte prefixLength
    )
    {
        if (!address.HasValue || prefixLength > address.ByteCount * 8)
        {
            throw new ArgumentException($"{address}/{prefixLength} is no address with a prefix.", nameof(address));
        }

        using var turn = _connection.Enter();
        var request = _connection.Begin(type, flags);
        request.PutStruct(
            new IfAddrMsg
            {
                ifa_family = (byte)(address.IsIPv4 ? SocketUapi.AF_INET : SocketUapi.AF_INET6),
                ifa_prefixlen = prefixLength,
                ifa_scope = RtnetlinkUapi.RT_SCOPE_UNIVERSE,
                ifa_index = index,
            }
        );
        request.PutInet(IfAddrUapi.IFA_LOCAL, address);
        request.PutInet(IfAddrUapi.IFA_ADDRESS, address);
        Send(new NetlinkOperation($"{verb} {address}/{prefixLength}", "link", index), request);
    }

    private void Send(in NetlinkOperation operation, in NetlinkWriter request) =>
        _connection.Command(operation, request).ThrowIfError(operation);
}
