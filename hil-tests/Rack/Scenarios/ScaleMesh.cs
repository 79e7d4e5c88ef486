using System.Text;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios;

/// <summary>
/// A large mesh inside one machine: batman-adv works per network namespace, so every node is a namespace with its own
/// bat0. The agent's router stands at the root of a tree: some nodes next to it, each with leaves behind it. A tree and
/// not one shared channel, because there every node repeats every other's OGM to all, and an emulated core drowns at
/// fifty nodes.
/// </summary>
internal static class ScaleMesh
{
    /// <summary>Nodes next to the agent's router.</summary>
    public const int Branches = 10;

    /// <summary>Nodes behind each of them.</summary>
    public const int LeavesPerBranch = 11;

    public const int Nodes = Branches + (Branches * LeavesPerBranch);

    /// <summary>About 1.2 MB a node, and the root file system.</summary>
    public static readonly BenchPlan Plan = new(Topology.Line(1))
    {
        Options = _ => new RouterOptions
        {
            MemoryMiB = 384,
            HasScaleTools = true,
            HardInterfaces = [.. Enumerable.Range(0, Branches).Select(i => $"mesh{i}")],
        },
    };

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(4);

    /// <summary>Builds the nodes. The agent puts their ends, mesh0 to mesh9, into its mesh as they appear.</summary>
    public static async Task<TimeSpan> BuildAsync(IRouter router, CancellationToken cancellation)
    {
        var start = RackClock.Now;
        (await router.ExecAsync(Script(), BuildLimit, cancellation)).Text("building the namespaces");
        return RackClock.Now - start;
    }

    /// <summary>
    /// iproute2 in batch mode: one process makes all namespaces and cables, one a node sets it up. The far ends appear
    /// under the name the agent waits for, already up at the other side.
    /// </summary>
    internal static string Script()
    {
        var cables = new StringBuilder();
        var setup = new StringBuilder();
        for (var branch = 0; branch < Branches; branch++)
        {
            cables.AppendLine($"netns add b{branch}");
            cables.AppendLine($"link add mesh{branch} type veth peer name uplink netns b{branch}");
            for (var leaf = 0; leaf < LeavesPerBranch; leaf++)
            {
                cables.AppendLine($"netns add b{branch}l{leaf}");
                cables.AppendLine(
                    $"link add leaf{leaf} netns b{branch} type veth peer name uplink netns b{branch}l{leaf}");
            }
        }

        for (var branch = 0; branch < Branches; branch++)
        {
            Node(setup, $"b{branch}", ["uplink", .. Enumerable.Range(0, LeavesPerBranch).Select(l => $"leaf{l}")]);
            for (var leaf = 0; leaf < LeavesPerBranch; leaf++)
            {
                Node(setup, $"b{branch}l{leaf}", ["uplink"]);
            }
        }

        return $"set -e\nip=/usr/sbin/ip\n$ip -batch - <<'END'\n{cables}END\n{setup}";
    }

    private static void Node(StringBuilder script, string name, IReadOnlyList<string> cards)
    {
        script.AppendLine($"$ip -n {name} -batch - <<'END'");
        script.AppendLine("link add bat0 type batadv");
        foreach (var card in cards)
        {
            script.AppendLine($"link set {card} master bat0");
            script.AppendLine($"link set {card} up");
        }

        script.AppendLine("link set bat0 up\nEND");
    }
}
