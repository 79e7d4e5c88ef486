using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;
using X0tta6bl4.Rack.Scenarios;

namespace X0tta6bl4.Rack.Physical;

/// <summary>A link that the bench can interrupt, with a switch port or an attenuator.</summary>
internal sealed class PhysicalLink(LinkPlan plan, LinkEntry entry) : IRadioLink
{
    public string Name => plan.Name;

    public LinkPlan Plan => plan;

    public bool CanShape => false;

    public Task CutAsync(CancellationToken cancellation) =>
        BenchCommand.MustAsync($"link {Name}: cut", entry.Cut, cancellation);

    public Task RestoreAsync(CancellationToken cancellation) =>
        BenchCommand.MustAsync($"link {Name}: restore", entry.Restore, cancellation);

    public Task ShapeAsync(LinkProfile aToB, LinkProfile bToA, CancellationToken cancellation) =>
        throw new RackException($"link {Name} of this bench can be cut and restored, not shaped");

    public Task InjectAsync(string toRouter, ReadOnlyMemory<byte> frame, CancellationToken cancellation) =>
        throw new RackException($"link {Name} of this bench cannot inject frames");
}

/// <summary>Real boards, behind the same interface as the virtual ones.</summary>
internal sealed class PhysicalBench : IBench
{
    private readonly RackDirectory _directory = RackDirectory.Create();
    private readonly List<PhysicalRouter> _routers = [];

    private PhysicalBench(Topology topology, IReadOnlyList<IRadioLink> links)
    {
        Topology = topology;
        Links = links;
    }

    public Topology Topology { get; }

    public IReadOnlyList<IRouter> Routers => _routers;

    public IReadOnlyList<IRadioLink> Links { get; }

    public ReportBroker? Broker { get; private set; }

    /// <summary>Real boards have identities of their own.</summary>
    public RackAuthority? Authority => null;

    public static async Task<PhysicalBench> CreateAsync(
        BenchPlan plan, BenchFile file, RackAssets assets, string logDirectory, CancellationToken cancellation)
    {
        var links = plan.Topology.Links.Select(l => new PhysicalLink(l, Find(file, l))).ToList();
        var boards = plan.Topology.Routers.Select(name => Find(file, plan.Topology, name)).ToList();
        var bench = new PhysicalBench(plan.Topology, links);
        try
        {
            if (plan.HasBroker && file.BrokerAddress.Length > 0)
            {
                bench.Broker = await ReportBroker.StartAsync(
                    assets, bench._directory, file.BrokerIdentity(), file.BrokerAddress, file.BrokerPort, cancellation);
            }

            Directory.CreateDirectory(logDirectory);
            foreach (var board in boards)
            {
                bench._routers.Add(await PhysicalRouter.AttachAsync(
                    board, Path.Combine(logDirectory, $"{board.Name}.console.log"), cancellation));
            }

            foreach (var link in links)
            {
                await link.RestoreAsync(cancellation);
            }

            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var router in _routers)
        {
            await router.DisposeAsync();
        }

        if (Broker is not null)
        {
            await Broker.DisposeAsync();
        }

        _directory.Dispose();
    }

    private static LinkEntry Find(BenchFile file, LinkPlan link) =>
        file.Links.FirstOrDefault(l => (l.A, l.B) == (link.A.Router, link.B.Router))
        ?? file.Links.FirstOrDefault(l => (l.B, l.A) == (link.A.Router, link.B.Router))
        ?? throw new RackException($"this bench has no [[link]] between {link.A.Router} and {link.B.Router}");

    private static BoardEntry Find(BenchFile file, Topology topology, string name)
    {
        var board = file.Boards.FirstOrDefault(b => b.Name == name)
            ?? throw new RackException(
                $"a {topology} needs a router {name}; "
                + $"this bench has {string.Join(", ", file.Boards.Select(b => b.Name))}");
        var missing = topology.Interfaces(name).FirstOrDefault(i => !board.MeshAddresses.ContainsKey(i));
        return missing is null
            ? board
            : throw new RackException(
                $"a {topology} needs {missing} on {name}; [router.mesh] of the bench file does not have it");
    }
}

/// <summary>Hands the boards of a bench file to every scenario that can use them.</summary>
internal sealed class PhysicalBenchSource(BenchFile file, RackAssets assets) : IBenchSource
{
    public async Task<IBench> CreateAsync(
        BenchPlan plan, int seed, string logDirectory, CancellationToken cancellation) =>
        plan.Options is null
            ? await PhysicalBench.CreateAsync(plan, file, assets, logDirectory, cancellation)
            : throw new RackException("this scenario builds its routers to order; real boards are as they are");
}
