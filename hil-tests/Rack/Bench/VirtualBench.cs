using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Bench;

/// <summary>
/// A bench of QEMU machines, built to a plan. Disposing ends every process and removes every file it made.
/// </summary>
public sealed class VirtualBench : IBench
{
    private readonly RackDirectory _directory = RackDirectory.Create();
    private readonly List<VirtualRouter> _routers = [];
    private readonly List<RadioLink> _links = [];

    private VirtualBench(Topology topology) => Topology = topology;

    public Topology Topology { get; }

    public IReadOnlyList<IRouter> Routers => _routers;

    public IReadOnlyList<IRadioLink> Links => _links;

    public ReportBroker? Broker { get; private set; }

    public RackAuthority? Authority { get; private set; }

    /// <param name="plan">What to build.</param>
    /// <param name="assets">Kernel, root and agent.</param>
    /// <param name="seed">Seed of the links' faults.</param>
    /// <param name="logDirectory">Consoles are kept here, a file a router.</param>
    /// <param name="cancellation">Ends the building.</param>
    public static async Task<VirtualBench> CreateAsync(
        BenchPlan plan, RackAssets assets, int seed, string logDirectory, CancellationToken cancellation)
    {
        var bench = new VirtualBench(plan.Topology);
        try
        {
            await bench.BuildAsync(plan, assets, seed, logDirectory, cancellation);
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
        await Task.WhenAll(_routers.Select(r => r.DisposeAsync().AsTask()));
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        if (Broker is not null)
        {
            await Broker.DisposeAsync();
        }

        Authority?.Dispose();
        _directory.Dispose();
    }

    private async Task BuildAsync(
        BenchPlan plan, RackAssets assets, int seed, string logDirectory, CancellationToken cancellation)
    {
        Directory.CreateDirectory(logDirectory);
        if (plan.HasBroker)
        {
            Authority = new RackAuthority();
            Broker = await ReportBroker.StartAsync(
                assets, _directory, Authority.Issue(AgentConfigFile.BrokerPath), cancellation);
        }

        // Links first: a card that sends before its relay is there loses its first frames.
        _links.AddRange(plan.Topology.Links.Select(link => new RadioLink(link, _directory, seed)));
        foreach (var (name, index) in plan.Topology.Routers.Select((name, index) => (name, index)))
        {
            var command = new QemuCommand
            {
                Router = name,
                RouterIndex = index,
                Options = plan.OptionsOf(name),
                Assets = assets,
                Directory = _directory,
                MeshInterfaces = plan.Topology.Interfaces(name),
                ShellHostPort = QemuCommand.FreePort(),
                HttpHostPort = QemuCommand.FreePort(),
                BrokerPort = Broker?.Port,
                Identity = Authority?.Issue(AgentConfigFile.RouterPath(name), plan.IdentityLife),
            };
            var log = Path.Combine(logDirectory, $"{name}.console.log");
            File.Delete(log);
            _routers.Add(await VirtualRouter.CreateAsync(command, log, cancellation));
        }
    }
}
