using X0tta6bl4.Identity.Authority;

namespace X0tta6bl4.Identity.Tests.Authority;

public sealed class DenyWhenFullTests
{
    /// <summary>"1024 tokens wait to be used already; deny an ID to take its tokens back" is what the refusal of a further one says.</summary>
    [Fact]
    public async Task A_leaked_join_string_can_be_taken_back_when_the_authority_knows_as_many_IDs_as_it_may()
    {
        await using var world = new AuthorityWorld();
        for (var i = 0; i < LedgerState.TokensMax; i++)
        {
            await world.TokenAsync($"node/{i}");
        }

        await world.Authority.DenyAsync(AuthorityWorld.Id("node/7"), CancellationToken.None);

        Assert.True(await world.Ledger.ReadAsync(s => s.Nodes[AuthorityWorld.Id("node/7")].IsDenied, CancellationToken.None));
        await Assert.ThrowsAsync<IdentityAuthorityException>(() => world.TokenAsync("node/new"));
        await Assert.ThrowsAsync<IdentityAuthorityException>(() => world.Authority.DenyAsync(AuthorityWorld.Id("node/new"), CancellationToken.None));
    }
}
