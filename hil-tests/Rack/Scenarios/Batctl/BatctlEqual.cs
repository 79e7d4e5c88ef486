using System.Globalization;
using System.Text.RegularExpressions;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Batctl;

/// <summary>
/// Promise: whoever knows batctl can believe the agent. Every command of batctl 2023.0 that reads has a verb whose
/// answer holds the same rows and the same fields with the same values, on the same router, for both routing
/// algorithms. The mesh is made to have something in every table: gateways, a bridged client, a VLAN, loop-avoidance
/// claims, cached addresses.
/// <para>
/// The kernel goes on between two commands, so batctl is asked before and after the agent
/// (<see cref="TableComparison"/>); a table that changed in between is asked again.
/// </para>
/// <para>
/// Not compared, because they are no readings of the mesh: <c>ping</c>, <c>traceroute</c>, <c>throughputmeter</c> and
/// <c>tcpdump</c> send or listen; <c>bisect_iv</c> reads log files; <c>event</c> is a stream (the agent's is its log
/// and change feed). <c>originators</c>,
/// <c>neighbors</c>, <c>gateways</c>, <c>translocal</c>, <c>transglobal</c>, <c>claimtable</c>,
/// <c>backbonetable</c>, <c>dat_cache</c> and <c>mcast_flags</c> print as text what their JSON forms, compared here,
/// print.
/// </para>
/// </summary>
internal sealed partial class BatctlEqual(string name, string algorithm) : IScenario
{
    private const string Mesh = AgentConfigFile.MeshInterface;

    // A line of its own between the outputs of one script.
    private const string Cut = "--8<--";

    private static readonly TimeSpan EqualLimit = TimeSpan.FromSeconds(30);

    private readonly BenchPlan _plan = new(Topology.Line(3))
    {
        Options = _ => new RouterOptions
        {
            Algorithm = algorithm,
            // Snapshots a second old at most, so that the tolerances can be narrow.
            EditConfig = text => text.Replace("[mesh]", "[mesh]\npoll_interval_max = \"1s\"", StringComparison.Ordinal),
        },
    };

    public static IEnumerable<IScenario> Variants =>
        [new BatctlEqual("batctl-equal/batman-iv", "BATMAN_IV"), new BatctlEqual("batctl-equal/batman-v", "BATMAN_V")];

    public string Name => name;

    public string Promise => $"every reading of batctl 2023.0 has an equal in the agent, field by field, {algorithm}";

    public TimeSpan Limit => TimeSpan.FromMinutes(8);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(_plan, cancellation);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        await FurnishAsync(bench, cancellation);

        var b = bench.Router("B");
        var failures = new List<string>();
        var fields = 0;
        foreach (var table in BatctlTable.All)
        {
            fields += await CountAsync($"{table.Verb} = {table.Command}", () => CompareAsync(b, table, cancellation));
        }

        foreach (var router in bench.Routers)
        {
            fields += await CountAsync($"settings of {router.Name}", () => CompareSettingsAsync(router, cancellation));
        }

        fields += await CountAsync("algorithms = routing_algo", () => CompareAlgorithmsAsync(b, cancellation));
        fields += await CountAsync("interfaces = interface", () => CompareInterfaceStatesAsync(b, cancellation));
        fields += await CountAsync("translate = translate", () => CompareTranslateAsync(b, cancellation));
        fields += await CountAsync("statistics = statistics", () => CompareStatisticsAsync(b, cancellation));
        context.Figure("fields", fields);
        Expect.That(failures.Count == 0, string.Join('\n', failures));

        // One table that differs must not hide what the others do.
        async Task<int> CountAsync(string what, Func<Task<int>> compare)
        {
            try
            {
                var count = await compare();
                context.Figure(what, count);
                return count;
            }
            catch (RackException exception)
            {
                failures.Add($"{what}: {exception.Message}");
                return 0;
            }
        }
    }

    /// <summary>
    /// Gives every table a content, and most settings another value than their default. B is looked at, in the middle
    /// of the line; A and C offer the Internet.
    /// </summary>
    private static async Task FurnishAsync(IBench bench, CancellationToken cancellation)
    {
        await bench.Router("A").RunAsync($"batctl meshif {Mesh} gw_mode server 20mbit/5mbit", cancellation);
        await bench.Router("C").RunAsync($"batctl meshif {Mesh} gw_mode server", cancellation);
        // A bridge that filters VLANs puts its own VLAN onto the mesh interface, without a driver for VLAN interfaces.
        await bench.Router("B").RunAsync(
            $"""
            set -e
            batctl meshif {Mesh} gw_mode client
            batctl meshif {Mesh} aggregation 0
            batctl meshif {Mesh} bonding 1
            batctl meshif {Mesh} hop_penalty 15
            batctl meshif {Mesh} multicast_forceflood 1
            batctl meshif {Mesh} isolation_mark 0x10/0xff
            batctl hardif {BatctlTable.HardInterface} hop_penalty 3
            batctl hardif {BatctlTable.HardInterface} elp_interval 700
            batctl hardif {BatctlTable.HardInterface} throughput_override 12500kbit
            ip link add name br0 type bridge
            ip link set br0 address 52:54:00:0b:00:01
            echo {BatctlTable.Vlan} > /sys/class/net/br0/bridge/default_pvid
            echo 1 > /sys/class/net/br0/bridge/vlan_filtering
            ip link set {Mesh} master br0
            ip link set br0 up
            ip addr add {Traffic.Address(bench, "B")}/24 dev br0
            batctl meshif {Mesh} vid {BatctlTable.Vlan} ap_isolation 1
            """,
            cancellation);
        foreach (var other in (string[])["A", "C"])
        {
            await Traffic.AddressAsync(bench, other, cancellation);
            await Wait.UntilAsync(
                $"a ping from {other} comes back from the bridge of B", Steps.MeshLimit,
                async stop => (await bench.Router(other).ExecAsync(
                    $"ping -c 1 -W 2 {Traffic.Address(bench, "B")}", TimeSpan.FromSeconds(10), stop)).ExitCode == 0,
                bench.Router(other).Console.Tail, cancellation);
        }
    }

    private static async Task<int> CompareAsync(IRouter router, BatctlTable table, CancellationToken cancellation)
    {
        var comparison = new TableComparison(table);
        var batctl = table.BatctlLine(Mesh);
        await Wait.UntilAsync(
            $"`{batctl}` and `x0tta6bl4 {table.Verb}` of {router.Name} are equal and not empty", EqualLimit,
            async stop =>
            {
                var answers = await AskAsync(router, batctl, table.Verb, stop);
                comparison = new TableComparison(table);
                comparison.Compare(
                    MeshTables.Parse(answers.Before), MeshTables.Parse(answers.Ours), MeshTables.Parse(answers.After));
                return comparison is { Differences.Count: 0, Rows: > 0 };
            },
            () => comparison.Differences.Count == 0 ? "no rows" : string.Join('\n', comparison.Differences.Take(20)),
            cancellation);
        return comparison.Fields;
    }

    private static async Task<int> CompareSettingsAsync(IRouter router, CancellationToken cancellation)
    {
        var mesh = (await AgentStatus.AskAsync(router, "mesh", cancellation)).GetProperty("mesh");
        var interfaces = (await AgentStatus.AskAsync(router, "interfaces", cancellation)).GetProperty("interfaces");
        var hardInterface = interfaces.EnumerateArray()
            .Single(i => i.GetProperty("hard_ifname").GetString() == BatctlTable.HardInterface);
        var compared = 0;
        foreach (var getter in BatctlGetter.All)
        {
            var row = getter.IsOfHardInterface ? hardInterface : mesh;
            var line = getter.IsOfHardInterface
                ? $"batctl hardif {BatctlTable.HardInterface} {getter.Name}"
                : $"batctl meshif {Mesh} {getter.Name}";
            var said = await router.ExecAsync(line, TimeSpan.FromSeconds(10), cancellation);
            // Kernels are built without some of them: then neither side has it.
            if (said.ExitCode != 0)
            {
                Expect.That(
                    !row.TryGetProperty(getter.Field, out _),
                    $"{router.Name}: `{line}` fails ({said.Output.Trim()}), and the agent shows {getter.Field}");
                continue;
            }

            Expect.That(
                row.TryGetProperty(getter.Field, out _),
                $"{router.Name}: `{line}` gives {said.Output.Trim()}, the agent nothing");
            Expect.Equal(
                getter.Printed(said.Output), getter.Text(row),
                $"{router.Name}: `{line}`, and {getter.Field} of the agent");
            compared++;
        }

        return compared;
    }

    /// <summary>
    /// Every client of the others, and the router both say it is behind. Not the groups: batctl gives those back untranslated.
    /// </summary>
    private static async Task<int> CompareTranslateAsync(IRouter router, CancellationToken cancellation)
    {
        var answer = await AgentStatus.AskAsync(router, "translations global", cancellation);
        var clients = answer.GetProperty("translations").EnumerateArray()
            .Select(row => row.GetProperty("tt_address").GetString()!)
            .Where(client => (Convert.ToByte(client[..2], 16) & 1) == 0)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        foreach (var client in clients)
        {
            var line = $"batctl meshif {Mesh} translate {client}";
            var ours = await AgentStatus.AskAsync(router, $"translate {client}", cancellation);
            Expect.Equal(
                (await router.RunAsync(line, cancellation)).Trim(),
                ours.GetProperty("translation").GetProperty("orig_address").GetString(),
                $"{router.Name}: `{line}`, and the agent's translate");
        }

        Expect.That(clients.Count > 0, $"{router.Name} knows no client of another router");
        return clients.Count;
    }

    private static async Task<int> CompareAlgorithmsAsync(IRouter router, CancellationToken cancellation)
    {
        var text = await router.RunAsync("batctl routing_algo", cancellation);
        var answer = await AgentStatus.AskAsync(router, "algorithms", cancellation);
        var ours = answer.GetProperty("algorithms").EnumerateArray()
            .Select(a => a.GetProperty("algo_name").GetString()!)
            .ToList();
        var available = text[text.IndexOf("Available", StringComparison.Ordinal)..];
        var theirs = AlgorithmLine().Matches(available).Select(m => m.Groups[1].Value).ToList();
        Expect.Equal(Sorted(theirs), Sorted(ours), "routing algorithms the kernel offers");
        var selected = answer.GetProperty("selected").GetString();
        var isActive = text.Contains($" * {Mesh}: {selected}\n", StringComparison.Ordinal);
        Expect.That(isActive, $"batctl does not show {selected} for {Mesh}: {text}");
        return theirs.Count + 1;
    }

    private static async Task<int> CompareInterfaceStatesAsync(IRouter router, CancellationToken cancellation)
    {
        var text = await router.RunAsync($"batctl meshif {Mesh} interface", cancellation);
        var rows = (await AgentStatus.AskAsync(router, "interfaces", cancellation)).GetProperty("interfaces");
        var ours = rows.EnumerateArray().Select(
            i => $"{i.GetProperty("hard_ifname")}: {(i.GetProperty("active").GetBoolean() ? "active" : "inactive")}");
        var theirs = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Expect.Equal(Sorted(theirs), Sorted(ours), "hard interfaces and their states");
        return theirs.Length;
    }

    /// <summary>Counters only grow: ours must lie between batctl's before and after, with no tolerance.</summary>
    private static async Task<int> CompareStatisticsAsync(IRouter router, CancellationToken cancellation)
    {
        var answers = await AskAsync(router, $"batctl meshif {Mesh} statistics", "statistics", cancellation);
        var before = Counters(answers.Before);
        var after = Counters(answers.After);
        var ours = MeshTables.Parse(answers.Ours).GetProperty("statistics").EnumerateObject()
            .ToDictionary(c => c.Name, c => c.Value.GetInt64());
        Expect.Equal(Sorted(before.Keys), Sorted(ours.Keys), "names of the counters");
        foreach (var (name, value) in ours)
        {
            Expect.That(
                before[name] <= value && value <= after[name],
                $"counter {name}: batctl {before[name]} then {after[name]}, the agent {value}");
        }

        return ours.Count;
    }

    private static async Task<(string Before, string Ours, string After)> AskAsync(
        IRouter router, string batctl, string verb, CancellationToken cancellation)
    {
        var said = await router.ExecAsync(
            $"{batctl}; echo; echo '{Cut}'; {AgentConfigFile.Binary} {verb} --json; echo; echo '{Cut}'; {batctl}",
            TimeSpan.FromSeconds(20), cancellation);
        return said.Output.Split($"\n{Cut}\n") is [var before, var ours, var after]
            ? (before, ours, after)
            : throw new RackException($"{router.Name}: `{batctl}` and `{verb}` gave: {said.Output.Trim()}");
    }

    private static Dictionary<string, long> Counters(string text) => CounterLine().Matches(text).ToDictionary(
        m => m.Groups[1].Value, m => long.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture));

    private static string Sorted(IEnumerable<string> words) => string.Join(", ", words.Order(StringComparer.Ordinal));

    [GeneratedRegex(@"^\s*(\w+): (\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex CounterLine();

    [GeneratedRegex(@"^ \* (\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex AlgorithmLine();
}
