using System.Text.Json;
using X0tta6bl4.Board;
using X0tta6bl4.Board.Buttons;
using X0tta6bl4.Board.Leds;

namespace X0tta6bl4.Agent.Control;

/// <summary>The board as JSON.</summary>
internal static class BoardJson
{
    public static void WriteBoard(Utf8JsonWriter json, BoardSnapshot board)
    {
        json.WriteStartObject("board");
        json.WriteString("id", board.Id);
        json.WriteString("model", board.Model);
        json.WriteEndObject();
        json.WriteString("led_state", Word(board.State));
        WriteLeds(json, board);
        WriteWatchdog(json, board);
        json.WriteStartArray("thermal");
        foreach (var reading in board.Thermal)
        {
            json.WriteStartObject();
            json.WriteString("zone", reading.Zone);
            if (reading.Celsius is { } celsius)
            {
                json.WriteNumber("celsius", celsius);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("buttons");
        foreach (var button in board.Buttons)
        {
            json.WriteStartObject();
            json.WriteString("role", button.Role);
            json.WriteBoolean("present", button.Present);
            json.WriteNumber("presses", button.Presses);
            if (button.Last is { } last)
            {
                json.WriteString("last_press", Word(last.Kind));
                json.WriteNumber("last_held_s", Math.Round(last.Held.TotalSeconds, 3));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteLeds(Utf8JsonWriter json, BoardSnapshot board)
    {
        json.WriteStartArray("leds");
        foreach (var led in board.Leds)
        {
            json.WriteStartObject();
            json.WriteString("role", JsonNamingPolicy.SnakeCaseLower.ConvertName(led.Role.ToString()));
            json.WriteString("name", led.Name);
            json.WriteBoolean("present", led.Present);
            json.WriteString("pattern", led.Pattern.Word());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteWatchdog(Utf8JsonWriter json, BoardSnapshot board)
    {
        json.WriteStartObject("watchdog");
        var watchdog = board.Watchdog;
        json.WriteBoolean("present", watchdog is not null);
        json.WriteBoolean("fed", watchdog is { Fed: true });
        if (watchdog is not null)
        {
            json.WriteString("device", watchdog.Info.Device);
            json.WriteString("identity", watchdog.Info.Identity);
            json.WriteNumber("timeout_s", watchdog.Info.Timeout.TotalSeconds);
            if (watchdog.TimeLeft is { } left)
            {
                json.WriteNumber("time_left_s", left.TotalSeconds);
            }

            json.WriteNumber("feeds", watchdog.FeedsTotal);
            json.WriteString("hung_loops", watchdog.HungLoops);
            json.WriteBoolean("from_procd", watchdog.FromProcd);
            json.WriteString("nowayout", watchdog.Info.NoWayOut switch { true => "yes", false => "no", _ => "unknown" });
            json.WriteString("boot_status", watchdog.Info.BootStatus?.ToString());
        }

        json.WriteString("last_reset", board.LastReset.Word);
        json.WriteString("last_reset_detail", board.LastReset.ToString());
        json.WriteString("boot_reason", board.LastReset.BootReason);
        json.WriteEndObject();
    }

    public static string Word(LedState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    public static string Word(PressKind kind) => kind == PressKind.Long ? "long" : "short";
}
