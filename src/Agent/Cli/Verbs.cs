using System.Text.Json;
using X0tta6bl4.Netlink;

namespace X0tta6bl4.Agent.Cli;

/// <summary>A verb that asks the running agent one question and shows the answer.</summary>
/// <param name="Name">What the user types.</param>
/// <param name="Aliases">Other spellings, batctl's short forms among them.</param>
/// <param name="Arguments">Shown in the usage line, for example <c>local|global</c>.</param>
/// <param name="Summary">One line for the help.</param>
/// <param name="Route">Path of the control API, from the verb's arguments; null when they do not fit.</param>
/// <param name="Show">Text for people, from the same JSON that <c>--json</c> prints; gives the exit code.</param>
internal sealed record AskingVerb(
    string Name,
    string[] Aliases,
    string Arguments,
    string Summary,
    Func<IReadOnlyList<string>, string?> Route,
    Func<JsonElement, TextWriter, int> Show);

/// <summary>Every verb that reads, in the order of the help.</summary>
internal static class Verbs
{
    public static readonly AskingVerb[] Asking =
    [
        new("status", ["s"], "", "how the router is and what it does next, on one screen", Fixed("/v1/status"), StatusText.Show),
        new("mesh", ["mj"], "", "the mesh interface: state and every setting", Fixed("/v1/mesh"), TableText.Fields("mesh")),
        new("neighbours", ["neighbors", "n"], "", "routers heard directly", Fixed("/v1/neighbours"), TableText.Neighbours),
        new("originators", ["o"], "", "routers of the mesh, each path to them", Fixed("/v1/originators"), TableText.Originators),
        new("gateways", ["gwl"], "", "gateways announced in the mesh", Fixed("/v1/gateways"), TableText.Gateways),
        new("interfaces", ["if"], "", "hard interfaces: wanted, present, attached", Fixed("/v1/interfaces"), TableText.Interfaces),
        new("translations", ["tl", "tg"], "local|global", "clients of this router, or of the others",
            args => args is ["local"] or ["global"] ? $"/v1/translations/{args[0]}" : null, TableText.Translations),
        new("translate", ["t"], "ADDRESS", "the router a client is behind",
            args => args is [var client] && MacAddress.TryParse(client, out _) ? $"/v1/translate?client={client}" : null,
            TableText.Fields("translation")),
        new("claims", ["cl"], "", "bridge loop avoidance: claimed clients", Fixed("/v1/claims"), TableText.Rows("claims")),
        new("backbones", ["bbt"], "", "bridge loop avoidance: backbone gateways", Fixed("/v1/backbones"), TableText.Rows("backbones")),
        new("dat", ["dc"], "", "distributed ARP table: cached addresses", Fixed("/v1/dat"), TableText.Rows("dat")),
        new("multicast", ["mf"], "", "multicast flags of every router", Fixed("/v1/multicast"), TableText.Rows("multicast")),
        new("vlan", [], "ID", "settings of one VLAN of the mesh",
            args => args is [var id] && ushort.TryParse(id, out _) ? $"/v1/vlan?id={id}" : null, TableText.Fields(null)),
        new("algorithms", ["ra"], "", "routing algorithms the kernel offers", Fixed("/v1/algorithms"), TableText.Rows("algorithms")),
        new("statistics", [], "", "traffic counters of the mesh interface", Fixed("/v1/statistics"), TableText.Fields("statistics")),
        new("leds", [], "", "LEDs by role, and what each shows", Fixed("/v1/leds"), TableText.Rows("leds")),
        new("watchdog", ["wd"], "", "the watchdog, who feeds it and why the board was last reset", Fixed("/v1/watchdog"), TableText.Watchdog),
        new("identity", ["id"], "", "who this router is, until when, and whom it trusts", Fixed("/v1/identity"), TableText.Fields("identity")),
    ];

    private static Func<IReadOnlyList<string>, string?> Fixed(string route) => args => args.Count == 0 ? route : null;
}
