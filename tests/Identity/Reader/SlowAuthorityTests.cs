using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class SlowAuthorityTests
{
    private sealed class Island : IIdentityIssuer
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Kind => "island";

        public Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            throw new IOException("asked");
        }
    }

    private sealed class Sink : IIdentitySink
    {
        public TaskCompletionSource<string> Said { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Publish(IdentitySnapshot snapshot)
        {
        }

        public void Failed(string problem) => Said.TrySetResult(problem);
    }

    /// <summary>
    /// An authority that takes connections and hangs costs 10 s an address and way; an attempt has 60 s altogether, the island's part
    /// included. With six addresses (one of the configuration's at most eight, with those of the join string sixteen), or three with a
    /// certificate that is still valid (renew, then return), the island is never asked, at this attempt and at every later one.
    /// Takes a minute.
    /// </summary>
    [Fact]
    public async Task An_authority_that_hangs_on_all_its_addresses_does_not_keep_the_island_from_being_asked()
    {
        await using var world = new AuthorityWorld(now: TimeProvider.System.GetUtcNow());
        await world.ServeAsync();
        var (_, _, store) = await world.EnrolledAsync("node/a");
        await world.StopAsync();
        world.Now += TimeSpan.FromHours(2);
        var silent = Enumerable.Range(0, 7).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        silent.ForEach(l => l.Start());
        var real = world.Router(store, null, o => o with { Addresses = [.. silent.Select(l => l.LocalEndpoint.ToString()!)] });
        var island = new Island();
        var sink = new Sink();
        using var stop = new CancellationTokenSource();
        var run = new IssuedSource(
            new IslandFallbackIssuer(real, island, NullLogger.Instance), new ValidationClock(TimeProvider.System, DateTimeOffset.UnixEpoch),
            TimeProvider.System, new Random(1)).RunAsync(sink, stop.Token);

        var first = await Task.WhenAny(island.Asked.Task, sink.Said.Task);

        await stop.CancelAsync();
        await run;
        silent.ForEach(l => l.Stop());
        Assert.True(first == island.Asked.Task, await sink.Said.Task);
    }
}
