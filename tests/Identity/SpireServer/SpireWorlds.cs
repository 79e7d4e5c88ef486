using System.Text;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.X509;
using SpireServerProcess = X0tta6bl4.SpireWorld.SpireServer;

namespace X0tta6bl4.Identity.Tests.SpireServer;

/// <summary>A sealed store that seals nothing.</summary>
internal sealed class MemoryStore : ISecretStore
{
    private readonly Dictionary<string, byte[]> _secrets = [];

    /// <summary>Names in the order they were written.</summary>
    public List<string> Writes { get; } = [];

    public bool IsFull { get; set; }

    public byte[]? Get(string name) => _secrets.GetValueOrDefault(name)?.ToArray();

    public void Put(string name, ReadOnlySpan<byte> content)
    {
        if (IsFull)
        {
            throw new IOException("no space left on device");
        }

        _secrets[name] = content.ToArray();
        Writes.Add(name);
    }

    public void Remove(string name) => _secrets.Remove(name);
}

/// <summary>A SPIRE Server on 127.0.0.1 and a router that wants an identity of it. The clock is the router's.</summary>
internal sealed class SpireDomain : IAsyncDisposable
{
    public const string Token = "b3d5f1de-3f0b-4c5e-9a55-0123456789ab";

    private readonly List<SpireServerIssuer> _issuers = [];

    public SpireServerProcess Server { get; } = new("site.example");

    public int Port { get; } = Loopback.FreePort();

    public MemoryStore Store { get; } = new();

    /// <summary>Ahead of the real time, as the router sees it.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>A server with a join token and one entry, and the router that holds the token.</summary>
    public static async Task<SpireDomain> StartAsync(Action<SpireServerProcess>? change = null)
    {
        var domain = new SpireDomain();
        domain.Server.JoinTokens[Token] = true;
        domain.Server.AddEntry("node/a");
        domain.Store.Put(JoinTokenAttestor.SecretName, Encoding.ASCII.GetBytes($"{Token}\n"));
        change?.Invoke(domain.Server);
        await domain.Server.StartAsync(domain.Port);
        return domain;
    }

    public SpireServerSettings Settings() => new()
    {
        TrustDomain = Domain,
        Host = "127.0.0.1",
        Port = Port,
        Bootstrap = () => TrustBundleReader.Read(Server.Authority.RootDer, Domain),
        Attestor = new JoinTokenAttestor(Store),
        Store = Store,
        Verifier = new SvidVerifier(new SvidPolicy()),
        Now = () => TimeProvider.System.GetUtcNow() + Ahead,
    };

    /// <summary>The router, begun anew: what it knows is what was stored.</summary>
    public SpireServerIssuer Router(Func<SpireServerSettings, SpireServerSettings>? change = null)
    {
        var issuer = new SpireServerIssuer((change ?? (s => s))(Settings()));
        _issuers.Add(issuer);
        return issuer;
    }

    public TrustDomain Domain { get; } = TrustDomain.Parse("site.example", out var domain) is null ? domain : default;

    /// <summary>The same server, with a certificate of now.</summary>
    public async Task RestartServerAsync()
    {
        await Server.StopAsync();
        await Server.StartAsync(Port);
    }

    public IEnumerable<string> CallsSince(int count) => Server.Calls.Skip(count);

    public async ValueTask DisposeAsync()
    {
        _issuers.ForEach(i => i.Dispose());
        await Server.DisposeAsync();
    }
}
