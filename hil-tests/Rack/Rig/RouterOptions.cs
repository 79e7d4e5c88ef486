namespace X0tta6bl4.Rack.Rig;

/// <summary>How one router of the virtual rack is built. The defaults are a healthy router.</summary>
public sealed record RouterOptions
{
    /// <summary>RAM, in MiB.</summary>
    public int MemoryMiB { get; init; } = 128;

    /// <summary>Starts the agent, kept alive like procd would. False leaves the router to the scenario.</summary>
    public bool RunsAgent { get; init; } = true;

    /// <summary>BATMAN_IV or BATMAN_V.</summary>
    public string Algorithm { get; init; } = "BATMAN_IV";

    /// <summary>Interfaces the agent must keep in the mesh; null means all mesh cards.</summary>
    public IReadOnlyList<string>? HardInterfaces { get; init; }

    /// <summary>Fits a watchdog chip.</summary>
    public bool HasWatchdog { get; init; } = true;

    /// <summary>
    /// Time in the router passes by the instructions it executes, <see cref="NanosecondsPerInstruction"/> each, and with the
    /// host's clock only while it idles. Its CPU time is then a count of instructions and the same on every host. Otherwise
    /// it is the time this host needed to emulate them, most of which goes into finding its feet after each wake-up.
    /// </summary>
    public bool CountsInstructions { get; init; }

    /// <summary>
    /// 250 million instructions a second: what a Cortex-A53 of 1 GHz does with cold caches, which is how a wake-up finds
    /// them.
    /// </summary>
    public const int NanosecondsPerInstruction = 4;

    /// <summary>Clock at power-on: 1970 as on a router without a clock chip, or the host's.</summary>
    public bool BootsIn1970 { get; init; }

    /// <summary>Size of the state disk, in KiB.</summary>
    public int StateDiskKiB { get; init; } = 8192;

    /// <summary>Kernel modules left out, as a board without that driver.</summary>
    public IReadOnlyList<string> SkippedModules { get; init; } = [];

    /// <summary>Copies the board files of the repository. False makes every board unknown.</summary>
    public bool KnowsBoards { get; init; } = true;

    /// <summary>
    /// Last word on the agent's configuration file: gets the generated text, returns what is written.
    /// </summary>
    public Func<string, string> EditConfig { get; init; } = text => text;

    /// <summary>Shell script run at boot before the agent, absent by default.</summary>
    public string? BootScript { get; init; }

    /// <summary>Adds iproute2, whose batch mode builds a hundred namespaces in seconds.</summary>
    public bool HasScaleTools { get; init; }

    /// <summary>
    /// More files for the root, by absolute path; executable ones have a path below a <c>bin</c> directory.
    /// </summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>();
}
