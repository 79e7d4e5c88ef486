using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Bench;

/// <summary>What a scenario wants to run on.</summary>
/// <param name="Topology">Routers and links.</param>
public sealed record BenchPlan(Topology Topology)
{
    /// <summary>How each router is built; null means all healthy.</summary>
    public Func<string, RouterOptions>? Options { get; init; }

    /// <summary>Starts a broker the agents report to, over mutual TLS, with an identity for each.</summary>
    public bool HasBroker { get; init; }

    /// <summary>How long the routers' first identities live; null for longer than any run.</summary>
    public TimeSpan? IdentityLife { get; init; }

    public RouterOptions OptionsOf(string router) => Options?.Invoke(router) ?? new RouterOptions();
}

/// <summary>Routers, the links between them, and a broker: virtual or on a shelf.</summary>
public interface IBench : IAsyncDisposable
{
    Topology Topology { get; }

    IReadOnlyList<IRouter> Routers { get; }

    IReadOnlyList<IRadioLink> Links { get; }

    /// <summary>The broker, when the plan has one.</summary>
    ReportBroker? Broker { get; }

    /// <summary>Who signs the identities; null without a broker, and where somebody else does.</summary>
    RackAuthority? Authority { get; }
}

/// <summary>Finding things on a bench by name.</summary>
public static class BenchExtensions
{
    /// <summary>
    /// Longest time from power to a management shell. About 3 s alone; a loaded machine emulates slowly.
    /// </summary>
    public static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(60);

    public static IRouter Router(this IBench bench, string name) =>
        bench.Routers.FirstOrDefault(r => r.Name == name)
        ?? throw new ArgumentException($"no router {name}", nameof(name));

    public static IRadioLink Link(this IBench bench, string a, string b)
    {
        var plan = bench.Topology.Link(a, b);
        return bench.Links.First(l => l.Plan == plan);
    }

    /// <summary>Switches all routers on and waits until each answers.</summary>
    public static async Task PowerOnAsync(this IBench bench, CancellationToken cancellation)
    {
        var marks = bench.Routers.ToDictionary(r => r, r => r.Console.Lines.Mark);
        await Task.WhenAll(bench.Routers.Select(r => r.PowerOnAsync(cancellation)));
        await Task.WhenAll(bench.Routers.Select(r => r.WaitUntilManagedAsync(marks[r], BootLimit, cancellation)));
    }

    /// <summary>Name of the router that has a mesh address; the address itself when none has.</summary>
    public static string NameOf(this IBench bench, string address) =>
        bench.Routers.FirstOrDefault(r => r.MeshAddresses.Values.Contains(address))?.Name ?? address;

    /// <summary>The address a router is known by in the mesh: that of its first card.</summary>
    public static string OriginatorOf(this IBench bench, string router) => bench.Router(router).MeshAddresses["mesh0"];
}
