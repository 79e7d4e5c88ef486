namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// Something the kernel pushed about batman-adv. These are rare (someone changed a setting, a measurement ended), so
/// they are objects. The kernel pushes nothing about originators, neighbours or gateways: those come from dumps.
/// </summary>
public abstract record BatmanEvent
{
    private protected BatmanEvent() { }

    /// <summary>A mesh setting was written, by anyone; carries the whole new state.</summary>
    public sealed record MeshChanged(MeshInterface Mesh) : BatmanEvent;

    /// <summary>A hard interface setting was written, by anyone.</summary>
    public sealed record HardInterfaceChanged(HardInterface HardInterface) : BatmanEvent;

    /// <summary>A VLAN setting was written, by anyone.</summary>
    public sealed record VlanChanged(MeshVlan Vlan) : BatmanEvent;

    /// <summary>A throughput measurement ended; match it by its cookie.</summary>
    public sealed record ThroughputMeterFinished(ThroughputMeterResult Result) : BatmanEvent;

    /// <summary>The batman-adv module was loaded: its groups are joined again.</summary>
    public sealed record ModuleLoaded : BatmanEvent;

    /// <summary>The batman-adv module was unloaded: every mesh interface is gone.</summary>
    public sealed record ModuleUnloaded : BatmanEvent;

    /// <summary>
    /// Events were lost (the socket overflowed, or one could not be read): everything known from events is stale,
    /// read it all again.
    /// </summary>
    public sealed record ResyncNeeded(string Reason) : BatmanEvent;
}
