using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class ReplacedDeviceTests
{
    /// <summary>
    /// The line to the authority comes and goes. A device is on the island when the operator enrols another one in its place; the
    /// island hears of that, and goes on renewing the old one with what it signed itself before (KnownNode.EnrolledAt: "Certificates
    /// from before are not renewed").
    /// </summary>
    [Fact]
    public async Task An_island_does_not_renew_a_device_in_whose_place_another_was_enrolled()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, own, _) = await world.EnrolledAsync("node/island");
        var (_, old, oldStore) = await world.EnrolledAsync("node/a");
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
        var issuer = new IslandIssuer(
            [$"127.0.0.1:{(await listening.Task)[0].Port}"], oldStore, () => world.Now, TimeProvider.System);

        await world.StopAsync();
        world.Now += TimeSpan.FromMinutes(5);
        old = await issuer.IssueAsync(old, CancellationToken.None);

        await world.ServeAsync();
        world.Now += TimeSpan.FromMinutes(5);
        await world.EnrolledAsync("node/a");
        await contact.GetInTouchAsync(own, CancellationToken.None);

        await world.StopAsync();
        world.Now += TimeSpan.FromMinutes(5);
        await Assert.ThrowsAsync<IOException>(() => issuer.IssueAsync(old, CancellationToken.None));
        await stop.CancelAsync();
        await serving;
    }
}
