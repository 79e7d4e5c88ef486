using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class BrokenAuthorityTests
{
    /// <summary>
    /// The flash of the authority is full, or its ledger damaged: TLS goes on, nothing is issued ("unavailable", which passes by
    /// itself), and every island refuses because "the real authority answers here". Within the hour the whole site is silent, though
    /// it has islands for exactly that.
    /// </summary>
    [Fact]
    public async Task An_island_stands_in_for_an_authority_that_answers_and_cannot_issue()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, own, _) = await world.EnrolledAsync("node/island");
        var (real, current, store) = await world.EnrolledAsync("node/a");
        await world.Authority.GrantIslandAsync(AuthorityWorld.Id("node/island"), 14, CancellationToken.None);
        var state = new IslandState(AuthorityWorld.Domain, new MemorySecretStore());
        var contact = new SiteIslandContact(() => [world.Address], state, () => world.Now, TimeProvider.System);
        await contact.GetInTouchAsync(own, CancellationToken.None);
        var island = new IslandAuthority(
            state, new IslandPolicy { ProbeEvery = TimeSpan.Zero }, () => world.Authority.Bundles,
            c => contact.IsAuthorityThereAsync(world.Authority.Bundles, c), () => own.Svid, () => world.Now, TimeProvider.System);
        var server = new EnrolmentServer(island, () => world.Now, TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var listening = new TaskCompletionSource<IReadOnlyList<IPEndPoint>>();
        var serving = server.RunAsync([new IPEndPoint(IPAddress.Loopback, 0)], stop.Token, listening.SetResult);
        var router = new IslandFallbackIssuer(
            real, new IslandIssuer([$"127.0.0.1:{(await listening.Task)[0].Port}"], store, () => world.Now, TimeProvider.System), NullLogger.Instance);
        var ledger = await File.ReadAllBytesAsync(world.LedgerFile, TestContext.Current.CancellationToken);
        ledger[20] ^= 1;
        await File.WriteAllBytesAsync(world.LedgerFile, [.. ledger, .. new byte[LedgerLine.BytesMax + 1]], TestContext.Current.CancellationToken);
        world.Now += TimeSpan.FromMinutes(30);

        var issued = await router.IssueAsync(current, CancellationToken.None);

        Assert.True(issued.IsIslandIssued);
        await stop.CancelAsync();
        await serving;
    }
}
