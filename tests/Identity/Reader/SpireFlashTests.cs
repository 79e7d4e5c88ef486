using X0tta6bl4.Identity.Tests.SpireServer;
using X0tta6bl4.SpireWorld;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class SpireFlashTests
{
    /// <summary>
    /// SPIRE rotates its authority about daily, so the bundle changes. A router whose flash is full or read-only gets no identity from
    /// then on, for ever, though everything that matters is in memory (SiteAuthorityIssuer.Keep: "The identity is good all the same").
    /// </summary>
    [Fact]
    public async Task A_full_flash_does_not_take_the_identity_away_when_the_bundle_changes()
    {
        await using var domain = await SpireDomain.StartAsync();
        await domain.Router().IssueAsync(null, CancellationToken.None);
        using var other = new SpireAuthority("site.example");
        domain.Store.Put("spire-bundle", [.. domain.Server.Authority.RootDer, .. other.RootDer]);
        domain.Store.IsFull = true;
        var router = domain.Router();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                await router.IssueAsync(null, CancellationToken.None);
                return;
            }
            catch (IOException exception)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(exception.Message);
            }
        }

        Assert.Fail("no identity at three attempts");
    }
}
