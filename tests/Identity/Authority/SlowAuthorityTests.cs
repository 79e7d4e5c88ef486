using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Sources;

namespace X0tta6bl4.Identity.Tests.Authority;

public sealed class SlowAuthorityTests
{
    /// <summary>
    /// An authority that takes connections and hangs costs 10 s an address; with six of them, a minute. An attempt has a minute
    /// altogether, and at this one and every later one the island would never be asked.
    /// </summary>
    [Fact]
    public async Task An_authority_that_hangs_on_all_its_addresses_does_not_keep_the_island_from_being_asked()
    {
        var time = new FakeTimeProvider();
        var (real, island, said) = (new Issuer(hangs: true), new Issuer(hangs: false), new Said());
        using var stop = new CancellationTokenSource();
        var run = new IssuedSource(
            new IslandFallbackIssuer(real, island, NullLogger.Instance, time), new ValidationClock(time, DateTimeOffset.UnixEpoch), time, new Random(1))
            .RunAsync(said, stop.Token);
        await real.Asked.Task;

        time.Advance(IslandFallbackIssuer.RealMax);

        await island.Asked.Task;
        Assert.Equal("the real authority did not finish within 30 s; and the island is away", await said.ProblemAsync());
        await stop.CancelAsync();
        await run;
    }

    private sealed class Issuer(bool hangs) : IIdentityIssuer
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Kind => "test";

        public async Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await Task.Delay(hangs ? Timeout.Infinite : 0, cancellationToken);
            throw new IOException("the island is away");
        }
    }
}
