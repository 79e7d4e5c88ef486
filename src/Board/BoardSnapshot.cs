using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Board.Leds;
using X0tta6bl4.Board.Thermal;
using X0tta6bl4.Board.Watchdog;

namespace X0tta6bl4.Board;

/// <summary>The watchdog as it is now.</summary>
/// <param name="Info">What it is.</param>
/// <param name="TimeLeft">Time until the reset; null when the hardware cannot say.</param>
/// <param name="Fed">True while it is being fed.</param>
/// <param name="FeedsTotal">Feedings since start.</param>
/// <param name="HungLoops">Names of the loops that keep it from being fed, empty while all is well.</param>
/// <param name="FromProcd">True when procd held it before.</param>
public sealed record WatchdogSnapshot(
    WatchdogInfo Info, TimeSpan? TimeLeft, bool Fed, long FeedsTotal, string HungLoops, bool FromProcd);

/// <summary>The board as it is now. Immutable.</summary>
/// <param name="Id">Board id, <c>vendor,model</c>.</param>
/// <param name="Model">Name for people.</param>
/// <param name="State">What the LEDs say.</param>
/// <param name="Leds">Every LED of the board file.</param>
/// <param name="Watchdog">The watchdog, or null when there is none to feed.</param>
/// <param name="LastReset">Why this run began.</param>
/// <param name="Thermal">Every zone of the board file.</param>
/// <param name="Buttons">Every button of the board file.</param>
public sealed record BoardSnapshot(
    string Id,
    string Model,
    LedState State,
    IReadOnlyList<LedSnapshot> Leds,
    WatchdogSnapshot? Watchdog,
    ResetReason LastReset,
    IReadOnlyList<ThermalReading> Thermal,
    IReadOnlyList<ButtonSnapshot> Buttons);
