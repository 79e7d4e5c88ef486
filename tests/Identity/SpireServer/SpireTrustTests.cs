using System.Text;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.SpireWorld;

namespace X0tta6bl4.Identity.Tests.SpireServer;

/// <summary>
/// By whom the server is believed once a router has been told a newer bundle than the configured one. The server has the
/// authority of the file; what the router was told last is another.
/// </summary>
public sealed class SpireTrustTests
{
    /// <summary>A router that has had an identity and must attest again, an hour later.</summary>
    private static async Task<SpireDomain> AnHourLaterAsync(SpireAuthority told)
    {
        var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain);
        domain.Store.Put("spire-bundle", told.RootDer);
        domain.Ahead = TimeSpan.FromMinutes(61);
        domain.Server.Authority.Ahead = domain.Ahead;
        domain.Server.JoinTokens["second"] = true;
        domain.Store.Put(JoinTokenAttestor.SecretName, Encoding.ASCII.GetBytes("second"));
        await domain.RestartServerAsync();
        return domain;
    }

    /// <summary>A restarted router, with this file.</summary>
    private static Task<IdentitySnapshot> IssueAsync(SpireDomain domain, byte[]? file = null) => domain
        .Router(s => file is null ? s : s with { Bootstrap = () => TrustBundleReader.Read(file, domain.Domain) })
        .IssueAsync(null, CancellationToken.None);

    private static async Task IsNotBelievedAsync(Task<IdentitySnapshot> issuing)
    {
        var exception = await Assert.ThrowsAsync<GrpcException>(() => issuing);
        Assert.Equal(TlsFailure.PeerRefused, Assert.IsType<TlsHandshakeException>(exception.InnerException).Failure);
    }

    /// <summary>Its key was stolen, say: whoever has it would get the token, and replace the whole bundle.</summary>
    [Fact]
    public async Task An_authority_that_was_withdrawn_is_not_believed_again_at_the_next_attestation()
    {
        using var newer = new SpireAuthority("site.example");
        await using var domain = await AnHourLaterAsync(newer);

        await IsNotBelievedAsync(IssueAsync(domain));

        Assert.Single(domain.Server.Calls, "AttestAgent");
    }

    [Fact]
    public async Task A_file_that_somebody_has_changed_counts_again_until_it_has_served()
    {
        using var newer = new SpireAuthority("site.example");
        await using var domain = await AnHourLaterAsync(newer);
        using var another = new SpireAuthority("site.example");
        byte[] changed = [.. another.RootDer, .. domain.Server.Authority.RootDer];

        Assert.NotNull((await IssueAsync(domain, changed)).Svid);

        domain.Store.Put("spire-bundle", newer.RootDer);
        await IsNotBelievedAsync(IssueAsync(domain, changed));
    }

    /// <summary>A router that was dark for days, with an agent SVID that still counts: it does not attest.</summary>
    [Fact]
    public async Task The_file_counts_when_all_it_was_told_has_ended()
    {
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain);
        using var ended = new SpireAuthority("site.example", TimeSpan.FromMinutes(-1));
        domain.Store.Put("spire-bundle", ended.RootDer);

        Assert.NotNull((await IssueAsync(domain)).Svid);

        Assert.Single(domain.Server.Calls, "AttestAgent");
    }

    [Fact]
    public async Task A_file_that_is_gone_matters_no_more_once_it_has_served()
    {
        await using var domain = await SpireDomain.StartAsync();
        await IssueAsync(domain);

        var router = domain.Router(s => s with { Bootstrap = () => throw new FileNotFoundException("it is not there") });

        Assert.NotNull((await router.IssueAsync(null, CancellationToken.None)).Svid);
    }
}
