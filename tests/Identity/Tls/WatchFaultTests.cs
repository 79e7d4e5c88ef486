using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Revocation;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// revocation = "ocsp", and a peer whose response ends while it is connected. Whatever goes wrong in asking anew ends that connection;
/// the watch over all of them, and with it the identity, goes on.
/// </summary>
public sealed class WatchFaultTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    /// <summary>Its certificate names a responder with a host of over 255 characters.</summary>
    [Fact]
    public Task A_responder_with_an_impossible_name_does_not_end_the_watch()
    {
        var host = string.Join('.', Enumerable.Repeat(new string('a', 63), 5));
        return EndsAloneAsync(world.Leaf("client-long", more: $"authorityInfoAccess=OCSP;URI:http://{host}/\n"), TimeProvider.System);
    }

    /// <summary>Anything nobody has thought of: here the clock of waiting breaks.</summary>
    [Fact]
    public Task A_question_that_throws_does_not_end_the_watch() =>
        EndsAloneAsync(world.Leaf("client-throws", more: "authorityInfoAccess=OCSP;URI:http://192.0.2.1/\n"), new BrokenTimers());

    private async Task EndsAloneAsync(Minted peer, TimeProvider ofResponders)
    {
        var now = StatusWorld.Now;
        var time = new FakeTimeProvider(now);
        var staple = OcspForge.Make(peer, world.Root, world.Root, now, f => f with { NextUpdate = now.AddMinutes(1) });
        var health = new HealthRegister(time);
        var clock = new ValidationClock(time, DateTimeOffset.UnixEpoch);
        var revocation = new NodeRevocation(
            new RevocationPolicy { Mode = RevocationMode.Ocsp }, new RevocationPaths([], null), clock, ofResponders, health, NullLogger.Instance);
        var node = new NodeIdentity(
            "test", new SvidVerifier(new SvidPolicy()), clock, new SavedClock("/nowhere/clock"), time,
            new AgentMetrics(new BuildInfo("0", "test"), time), health, NullLogger.Instance, revocation);
        node.Publish(new IdentitySnapshot(world.Server.ToLocal(world.Mint), world.Bundles));
        using var stop = new CancellationTokenSource();
        var watch = node.Connections.WatchAsync(stop.Token);
        var (near, far) = await Loopback.PairAsync();
        var connecting = MutualTlsStream.ConnectAsync(near, world.Settings(peer, null, staple), TimeProvider.System, stop.Token);
        await node.Connections.AcceptAsync(far, [TlsWorld.Pattern($"spiffe://{Mint.Domain}/*")], [], stop.Token);
        await using var client = await connecting;
        Assert.Equal(1, node.Connections.Count);

        for (var i = 0; node.Connections.Count > 0 && !watch.IsFaulted; i++)
        {
            Assert.True(i < 400, "it did not end within 20 s");
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(50);
        }

        Assert.False(watch.IsFaulted, watch.Exception?.InnerException?.ToString());
        await stop.CancelAsync();
        await watch;
    }

    private sealed class BrokenTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            throw new InvalidOperationException("no timer");
    }
}
