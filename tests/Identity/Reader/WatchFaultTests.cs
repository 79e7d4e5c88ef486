using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Revocation;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class WatchFaultTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    /// <summary>
    /// revocation = "ocsp". A peer shows a response of some seconds, and its certificate names a responder of over 255 characters. When
    /// the response has ended, Dns throws ArgumentOutOfRangeException, the watch over all connections faults, and NodeIdentity with
    /// it: the source, too. The connection stays in the list with its faulted question, so that the next watch faults at its first
    /// look, until the peer's certificate ends: for up to an hour no identity is renewed.
    /// </summary>
    [Fact]
    public async Task One_peer_does_not_end_the_watch_over_all()
    {
        var host = string.Join('.', Enumerable.Repeat(new string('a', 63), 5));
        var leaf = world.Leaf("client-long", more: $"authorityInfoAccess=OCSP;URI:http://{host}/\n");
        var staple = OcspForge.Make(leaf, world.Root, world.Root, StatusWorld.Now, f => f with { NextUpdate = StatusWorld.Now.AddSeconds(-55) });
        var health = new HealthRegister(TimeProvider.System);
        var clock = new ValidationClock(TimeProvider.System, DateTimeOffset.UnixEpoch);
        var revocation = new NodeRevocation(
            new RevocationPolicy { Mode = RevocationMode.Ocsp }, new RevocationPaths([], null), clock, TimeProvider.System, health, NullLogger.Instance);
        var node = new NodeIdentity(
            "test", new SvidVerifier(new SvidPolicy()), clock, new SavedClock("/nowhere/clock"), TimeProvider.System,
            new AgentMetrics(new BuildInfo("0", "test"), TimeProvider.System), health, NullLogger.Instance, revocation);
        node.Publish(new IdentitySnapshot(world.Server.ToLocal(world.Mint), world.Bundles));
        using var stop = new CancellationTokenSource();
        var watch = node.Connections.WatchAsync(stop.Token);
        var (near, far) = await Loopback.PairAsync();
        var connecting = MutualTlsStream.ConnectAsync(near, world.Settings(leaf, null, staple), TimeProvider.System, stop.Token);
        await node.Connections.AcceptAsync(far, [TlsWorld.Pattern($"spiffe://{Mint.Domain}/*")], [], stop.Token);
        await using var client = await connecting;

        await Task.WhenAny(watch, Task.Delay(TimeSpan.FromSeconds(45), TestContext.Current.CancellationToken));
        var first = watch.Exception?.InnerException;
        var again = node.Connections.WatchAsync(stop.Token);
        await Task.WhenAny(again, Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));

        Assert.False(watch.IsFaulted, $"the first watch: {first?.Message}; the next one faulted too: {again.IsFaulted}");
        await stop.CancelAsync();
        await Task.WhenAll(watch, again);
    }
}
