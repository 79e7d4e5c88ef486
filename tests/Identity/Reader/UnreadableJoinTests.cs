using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class UnreadableJoinTests
{
    /// <summary>
    /// The join file "may be removed once it was used": it has no part in a renewal. A line pasted by half, other permissions
    /// (TrustParts.ReadJoin makes both an IOException), and a router in good health does not renew and is dark within the hour.
    /// </summary>
    [Fact]
    public async Task A_join_file_that_cannot_be_read_does_not_keep_an_enrolled_router_from_renewing()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, current, store) = await world.EnrolledAsync("node/a");
        world.Now += TimeSpan.FromMinutes(30);
        var router = new SiteAuthorityIssuer(
            new SiteAuthorityIssuerOptions
            {
                Addresses = [world.Address],
                Join = () => throw new IOException("/etc/x0tta6bl4/join: the join string is not whole or has a mistake: copy it again"),
            },
            store, () => world.Now, TimeProvider.System, NullLogger.Instance);

        var renewed = await router.IssueAsync(current, CancellationToken.None);

        Assert.NotEqual(current.Svid!.Chain[0].SerialNumber, renewed.Svid!.Chain[0].SerialNumber);
    }
}
