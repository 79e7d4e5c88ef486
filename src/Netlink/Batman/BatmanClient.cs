namespace X0tta6bl4.Netlink.Batman;

public sealed class BatmanClient : IDisposable
{
    public BatmanClient(INetlinkTransport transport, TimeProvider? time = null) => throw new NotSupportedException();

    public static BatmanClient Open() => throw new NotSupportedException();

    public NetlinkCounters Counters { get; }

    public string? InterfaceName(uint index) => throw new NotSupportedException();

    public MeshInterface GetMesh(uint meshIfIndex) => throw new NotSupportedException();

    public HardInterface GetHardInterface(uint meshIfIndex, uint hardIfIndex) => throw new NotSupportedException();

    public MeshVlan GetVlan(uint meshIfIndex, ushort vlanNumber) => throw new NotSupportedException();

    public void GetRoutingAlgorithms(List<string> into) => throw new NotSupportedException();

    public DumpOutcome DumpHardInterfaces(uint meshIfIndex, List<HardInterface> into) => throw new NotSupportedException();

    public DumpOutcome DumpOriginators(uint meshIfIndex, List<Originator> into) => throw new NotSupportedException();

    public DumpOutcome DumpNeighbours(uint meshIfIndex, List<Neighbour> into) => throw new NotSupportedException();

    public DumpOutcome DumpGateways(uint meshIfIndex, List<Gateway> into) => throw new NotSupportedException();

    public DumpOutcome DumpLocalTranslations(uint meshIfIndex, List<LocalTranslation> into) => throw new NotSupportedException();

    public DumpOutcome DumpGlobalTranslations(uint meshIfIndex, List<GlobalTranslation> into) => throw new NotSupportedException();

    public DumpOutcome DumpBridgeLoopClaims(uint meshIfIndex, List<BridgeLoopClaim> into) => throw new NotSupportedException();

    public DumpOutcome DumpBridgeLoopBackbones(uint meshIfIndex, List<BridgeLoopBackbone> into) => throw new NotSupportedException();

    public DumpOutcome DumpDatCache(uint meshIfIndex, List<DatCacheEntry> into) => throw new NotSupportedException();

    public DumpOutcome DumpMulticast(uint meshIfIndex, List<OriginatorMulticast> into) => throw new NotSupportedException();

    public void SetMesh(uint meshIfIndex, in MeshSettings settings) => throw new NotSupportedException();

    public void SetHardInterface(uint meshIfIndex, uint hardIfIndex, in HardInterfaceSettings settings) => throw new NotSupportedException();

    public void SetVlan(uint meshIfIndex, ushort vlanNumber, bool apIsolation) => throw new NotSupportedException();

    public uint StartThroughputMeter(uint meshIfIndex, MacAddress originator, TimeSpan duration) => throw new NotSupportedException();

    public void CancelThroughputMeter(uint meshIfIndex, MacAddress originator) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}

public sealed class BatmanEventSocket : IDisposable, INetlinkEventSource
{
    public static BatmanEventSocket Open() => throw new NotSupportedException();

    public NetlinkCounters Counters { get; }

    public int FileDescriptor => throw new NotSupportedException();

    public int Receive(List<BatmanEvent> into, TimeSpan timeout) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}
