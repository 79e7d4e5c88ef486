using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

/// <summary>After a theft of an island, or of damage, docs/identity.md says: make a new root and enrol every router again.</summary>
public sealed class NewRootTests
{
    [Fact]
    public async Task A_router_with_what_it_kept_of_the_old_root_takes_a_join_string_of_the_new_one()
    {
        await using var old = new AuthorityWorld();
        await old.ServeAsync();
        var (_, _, store) = await old.EnrolledAsync("node/a");
        await using var anew = new AuthorityWorld();
        await anew.ServeAsync();
        anew.Now += TimeSpan.FromHours(2);
        var join = await anew.TokenAsync("node/a");

        // The whole of it: "the peer was refused ... no authority of the trust domain" while returning, and the token is never sent.
        var snapshot = await anew.Router(store, join).IssueAsync(null, CancellationToken.None);

        Assert.Equal(anew.Root.Certificate.Der.ToArray(), Assert.Single(snapshot.Bundles.Find(AuthorityWorld.Domain)!.X509Authorities).Der.ToArray());
    }
}
