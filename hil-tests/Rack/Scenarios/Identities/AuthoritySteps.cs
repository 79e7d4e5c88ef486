using System.Text;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>A site without SPIRE: router A is its authority, and every router attests there with a join string.</summary>
internal static class AuthoritySteps
{
    public const int Port = 8448;

    private const string Network = "10.77.0";
    private const string DeviceSecretFile = "/etc/x0tta6bl4/fuses";
    private const string JoinFile = "/etc/x0tta6bl4/join";

    /// <summary>What a board has in its fuses; the same at each boot.</summary>
    private const string DeviceSecret = "c2f1a4d7e90b3f5886d1b7a0c4e2f39d";

    /// <summary>From join strings to every router talking to the broker, on emulated routers.</summary>
    private static readonly TimeSpan EnrolmentLimit = TimeSpan.FromMinutes(3);

    /// <summary>Routers in a line that know of nobody yet.</summary>
    /// <param name="routers">How many.</param>
    /// <param name="svidLifetime">Life of what the authority issues, as its configuration has it.</param>
    /// <param name="more">Added to the configuration of a router, by name: whole sections.</param>
    /// <param name="identity">Added to every router's section of that name.</param>
    public static BenchPlan Plan(int routers, string svidLifetime, Func<string, string>? more = null, string identity = "") =>
        new(Topology.Line(routers))
        {
            HasBroker = true,
            Options = router => new RouterOptions
            {
                EditConfig = text => Config(text, router, svidLifetime, identity) + more?.Invoke(router),
                BootScript = $"echo {DeviceSecret}-{router} > {DeviceSecretFile}; chmod 600 {DeviceSecretFile}",
            },
        };

    /// <summary>Makes the authority, and the broker one of its members, and gives the mesh addresses.</summary>
    /// <param name="bench">Its router A becomes the authority.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="key">Kind of the authority's key, and so of the routers'.</param>
    public static async Task FoundAsync(IBench bench, CancellationToken cancellation, string key = "p256")
    {
        var (a, broker) = (bench.Router("A"), bench.Broker!);
        await Steps.MeshIsCompleteAsync(bench, cancellation);
        foreach (var router in bench.Routers)
        {
            await router.RunAsync(GiveAddress(router), cancellation);
        }

        await a.RunAsync($"{AgentConfigFile.Binary} ca init --trust-domain {RackAuthority.TrustDomain} --key {key}", cancellation);
        await broker.StopAsync();
        broker.Identity = await IssueForBrokerAsync(a, cancellation);
        await broker.StartAsync(cancellation);
    }

    /// <summary>Gives routers a join string each, and waits until they talk to the broker.</summary>
    /// <returns>The join strings used, by router.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> EnrolAsync(
        IBench bench, IReadOnlyList<IRouter> routers, CancellationToken cancellation)
    {
        var joins = new Dictionary<string, string>();
        foreach (var router in routers)
        {
            joins[router.Name] = await TokenAsync(bench.Router("A"), router.Name, cancellation);
            await GiveAsync(router, joins[router.Name], cancellation);
        }

        foreach (var router in routers)
        {
            await Steps.StatusAsync(router, "enrolled and connected", s => s.MqttConnected, EnrolmentLimit, cancellation);
        }

        return joins;
    }

    /// <summary>Switches a router on again, and gives it its address in the mesh, which no file has kept.</summary>
    public static async Task PowerOnAsync(IRouter router, CancellationToken cancellation)
    {
        var mark = router.Console.Lines.Mark;
        await router.PowerOnAsync(cancellation);
        await router.WaitUntilManagedAsync(mark, BenchExtensions.BootLimit, cancellation);
        await Wait.UntilAsync(
            $"bat0 of {router.Name} is there", TimeSpan.FromSeconds(60),
            async stop => (await router.ExecAsync(GiveAddress(router), TimeSpan.FromSeconds(10), stop)).ExitCode == 0,
            router.Console.Tail, cancellation);
    }

    /// <summary>Puts a join string where a router looks for it.</summary>
    public static Task GiveAsync(IRouter router, string join, CancellationToken cancellation) =>
        router.PushAsync(JoinFile, Encoding.UTF8.GetBytes(join + "\n"), cancellation);

    /// <summary>An identity for the broker, good for an hour, made as an operator would.</summary>
    public static async Task<IdentityFiles> IssueForBrokerAsync(IRouter a, CancellationToken cancellation)
    {
        const string folder = "/tmp/broker";
        await a.RunAsync(
            $"{AgentConfigFile.Binary} ca issue --id spiffe://{RackAuthority.TrustDomain}/{AgentConfigFile.BrokerPath} --out-dir {folder}", cancellation);
        return new IdentityFiles(
            await a.RunAsync($"cat {folder}/svid.pem", cancellation), await a.RunAsync($"cat {folder}/svid_key.pem", cancellation),
            await a.RunAsync($"cat {folder}/bundle.pem", cancellation));
    }

    /// <summary>SPIFFE ID of a router.</summary>
    public static string Id(string router) => $"spiffe://{RackAuthority.TrustDomain}/{AgentConfigFile.RouterPath(router)}";

    /// <summary>Address of a router in the mesh.</summary>
    public static string AddressOf(IRouter router) => AddressOf(router.Name);

    /// <inheritdoc cref="AddressOf(IRouter)"/>
    public static string AddressOf(string router) => $"{Network}.{router[0] - 'A' + 1}";

    private static string GiveAddress(IRouter router) => $"ip addr add {AddressOf(router)}/24 dev bat0";

    private static async Task<string> TokenAsync(IRouter a, string router, CancellationToken cancellation) =>
        (await a.RunAsync($"{AgentConfigFile.Binary} ca token --id {Id(router)} --address {AddressOf(a)}:{Port}", cancellation)).Trim();

    private static string Config(string text, string router, string svidLifetime, string identity)
    {
        var start = text.IndexOf("source = \"files\"", StringComparison.Ordinal);
        var edited = text[..start]
            + $"""
            source = "authority"
            trust_domain = "{RackAuthority.TrustDomain}"
            join_file = "{JoinFile}"
            {identity}

            [secrets]
            directory = "{AgentConfigFile.StateDirectory}/secrets"
            device_secret = "{DeviceSecretFile}"

            """;
        edited = IdentitySteps.ReportOften(edited);
        return router != "A"
            ? edited
            : edited + $"""

                [authority]
                listen = ["0.0.0.0:{Port}"]
                ledger = "{AgentConfigFile.StateDirectory}/authority"
                svid_lifetime = "{svidLifetime}"

                """;
    }
}
