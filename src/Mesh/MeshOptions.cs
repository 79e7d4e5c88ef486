namespace X0tta6bl4.Mesh;

/// <summary>Which mesh this router should be part of, and how closely it is watched.</summary>
public sealed record MeshOptions
{
    /// <summary>Most hard interfaces a configuration may name.</summary>
    public const int HardInterfacesMax = 16;

    /// <summary>The batman-adv (soft) interface, created when absent. At most 15 bytes (IFNAMSIZ - 1).</summary>
    public string Interface { get; init; } = "bat0";

    /// <summary>Routing algorithm for a mesh interface we create: BATMAN_IV or BATMAN_V.</summary>
    public string Algorithm { get; init; } = "BATMAN_IV";

    /// <summary>Interfaces that must be in the mesh; one that is not is put back and counted.</summary>
    public IReadOnlyList<string> HardInterfaces { get; init; } = [];

    /// <summary>
    /// When false, the agent only watches: nothing is created, enslaved or set.
    /// </summary>
    public bool Manage { get; init; } = true;

    /// <summary>Time between two reads of the neighbour and the originator table while things change.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Longest time between two originator dumps when nothing changes. The neighbour table, which is small, is then read when
    /// the first neighbour can have become silent: a dead link must be seen within seconds however quiet the mesh was.
    /// </summary>
    public TimeSpan PollIntervalMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A neighbour silent for this long, in two samples, is lost. At least two originator (or ELP) intervals.</summary>
    public TimeSpan NeighbourLostAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>An originator is lost when its best path was last refreshed this long ago, in two samples.</summary>
    public TimeSpan OriginatorLostAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>BATMAN_IV: a path is weak below this transmit quality (0 to 255).</summary>
    public byte WeakTq { get; init; } = 90;

    /// <summary>BATMAN_IV: a weak path is good again from this transmit quality on (0 to 255).</summary>
    public byte GoodTq { get; init; } = 130;

    /// <summary>BATMAN_V: a path is weak below this throughput, in kbit/s.</summary>
    public uint WeakThroughputKbps { get; init; } = 1_000;

    /// <summary>BATMAN_V: a weak path is good again from this throughput on, in kbit/s.</summary>
    public uint GoodThroughputKbps { get; init; } = 3_000;

    /// <summary>Originator interval to set, in milliseconds (BATMAN_IV OGMs, BATMAN_V OGMv2); null leaves it alone.</summary>
    public uint? OriginatorIntervalMs { get; init; }

    /// <summary>Gateway mode to set: 0 off, 1 client, 2 server; null leaves it alone.</summary>
    public byte? GatewayMode { get; init; }
}
