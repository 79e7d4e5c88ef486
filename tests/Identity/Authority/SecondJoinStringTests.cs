using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Identity.Tests.Authority;

/// <summary>What a join string, another one, or one that cannot be read does to a router that was enrolled.</summary>
public sealed class SecondJoinStringTests
{
    /// <summary>After a theft of an island, or of damage, docs/identity.md says: make a new root and enrol every router again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_router_with_what_it_kept_of_the_old_root_takes_a_join_string_of_the_new_one(bool isRestarted)
    {
        await using var old = new AuthorityWorld();
        await old.ServeAsync();
        var (_, current, store) = await old.EnrolledAsync("node/a");
        await using var anew = new AuthorityWorld();
        await anew.ServeAsync();
        // Within the hour: what it kept is good still, by the old root.
        anew.Now += TimeSpan.FromMinutes(20);
        var join = await anew.TokenAsync("node/a");

        var router = anew.Router(store, join);
        var snapshot = await router.IssueAsync(isRestarted ? null : current, CancellationToken.None);
        Assert.Equal(anew.Root.Certificate.Der.ToArray(), Assert.Single(snapshot.Bundles.Find(AuthorityWorld.Domain)!.X509Authorities).Der.ToArray());

        anew.Now += TimeSpan.FromHours(2);
        await anew.Router(store, join).IssueAsync(null, CancellationToken.None);
        Assert.Equal((1, 1), (anew.Server.Counters.Enrolled, anew.Server.Counters.Returned));
    }

    /// <summary>The token of the new root is used up, and the answer was lost: the key that was sealed with it is the new root's.</summary>
    [Fact]
    public async Task What_is_pending_with_the_old_root_is_not_taken_for_the_new_one()
    {
        await using var old = new AuthorityWorld();
        await old.ServeAsync();
        var store = new MemorySecretStore();
        var late = old.Router(store, await old.TokenAsync("node/a"));
        await old.StopAsync();
        await Assert.ThrowsAsync<IOException>(() => late.IssueAsync(null, CancellationToken.None));
        Assert.NotNull(KeptIdentity.Read(store, KeptIdentity.PendingName));
        await using var anew = new AuthorityWorld();
        await anew.ServeAsync();

        await anew.Router(store, await anew.TokenAsync("node/a")).IssueAsync(null, CancellationToken.None);

        Assert.Null(KeptIdentity.Read(store, KeptIdentity.PendingName));
        Assert.Equal(1, anew.Server.Counters.Enrolled);
    }

    /// <summary>
    /// The join file "may be removed once it was used": it has no part in a renewal. A line pasted by half, other permissions
    /// are an IOException here.
    /// </summary>
    [Fact]
    public async Task A_join_file_that_cannot_be_read_does_not_keep_an_enrolled_router_from_renewing_and_coming_back()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, current, store) = await world.EnrolledAsync("node/a");
        SiteAuthorityIssuer Router(MemorySecretStore from) => world.Router(
            from, null, o => o with { Join = () => throw new IOException("/etc/x0tta6bl4/join: the join string is not whole or has a mistake: copy it again") });
        world.Now += TimeSpan.FromMinutes(30);

        var renewed = await Router(store).IssueAsync(current, CancellationToken.None);
        Assert.NotEqual(current.Svid!.Chain[0].SerialNumber, renewed.Svid!.Chain[0].SerialNumber);

        world.Now += TimeSpan.FromHours(2);
        await Router(store).IssueAsync(null, CancellationToken.None);
        Assert.Equal((1, 1), (world.Server.Counters.Renewed, world.Server.Counters.Returned));

        // Who was never enrolled is told what is wrong with it.
        var failure = await Assert.ThrowsAsync<IOException>(() => Router(new MemorySecretStore()).IssueAsync(null, CancellationToken.None));
        Assert.Contains("not whole", failure.Message, StringComparison.Ordinal);
    }
}
