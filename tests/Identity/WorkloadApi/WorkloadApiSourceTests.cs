using X0tta6bl4.SpireWorld;
using WorkloadServer = X0tta6bl4.SpireWorld.WorkloadApi;

namespace X0tta6bl4.Identity.Tests.WorkloadApi;

/// <summary>The source against a gRPC server on a real unix socket.</summary>
public sealed class WorkloadApiSourceTests(WorkloadWorld world) : IClassFixture<WorkloadWorld>
{
    [Fact]
    public async Task An_identity_is_fetched()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("a")));

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        var snapshot = await following.Said.SnapshotAsync();
        Assert.Equal("spiffe://example.org/a", snapshot.Svid!.Id.ToString());
        Assert.Single(snapshot.Bundles.Find(snapshot.Svid.Id.TrustDomain)!.X509Authorities);
    }
}
