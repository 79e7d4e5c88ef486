using System.Globalization;
using System.Text.Json;

namespace X0tta6bl4.Rack.Scenarios.Batctl;

/// <summary>
/// One setting that batctl prints as a line of text, and the agent as a field of <c>mesh</c> or <c>interfaces</c>.
/// </summary>
/// <param name="Name">batctl's command.</param>
/// <param name="IsOfHardInterface">True when it is asked of one hard interface.</param>
/// <param name="Field">The agent's; when the kernel lacks the setting, batctl fails and the field is absent.</param>
/// <param name="Text">What batctl must print, from the agent's row.</param>
internal sealed record BatctlGetter(string Name, bool IsOfHardInterface, string Field, Func<JsonElement, string> Text)
{
    /// <summary>Every command of batctl 2023.0 that prints a setting.</summary>
    public static IReadOnlyList<BatctlGetter> All { get; } =
    [
        Switch("aggregation", "aggregated_ogms_enabled"),
        Switch("ap_isolation", "ap_isolation_enabled"),
        Switch("bonding", "bonding_enabled"),
        Switch("bridge_loop_avoidance", "bridge_loop_avoidance_enabled"),
        Switch("distributed_arp_table", "distributed_arp_table_enabled"),
        Switch("fragmentation", "fragmentation_enabled"),
        Switch("multicast_forceflood", "multicast_forceflood_enabled"),
        // The older name of the same switch, the other way round.
        new("multicast_mode", false, "multicast_forceflood_enabled",
            row => OnOff(!IsSet(row, "multicast_forceflood_enabled"))),
        Switch("network_coding", "network_coding_enabled"),
        Plain("hop_penalty", "hop_penalty"),
        Plain("multicast_fanout", "multicast_fanout"),
        Plain("orig_interval", "orig_interval"),
        new("isolation_mark", false, "isolation_mark",
            row => $"0x{Number(row, "isolation_mark"):x8}/0x{Number(row, "isolation_mask"):x8}"),
        new("gw_mode", false, "gw_mode", GatewayMode),
        new("loglevel", false, "log_level", LogLevels),
        Plain("elp_interval", "elp_interval") with { IsOfHardInterface = true },
        Plain("hop_penalty", "hop_penalty") with { IsOfHardInterface = true },
        new("throughput_override", true, "throughput_override", row => $"{Megabits(row, "throughput_override")} MBit"),
    ];

    /// <summary>batctl's output in the form of <see cref="Text"/>; of a list with crosses what is crossed.</summary>
    public string Printed(string output)
    {
        if (Name != "loglevel")
        {
            return output.Trim();
        }

        var crossed = output.Split('\n').Where(l => l.StartsWith("[x]", StringComparison.Ordinal));
        return string.Join(' ', crossed.Select(InParentheses));
    }

    private static BatctlGetter Switch(string name, string field) =>
        new(name, false, field, row => OnOff(IsSet(row, field)));

    private static BatctlGetter Plain(string name, string field) =>
        new(name, false, field, row => Number(row, field).ToString(CultureInfo.InvariantCulture));

    private static bool IsSet(JsonElement row, string field) => row.GetProperty(field).GetBoolean();

    private static string OnOff(bool value) => value ? "enabled" : "disabled";

    private static uint Number(JsonElement row, string field) => row.GetProperty(field).GetUInt32();

    private static string Megabits(JsonElement row, string field) =>
        string.Create(CultureInfo.InvariantCulture, $"{Number(row, field) / 10}.{Number(row, field) % 10}");

    private static string GatewayMode(JsonElement row) => row.GetProperty("gw_mode").GetString() switch
    {
        "server" =>
            $"server (announced bw: {Megabits(row, "gw_bandwidth_down")}/{Megabits(row, "gw_bandwidth_up")} MBit)",
        "client" when row.GetProperty("algo_name").GetString() == "BATMAN_V" =>
            $"client (selection class: {Megabits(row, "gw_sel_class")} MBit)",
        "client" => $"client (selection class: {Number(row, "gw_sel_class")})",
        var mode => mode ?? "",
    };

    private static string LogLevels(JsonElement row)
    {
        var names = row.GetProperty("log_level").EnumerateObject()
            .Where(level => level.Value.ValueKind == JsonValueKind.True)
            .Select(level => level.Name)
            .ToList();
        return names.Count == 0 ? "none" : string.Join(' ', names);
    }

    private static string InParentheses(string line) => line[(line.LastIndexOf('(') + 1)..line.LastIndexOf(')')];
}
