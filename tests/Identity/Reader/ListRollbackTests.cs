using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Revocation;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class ListRollbackTests(ListWorld world) : IClassFixture<ListWorld>
{
    /// <summary>
    /// "A list does not go back ... That memory does not outlive the process": a folder that is empty for one look (rm, then cp; a
    /// mount that goes away) is enough to make it forget.
    /// </summary>
    [Fact]
    public void An_older_list_is_left_out_also_when_there_was_none_for_a_moment()
    {
        var revoking = RevocationList.Read(world.Status.List(
            world.Root, l => l with { Number = 6, Revoked = [StatusMint.SerialOf(world.Leaf)] }));
        var older = RevocationList.Read(world.Status.List(world.Root, l => l with { Number = 5 }));
        var lists = RevocationLists.None.Replace([revoking], out _);
        Assert.Equal(SvidRefusalReason.Revoked, world.Judge(lists).Refusal!.Reason);

        var gone = lists.Replace([], out _);
        var back = gone.Replace([older], out _);

        Assert.NotNull(world.Judge(back).Refusal);
    }
}
