using System.Text.Json;
using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests;

/// <summary>
/// The published binary and a real mosquitto that speaks TLS 1.3 only and demands a certificate: from outside, as a site has it.
/// Certificates are of this very hour.
/// </summary>
public sealed class BrokerOverTlsTests : IAsyncLifetime
{
    private readonly PublishedAgent _agent = new();
    private readonly string _mosquitto = Environment.GetEnvironmentVariable("X0_MOSQUITTO") ?? "";
    private readonly Mint _mint = new();
    private Minted _root = null!;

    public ValueTask InitializeAsync()
    {
        PublishedAgent.Need();
        Assert.SkipUnless(File.Exists(_mosquitto), "X0_MOSQUITTO names no mosquitto: run ./build.sh test, which fetches it");
        _root = _mint.Root("site", Today);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        _mint.Dispose();
    }

    private static Wish Today(Wish wish) => wish with
    {
        NotBefore = DateTimeOffset.UtcNow.AddMinutes(-1),
        NotAfter = DateTimeOffset.UtcNow.AddMinutes(50),
    };

    private Minted Svid(string path, TimeSpan? life = null) => _mint.Leaf(
        _root, w => Today(w).WithUris($"spiffe://{Mint.Domain}/{path}") with
        {
            NotBefore = DateTimeOffset.UtcNow.AddSeconds(-2),
            NotAfter = DateTimeOffset.UtcNow + (life ?? TimeSpan.FromMinutes(50)),
        });

    private void StartBroker(Minted svid)
    {
        var config = Path.Combine(_agent.Folder, "mosquitto.conf");
        File.WriteAllText(config, $"""
            listener {_agent.Port} 127.0.0.1
            user root
            cafile {_root.CertificateFile}
            certfile {svid.CertificateFile}
            keyfile {svid.KeyFile}
            tls_version tlsv1.3
            require_certificate true
            allow_anonymous true
            log_type all
            """);
        var libraries = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(_mosquitto)!, "../lib/x86_64-linux-gnu"));
        _agent.Run(_mosquitto, ["-c", config], ("LD_LIBRARY_PATH", libraries));
    }

    private static bool IsConnected(JsonElement status) => status.GetProperty("mqtt").GetProperty("connected").GetBoolean();

    private static long Published(JsonElement status) => status.GetProperty("mqtt").GetProperty("published").GetInt64();

    [Fact]
    public async Task Reports_reach_a_broker_that_proved_who_it_is()
    {
        StartBroker(Svid("broker/one"));
        _agent.Put(Svid("node/a"), _root);
        _agent.Start($"spiffe://{Mint.Domain}/broker/*");

        var status = await _agent.UntilAsync("two reports acknowledged", s => IsConnected(s) && Published(s) >= 2);

        var identity = status.GetProperty("identity");
        Assert.Equal($"spiffe://{Mint.Domain}/node/a", identity.GetProperty("spiffe_id").GetString());
        Assert.True(identity.GetProperty("usable").GetBoolean());
        Assert.Equal(1, identity.GetProperty("connections").GetInt32());
    }

    [Fact]
    public async Task A_broker_that_is_somebody_else_gets_nothing()
    {
        StartBroker(Svid("node/b"));
        _agent.Put(Svid("node/a"), _root);
        _agent.Start($"spiffe://{Mint.Domain}/broker/*");

        var status = await _agent.UntilAsync(
            "the refusal is shown", s => s.GetProperty("mqtt").GetProperty("last_error").GetString() is { Length: > 0 });

        Assert.Equal(
            $"the peer was refused: spiffe://{Mint.Domain}/node/b is not let in here (U-6)",
            status.GetProperty("mqtt").GetProperty("last_error").GetString());
        Assert.Equal(0, Published(status));
        Assert.Equal(0, _agent.Count("New client connected"));
    }

    /// <summary>Certificates of 25 s: within half a minute the connection must have moved to a new one, twice, without a loss.</summary>
    [Fact]
    public async Task Rotation_moves_the_connection_and_loses_nothing()
    {
        StartBroker(Svid("broker/one"));
        _agent.Put(Svid("node/a", TimeSpan.FromSeconds(25)), _root);
        _agent.Start($"spiffe://{Mint.Domain}/broker/*");
        await _agent.UntilAsync("connected", IsConnected);

        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(10));
            _agent.Put(Svid("node/a", TimeSpan.FromSeconds(25)), _root);
        }

        var status = await _agent.UntilAsync("reconnected twice", s => s.GetProperty("mqtt").GetProperty("reconnects").GetInt64() >= 1 && IsConnected(s));
        Assert.Equal(0, status.GetProperty("mqtt").GetProperty("dropped").GetInt64());
        Assert.True(Published(status) > 20, $"{Published(status)} published");
        Assert.DoesNotContain("identity.", status.GetProperty("symptoms").ToString(), StringComparison.Ordinal);
        // Neither side ever saw the other vanish: no will was published.
        Assert.Equal(0, _agent.Count("Not connected to the broker"));
        Assert.True(_agent.Count("This router is spiffe://example.org/node/a until") >= 3);
    }
}
