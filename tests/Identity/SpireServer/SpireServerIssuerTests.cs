namespace X0tta6bl4.Identity.Tests.SpireServer;

/// <summary>The issuer against a server that speaks TLS and gRPC with somebody else's code.</summary>
public sealed class SpireServerIssuerTests
{
    [Fact]
    public async Task A_router_with_a_join_token_gets_an_identity()
    {
        await using var domain = await SpireDomain.StartAsync();

        var snapshot = await domain.Router().IssueAsync(null, CancellationToken.None);

        Assert.Equal("spiffe://site.example/node/a", snapshot.Svid!.Id.ToString());
        Assert.Single(snapshot.Bundles.Find(domain.Domain)!.X509Authorities);
        Assert.Equal(["AttestAgent", "GetAuthorizedEntries", "BatchNewX509SVID", "GetBundle"], domain.Server.Calls);
    }
}
