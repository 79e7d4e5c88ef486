using X0tta6bl4.Netlink.Generic;
using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Linux.BatadvAttr;
using static X0tta6bl4.Netlink.Linux.BatadvCmd;

namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// Reads and writes batman-adv through its generic netlink family "batadv" (linux/batman_adv.h), Linux 5.1 or newer.
/// </summary>
/// <remarks>
/// <para>
/// A dump fills a list of the caller's: cleared first, whole or empty afterwards, never half full, and without an
/// allocation per row once the list has its capacity. Rows carry interface indexes; <see cref="InterfaceName"/> gives
/// the name from a small cache which the rows themselves keep fresh, so that no row allocates a string.
/// </para>
/// <para>
/// One thread at a time; a second one gets an <see cref="InvalidOperationException"/>. Open one client a thread.
/// Most dumps and all writes need CAP_NET_ADMIN. A client survives an unload and reload of the module.
/// </para>
/// </remarks>
public sealed partial class BatmanClient : IDisposable
{
    private readonly NetlinkConnection _connection;
    private readonly NameCache _names = new();
    private readonly List<RoutingAlgorithm> _algorithms = [];
    private GenericFamily? _family;

    /// <summary>Speaks over any transport: the kernel's socket, or a test's scripted kernel. Owns it.</summary>
    public BatmanClient(INetlinkTransport transport, TimeProvider? time = null) =>
        _connection = new NetlinkConnection(transport, time ?? TimeProvider.System);

    /// <summary>Opens a socket to the kernel and looks the family up.</summary>
    /// <exception cref="NetlinkException">
    /// No socket, or no batman-adv module (<see cref="NetlinkException.IsFamilyMissing"/>).
    /// </exception>
    public static BatmanClient Open()
    {
        var client = new BatmanClient(
            NetlinkSocket.Open(NetlinkUapi.NETLINK_GENERIC, NetlinkLimits.RequestQueueBytes)
        );
        try
        {
            using var turn = client._connection.Enter();
            client.Family();
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>What the socket threw away or repeated.</summary>
    public NetlinkCounters Counters => _connection.Counters;

    /// <summary>The name of an interface as the newest row that mentioned it gave it; null when none did.</summary>
    public string? InterfaceName(uint index) => _names.Find(index);

    /// <summary>State and settings of a mesh: <c>BATADV_CMD_GET_MESH</c>; needs no privilege.</summary>
    /// <exception cref="NetlinkException">ENODEV: no such interface. EINVAL: not a mesh interface.</exception>
    public MeshInterface GetMesh(uint meshIfIndex) => Get<MeshInterface>(BATADV_CMD_GET_MESH, meshIfIndex);

    /// <summary>One hard interface: <c>BATADV_CMD_GET_HARDIF</c>; needs no privilege.</summary>
    /// <exception cref="NetlinkException">ENODEV: no such interface. EINVAL: not part of this mesh.</exception>
    public HardInterface GetHardInterface(uint meshIfIndex, uint hardIfIndex) =>
        Get<HardInterface>(BATADV_CMD_GET_HARDIF, meshIfIndex, BATADV_ATTR_HARD_IFINDEX, hardIfIndex);

    /// <summary>One VLAN of a mesh: <c>BATADV_CMD_GET_VLAN</c>; needs no privilege.</summary>
    /// <param name="meshIfIndex">The mesh.</param>
    /// <param name="vlanNumber">802.1Q id, 0–4095.</param>
    /// <exception cref="NetlinkException">ENOENT: the mesh has no such VLAN.</exception>
    public MeshVlan GetVlan(uint meshIfIndex, ushort vlanNumber) =>
        Get<MeshVlan>(BATADV_CMD_GET_VLAN, meshIfIndex, BATADV_ATTR_VLANID, vlanNumber);

    /// <summary>The routing algorithms of this kernel: <c>BATADV_CMD_GET_ROUTING_ALGOS</c>.</summary>
    public void GetRoutingAlgorithms(List<string> into)
    {
        into.Clear();
        if (Dump(BATADV_CMD_GET_ROUTING_ALGOS, 0, 0, _algorithms) == DumpOutcome.Complete)
        {
            foreach (var algorithm in _algorithms)
            {
                into.Add(algorithm.Name);
            }
        }
    }

    /// <summary>
    /// The hard interfaces of a mesh: <c>BATADV_CMD_GET_HARDIF</c> as a dump; needs no privilege and never says
    /// <see cref="DumpOutcome.MeshDown"/>.
    /// </summary>
    public DumpOutcome DumpHardInterfaces(uint meshIfIndex, List<HardInterface> into) =>
        Dump(BATADV_CMD_GET_HARDIF, meshIfIndex, 0, into);

    /// <summary>The paths to all originators: <c>BATADV_CMD_GET_ORIGINATORS</c>.</summary>
    public DumpOutcome DumpOriginators(uint meshIfIndex, List<Originator> into) =>
        Dump(BATADV_CMD_GET_ORIGINATORS, meshIfIndex, 0, into);

    /// <summary>
    /// The originator table the kernel keeps for one outgoing hard interface (it keeps one for each, beside the
    /// default one, for bonding and forwarding decisions).
    /// </summary>
    public DumpOutcome DumpOriginators(uint meshIfIndex, uint hardIfIndex, List<Originator> into) =>
        Dump(BATADV_CMD_GET_ORIGINATORS, meshIfIndex, hardIfIndex, into);

    /// <summary>The links to all neighbours: <c>BATADV_CMD_GET_NEIGHBORS</c>.</summary>
    public DumpOutcome DumpNeighbours(uint meshIfIndex, List<Neighbour> into) =>
        Dump(BATADV_CMD_GET_NEIGHBORS, meshIfIndex, 0, into);

    /// <summary>The links on one hard interface.</summary>
    public DumpOutcome DumpNeighbours(uint meshIfIndex, uint hardIfIndex, List<Neighbour> into) =>
        Dump(BATADV_CMD_GET_NEIGHBORS, meshIfIndex, hardIfIndex, into);

    /// <summary>The gateways announced in the mesh: <c>BATADV_CMD_GET_GATEWAYS</c>.</summary>
    public DumpOutcome DumpGateways(uint meshIfIndex, List<Gateway> into) =>
        Dump(BATADV_CMD_GET_GATEWAYS, meshIfIndex, 0, into);

    /// <summary>This node's clients: <c>BATADV_CMD_GET_TRANSTABLE_LOCAL</c>.</summary>
    public DumpOutcome DumpLocalTranslations(uint meshIfIndex, List<LocalTranslation> into) =>
        Dump(BATADV_CMD_GET_TRANSTABLE_LOCAL, meshIfIndex, 0, into);

    /// <summary>The other nodes' clients: <c>BATADV_CMD_GET_TRANSTABLE_GLOBAL</c>.</summary>
    public DumpOutcome DumpGlobalTranslations(uint meshIfIndex, List<GlobalTranslation> into) =>
        Dump(BATADV_CMD_GET_TRANSTABLE_GLOBAL, meshIfIndex, 0, into);

    /// <summary>Bridge-loop-avoidance claims: <c>BATADV_CMD_GET_BLA_CLAIM</c>.</summary>
    public DumpOutcome DumpBridgeLoopClaims(uint meshIfIndex, List<BridgeLoopClaim> into) =>
        Dump(BATADV_CMD_GET_BLA_CLAIM, meshIfIndex, 0, into);

    /// <summary>Bridge-loop-avoidance backbone gateways: <c>BATADV_CMD_GET_BLA_BACKBONE</c>.</summary>
    public DumpOutcome DumpBridgeLoopBackbones(uint meshIfIndex, List<BridgeLoopBackbone> into) =>
        Dump(BATADV_CMD_GET_BLA_BACKBONE, meshIfIndex, 0, into);

    /// <summary>The distributed ARP table's cache: <c>BATADV_CMD_GET_DAT_CACHE</c>.</summary>
    public DumpOutcome DumpDatCache(uint meshIfIndex, List<DatCacheEntry> into) =>
        Dump(BATADV_CMD_GET_DAT_CACHE, meshIfIndex, 0, into);

    /// <summary>Multicast wishes of the originators: <c>BATADV_CMD_GET_MCAST_FLAGS</c>.</summary>
    public DumpOutcome DumpMulticast(uint meshIfIndex, List<OriginatorMulticast> into) =>
        Dump(BATADV_CMD_GET_MCAST_FLAGS, meshIfIndex, 0, into);

    public void Dispose() => _connection.Dispose();
}
