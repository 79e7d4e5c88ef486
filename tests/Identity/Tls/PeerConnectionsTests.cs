using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>Two routers with an identity each, one real TCP connection between them, and a clock moved by hand.</summary>
public sealed class PeerConnectionsTests(TlsWorld world) : IClassFixture<TlsWorld>, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(Mint.Now);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _runs = [];
    private Router _near = null!;
    private Router _far = null!;

    public ValueTask InitializeAsync()
    {
        _near = Start(world.Client);
        _far = Start(world.Server);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_runs);
        _stop.Dispose();
    }

    private Router Start(LocalSvid svid)
    {
        var metrics = new AgentMetrics(new BuildInfo("0", "test"), _time);
        var health = new HealthRegister(_time);
        var node = new NodeIdentity(
            "test", new SvidVerifier(new SvidPolicy()), new ValidationClock(_time, DateTimeOffset.UnixEpoch),
            new SavedClock("/nowhere/clock"), _time, metrics, health, NullLogger.Instance);
        node.Publish(new IdentitySnapshot(svid, world.Bundles));
        _runs.Add(node.Connections.WatchAsync(_stop.Token));
        return new Router(node, metrics);
    }

    private async Task<(MutualTlsStream Near, MutualTlsStream Far)> ConnectAsync()
    {
        var (near, far) = await Loopback.PairAsync();
        var all = new[] { TlsWorld.Pattern($"spiffe://{Mint.Domain}/*") };
        var connecting = _near.Node.Connections.ConnectAsync(near, all, [], CancellationToken.None);
        var accepting = _far.Node.Connections.AcceptAsync(far, all, [], CancellationToken.None);
        return (await connecting, await accepting);
    }

    /// <summary>The text of the exception that reading ends with.</summary>
    private static async Task<string> EndAsync(MutualTlsStream stream)
    {
        var reading = stream.ReadAsync(new byte[16]).AsTask();
        return (await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(TimeSpan.FromSeconds(20)))).Message;
    }

    private static async Task SaysAsync(MutualTlsStream from, MutualTlsStream to, string text)
    {
        await from.WriteAsync(Encoding.UTF8.GetBytes(text));
        var buffer = new byte[100];
        Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, await to.ReadAsync(buffer)));
    }

    [Fact]
    public async Task A_rotation_leaves_connections_alone_and_the_next_one_shows_the_new_identity()
    {
        var (near, far) = await ConnectAsync();
        var next = world.Peer("client", "p384");
        _near.Node.Publish(new IdentitySnapshot(next, world.Bundles));

        var (_, again) = await ConnectAsync();

        await SaysAsync(near, far, "still here");
        Assert.NotEqual(far.Peer.SerialNumber, again.Peer.SerialNumber);
        Assert.Equal(2, _near.Node.Connections.Count);
    }

    [Fact]
    public async Task A_bundle_that_is_taken_back_ends_them_at_once_and_says_why()
    {
        var (near, far) = await ConnectAsync();
        _far.Node.Publish(new IdentitySnapshot(world.Server, new TrustBundleSet()));

        Assert.Contains("there is no bundle of the trust domain", await EndAsync(far), StringComparison.Ordinal);
        Assert.Equal(0, await near.ReadAsync(new byte[1]));
        Assert.Equal(0, _far.Node.Connections.Count);
        Assert.Contains("x0tta6bl4_tls_connections_ended_total 1", await _far.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_identity_taken_back_ends_them_too()
    {
        var (near, _) = await ConnectAsync();
        _near.Node.Publish(new IdentitySnapshot(null, world.Bundles));

        Assert.Contains("our own identity was taken back", await EndAsync(near), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_ends_when_the_peers_certificate_has()
    {
        var (near, far) = await ConnectAsync();
        await SaysAsync(near, far, "before");
        Assert.Equal(Mint.Now.AddMinutes(50), near.ProvenUntil);

        for (var i = 0; i < 60; i++)
        {
            // In steps, as timers do not all fire at the first.
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Contains("expired", await EndAsync(near), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_had_arrived_before_is_not_handed_out_after_the_end()
    {
        var (near, far) = await ConnectAsync();
        await near.WriteAsync("two words"u8.ToArray());
        await near.FlushAsync();
        Assert.Equal(1, await far.ReadAsync(new byte[1]));

        _far.Node.Publish(new IdentitySnapshot(world.Server, new TrustBundleSet()));
        await UntilAsync(() => _far.Node.Connections.Count == 0);

        Assert.Contains("was ended", await EndAsync(far), StringComparison.Ordinal);
        var writing = await Assert.ThrowsAsync<IOException>(() => far.WriteAsync(new byte[1]).AsTask());
        Assert.Contains("was ended", writing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_identity_is_not_shown_and_counts_as_a_failure()
    {
        _time.Advance(TimeSpan.FromHours(2));
        var (near, _) = await Loopback.PairAsync();

        var error = await Assert.ThrowsAsync<TlsHandshakeException>(() => _near.Node.Connections.ConnectAsync(
            near, [TlsWorld.Pattern($"spiffe://{Mint.Domain}/*")], [], CancellationToken.None));

        Assert.Equal(TlsFailure.NoIdentity, error.Failure);
        Assert.Contains(
            "x0tta6bl4_tls_handshakes_total{role=\"client\",result=\"no_identity\",reason=\"\"} 1", await _near.MetricsAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_is_counted_by_the_reason()
    {
        var (near, far) = await Loopback.PairAsync();
        var nobody = new[] { TlsWorld.Pattern($"spiffe://{Mint.Domain}/somebody-else") };
        var all = new[] { TlsWorld.Pattern($"spiffe://{Mint.Domain}/*") };
        var connecting = TlsWorld.ResultAsync(_near.Node.Connections.ConnectAsync(near, all, [], CancellationToken.None));

        await Assert.ThrowsAsync<TlsHandshakeException>(
            () => _far.Node.Connections.AcceptAsync(far, nobody, [], CancellationToken.None));
        await connecting;

        Assert.Contains(
            "x0tta6bl4_tls_handshakes_total{role=\"server\",result=\"peer_refused\",reason=\"not_authorized\"} 1",
            await _far.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_65th_handshake_that_waits_is_refused_at_once_and_the_others_go_on()
    {
        var all = new[] { TlsWorld.Pattern($"spiffe://{Mint.Domain}/*") };
        List<Task> waiting = [];
        List<Stream> ends = [];
        for (var i = 0; i < PeerConnections.PendingMax; i++)
        {
            var (silent, accepted) = await Loopback.PairAsync();
            ends.Add(silent);
            waiting.Add(_far.Node.Connections.AcceptAsync(accepted, all, [], CancellationToken.None));
        }

        var (_, oneMore) = await Loopback.PairAsync();
        var error = await Assert.ThrowsAsync<TlsHandshakeException>(
            () => _far.Node.Connections.AcceptAsync(oneMore, all, [], CancellationToken.None));

        Assert.Equal(TlsFailure.TooMany, error.Failure);
        Assert.All(waiting, w => Assert.False(w.IsCompleted));
        ends.ForEach(e => e.Dispose());
        foreach (var one in waiting)
        {
            await Assert.ThrowsAsync<TlsHandshakeException>(() => one);
        }

        await ConnectAsync();
    }

    [Fact]
    public async Task A_closed_connection_is_forgotten()
    {
        var (near, far) = await ConnectAsync();
        await near.DisposeAsync();
        await far.DisposeAsync();

        Assert.Equal((0, 0), (_near.Node.Connections.Count, _far.Node.Connections.Count));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.True(i < 400, "it did not come to that within 20 s");
            await Task.Delay(50);
        }
    }

    private sealed record Router(NodeIdentity Node, AgentMetrics Metrics)
    {
        public async Task<string> MetricsAsync()
        {
            using var text = new MemoryStream();
            await Metrics.WriteTextAsync(text, CancellationToken.None);
            return Encoding.UTF8.GetString(text.ToArray());
        }
    }
}
