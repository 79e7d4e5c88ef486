using System.Text;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.Tests.SpireServer;
using X0tta6bl4.SpireWorld;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class SpireBootstrapTests
{
    /// <summary>
    /// docs/identity.md: "bundle of the server: first contact only; later ones are kept sealed". The configured bundle is believed at
    /// every attestation (with x509pop that is each renewal of the agent): an authority that was withdrawn, its key stolen, still
    /// passes for the server there, gets the join token, and replaces the whole bundle of the router by what it likes.
    /// </summary>
    [Fact]
    public async Task An_authority_that_was_withdrawn_is_not_believed_again_at_the_next_attestation()
    {
        await using var domain = await SpireDomain.StartAsync();
        await domain.Router().IssueAsync(null, CancellationToken.None);
        using var newer = new SpireAuthority("site.example");
        // What the router was told last: the first authority has been replaced.
        domain.Store.Put("spire-bundle", newer.RootDer);
        domain.Ahead = TimeSpan.FromMinutes(61);
        domain.Server.Authority.Ahead = domain.Ahead;
        domain.Server.JoinTokens["second"] = true;
        domain.Store.Put(JoinTokenAttestor.SecretName, Encoding.ASCII.GetBytes("second"));
        await domain.RestartServerAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => domain.Router().IssueAsync(null, CancellationToken.None));

        Assert.Single(domain.Server.Calls, "AttestAgent");
    }
}
