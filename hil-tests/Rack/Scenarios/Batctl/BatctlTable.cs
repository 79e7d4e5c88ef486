namespace X0tta6bl4.Rack.Scenarios.Batctl;

/// <summary>A field that moves between two readings, and how far ours may lie outside those of batctl.</summary>
/// <param name="Slack">In the field's own unit.</param>
/// <param name="Restarts">True for ages: they fall back to 0 when the row is heard again.</param>
internal readonly record struct Moving(double Slack, bool Restarts = false);

/// <summary>One table of the agent and the batctl command that shows the same.</summary>
/// <param name="Verb">The agent's verb.</param>
/// <param name="Rows">Where its answer holds the rows; empty when the answer itself is the one row.</param>
/// <param name="Command">batctl's command behind <c>batctl meshif bat0</c>.</param>
/// <param name="Key">Fields that name a row.</param>
internal sealed record BatctlTable(string Verb, string Rows, string Command, params IReadOnlyList<string> Key)
{
    /// <summary>One hard interface of each router, for the commands that want one.</summary>
    public const string HardInterface = "mesh0";

    /// <summary>VLAN that the scenario makes on the mesh.</summary>
    public const int Vlan = 7;

    // The agent reads these tables every second (poll_interval_max of the scenario), an OGM comes every second, and a
    // row may have missed one.
    private static readonly Moving Heard = new(3500, Restarts: true);

    // Asked of the kernel at that moment: only the time between two commands of an emulated router lies between.
    private static readonly Moving Age = new(250, Restarts: true);

    // The moving average of a perfect link.
    private static readonly Moving Quality = new(8);

    private static readonly IReadOnlyDictionary<string, Moving> Path = new Dictionary<string, Moving>
    {
        ["last_seen_msecs"] = Heard,
        ["tq"] = Quality,
    };

    private static readonly IReadOnlyDictionary<string, Moving> Aging =
        new Dictionary<string, Moving> { ["last_seen_msecs"] = Age };

    /// <summary>Fields that move. All others must be equal.</summary>
    public IReadOnlyDictionary<string, Moving> MovingFields { get; private init; } = new Dictionary<string, Moving>();

    /// <summary>Booleans that batctl leaves out when they are false.</summary>
    public IReadOnlyList<string> Flags { get; private init; } = [];

    /// <summary>True when ours may have rows that batctl's command does not show.</summary>
    public bool IsPart { get; private init; }

    /// <summary>Every table, one line each: verb, batctl's command, key, what moves.</summary>
    public static IReadOnlyList<BatctlTable> All { get; } =
    [
        new("mesh", "mesh", "mj"),
        new("interfaces", "interfaces", "hj", "hard_ifname") { Flags = ["active"] },
        new("interfaces", "interfaces", $"hardif {HardInterface} hj", "hard_ifname")
            { Flags = ["active"], IsPart = true },
        new("originators", "originators", "oj", "orig_address", "neigh_address", "hard_ifname")
            { MovingFields = Path, Flags = ["best"] },
        new("neighbours", "neighbours", "nj", "neigh_address", "hard_ifname") { MovingFields = Path },
        new("gateways", "gateways", "gwj", "orig_address") { MovingFields = Path, Flags = ["best"] },
        new("translations local", "translations", "tlj", "tt_address", "tt_vid") { MovingFields = Aging },
        new("translations global", "translations", "tgj", "tt_address", "tt_vid", "orig_address") { Flags = ["best"] },
        new("claims", "claims", "clj", "bla_address", "bla_vid") { Flags = ["bla_own"] },
        new("backbones", "backbones", "bbj", "bla_backbone", "bla_vid") { MovingFields = Aging, Flags = ["bla_own"] },
        new("dat", "dat", "dcj", "dat_cache_ip4address", "dat_cache_vid") { MovingFields = Aging },
        new("multicast", "multicast", "mfj", "orig_address"),
        new($"vlan {Vlan}", "", $"vid {Vlan} vj"),
    ];

    /// <summary>batctl's command line: a hard interface is asked about without its mesh interface.</summary>
    public string BatctlLine(string meshInterface) => Command.StartsWith("hardif ", StringComparison.Ordinal)
        ? $"batctl {Command}"
        : $"batctl meshif {meshInterface} {Command}";
}
