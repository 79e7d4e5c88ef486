using System.Text.Json;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Readings;

/// <summary>One path to an originator.</summary>
/// <param name="Originator">Address of the far router.</param>
/// <param name="NextHop">Address of the neighbour the path goes through.</param>
/// <param name="Interface">Hard interface.</param>
/// <param name="Tq">0 to 255; null on BATMAN_V.</param>
/// <param name="ThroughputKbps">Null on BATMAN_IV.</param>
/// <param name="IsBest">The path in use.</param>
public sealed record MeshPath(
    string Originator, string NextHop, string Interface, int? Tq, long? ThroughputKbps, bool IsBest);

/// <summary>One direct neighbour on one interface.</summary>
/// <param name="Address">Its card's address.</param>
/// <param name="Interface">Hard interface of ours.</param>
/// <param name="LastSeenMs">Since it was heard last.</param>
/// <param name="IsAlive">The agent's judgement; batctl has none and always gives true.</param>
public sealed record MeshNeighbour(string Address, string Interface, int LastSeenMs, bool IsAlive);

/// <summary>
/// Mesh tables of a router, asked from the agent or from batctl. The agent uses batctl's field names, so one reader
/// serves both, and a scenario can hold one against the other.
/// </summary>
public static class MeshTables
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true };

    public static async Task<IReadOnlyList<MeshPath>> AgentOriginatorsAsync(
        IRouter router, CancellationToken cancellation) =>
        Paths((await AgentStatus.AskAsync(router, "originators", cancellation)).GetProperty("originators"));

    public static async Task<IReadOnlyList<MeshNeighbour>> AgentNeighboursAsync(
        IRouter router, CancellationToken cancellation) =>
        Neighbours((await AgentStatus.AskAsync(router, "neighbours", cancellation)).GetProperty("neighbours"));

    public static async Task<IReadOnlyList<MeshPath>> BatctlOriginatorsAsync(
        IRouter router, CancellationToken cancellation) =>
        Paths(Parse(await router.RunAsync($"batctl meshif {AgentConfigFile.MeshInterface} oj", cancellation)));

    public static async Task<IReadOnlyList<MeshNeighbour>> BatctlNeighboursAsync(
        IRouter router, CancellationToken cancellation) =>
        Neighbours(Parse(await router.RunAsync($"batctl meshif {AgentConfigFile.MeshInterface} nj", cancellation)));

    /// <summary>Parses JSON out of a guest, or says what came instead.</summary>
    public static JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Lenient);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            var shown = text.Length > 300 ? text[..300] + "…" : text;
            throw new RackException($"not JSON ({exception.Message}): {shown}", exception);
        }
    }

    public static IReadOnlyList<MeshPath> Paths(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => new MeshPath(
        row.GetProperty("orig_address").GetString()!,
        row.GetProperty("neigh_address").GetString()!,
        row.GetProperty("hard_ifname").GetString()!,
        (int?)Number(row, "tq"),
        Number(row, "throughput"),
        row.TryGetProperty("best", out var best) && best.GetBoolean()))];

    public static IReadOnlyList<MeshNeighbour> Neighbours(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => new MeshNeighbour(
            row.GetProperty("neigh_address").GetString()!,
            row.GetProperty("hard_ifname").GetString()!,
            row.GetProperty("last_seen_msecs").GetInt32(),
            !row.TryGetProperty("alive", out var alive) || alive.GetBoolean()))];

    private static long? Number(JsonElement row, string name) =>
        row.TryGetProperty(name, out var value) ? value.GetInt64() : null;
}
