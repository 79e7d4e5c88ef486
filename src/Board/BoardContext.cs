using Microsoft.Extensions.Logging;
using Prometheus;
using X0tta6bl4.Board.Linux;
using X0tta6bl4.Board.Watchdog;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Board;

/// <summary>What the board needs from the agent.</summary>
public sealed record BoardContext
{
    /// <summary>Where /sys, /proc and /dev are.</summary>
    public SysRoot Root { get; init; } = SysRoot.Real;

    /// <summary>
    /// Existing folder on the flash for the reset-reason record, for example <c>/etc/x0tta6bl4/state</c>.
    /// </summary>
    public required string StateFolder { get; init; }

    /// <summary>
    /// Existing folder in RAM for what must outlive the process but not the boot, for example <c>/run/x0tta6bl4</c>.
    /// </summary>
    public required string RunFolder { get; init; }

    /// <summary>The clock; only its monotonic side is used.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Receives the symptoms <c>board.*</c>.</summary>
    public required HealthRegister Health { get; init; }

    /// <summary>
    /// The loops whose progress feeds the watchdog. The board's own loop is registered here as <c>board</c>.
    /// </summary>
    public required LoopPulses Pulses { get; init; }

    /// <summary>Log, events 2000–2999.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Metrics.</summary>
    public required IMetricFactory Metrics { get; init; }

    /// <summary>Runs <c>ubus</c> for the watchdog's hand-over.</summary>
    public ProgramRunner RunProgram { get; init; } = SystemPrograms.Run;
}
