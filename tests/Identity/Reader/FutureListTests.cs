using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Revocation;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class FutureListTests(StatusWorld world) : IClassFixture<StatusWorld>
{
    /// <summary>
    /// "A list that names a certificate counts in every mode but off." A router whose clock is behind by two minutes, as after each
    /// boot, has the newest list and lets the revoked peer in by what it showed when it was not revoked yet.
    /// </summary>
    [Fact]
    public void A_list_that_names_a_certificate_counts_also_when_our_clock_is_behind()
    {
        var now = StatusWorld.Now;
        var list = RevocationList.Read(world.Status.List(world.Root, l => l with
        {
            Revoked = [StatusMint.SerialOf(world.Client)],
            ThisUpdate = now.AddMinutes(2),
            NextUpdate = now.AddDays(1),
        }));
        var check = StatusWorld.Check(RevocationMode.OcspStapled, lists: new RevocationLists([list]));
        Certificate[] path = [Certificate.Read(world.Client.Der), Certificate.Read(world.Root.Der)];
        var staple = OcspForge.Make(world.Client, world.Root, world.Root, now, f => f);

        var verdict = check.Judge(path, check.Read(path, [staple], now), now);

        Assert.Equal(SvidRefusalReason.Revoked, verdict.Refusal?.Reason);
    }
}
