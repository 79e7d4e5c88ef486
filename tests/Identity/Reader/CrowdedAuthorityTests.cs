using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tests.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class CrowdedAuthorityTests
{
    /// <summary>
    /// What sixteen silent connections are good for: the island takes a full authority for one that is away, hears of no denial, and
    /// renews the router that was denied, for as long as the stranger goes on, up to the days it may stand in.
    /// </summary>
    [Fact]
    public async Task An_authority_that_is_crowded_is_not_one_that_is_away()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var (_, own, _) = await world.EnrolledAsync("node/island");
        var (_, stolen, _) = await world.EnrolledAsync("node/stolen");
        await world.Authority.GrantIslandAsync(AuthorityWorld.Id("node/island"), 14, CancellationToken.None);
        var state = new IslandState(AuthorityWorld.Domain, new MemorySecretStore());
        var contact = new SiteIslandContact(() => [world.Address], state, () => world.Now, TimeProvider.System);
        await contact.GetInTouchAsync(own, CancellationToken.None);
        await world.Authority.DenyAsync(stolen.Svid!.Id, CancellationToken.None);
        IEnrolmentAuthority island = new IslandAuthority(
            state, new IslandPolicy { ProbeEvery = TimeSpan.Zero }, () => world.Authority.Bundles,
            c => contact.IsAuthorityThereAsync(world.Authority.Bundles, c), () => own.Svid, () => world.Now, TimeProvider.System);
        var request = new EnrolmentRequest.Renew { Csr = SvidRequest.Create(SigningKey.Generate(KeyKind.P256), stolen.Svid.Id) };
        Task<EnrolmentAnswer> Ask() => island.AnswerAsync(request, world.Verified(stolen.Svid), new byte[32], CancellationToken.None);
        Assert.Equal(EnrolmentRefusal.AuthorityReachable, (await Ask()).Refusal);

        var port = int.Parse(world.Address.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        var silent = new List<Socket>();
        for (var i = 0; i < 16; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.0.{2 + (i / 4)}"), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);
            silent.Add(socket);
        }

        var answer = await Ask();
        silent.ForEach(s => s.Dispose());

        Assert.NotNull(answer.Refusal);
    }
}
