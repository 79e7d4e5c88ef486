using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Tls;

namespace X0tta6bl4.Identity.Tests.Authority;

public sealed class SourceLimitsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _closed = [];
    private readonly SourceLimits _limits;

    public SourceLimitsTests() => _limits = new SourceLimits(_time);

    private SourceLimits.Place? Enter(string address) => _limits.TryEnter(IPAddress.Parse(address), () => _closed.Add(address));

    [Fact]
    public void Old_sources_are_forgotten_and_never_an_open_one()
    {
        var open = Enter("10.255.255.1")!;
        for (var i = 0; i < SourceLimits.SourcesMax * 3; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Enter($"10.0.{i >> 8}.{i & 0xff}")!.Dispose();
        }

        for (var i = 1; i < SourceLimits.ConnectionsOfSourceMax; i++)
        {
            Assert.NotNull(Enter("10.255.255.1"));
        }

        Assert.Null(Enter("10.255.255.1"));
        open.Dispose();
        Assert.NotNull(Enter("10.255.255.1"));
        Assert.Empty(_closed);
    }

    [Fact]
    public void When_all_places_are_taken_the_oldest_connection_without_a_request_gives_way()
    {
        var places = Enumerable.Range(0, SourceLimits.ConnectionsMax).Select(i => Enter($"10.1.0.{i}")!).ToList();
        Assert.True(places[0].Decide());

        Assert.NotNull(Enter("10.2.0.1"));
        Assert.NotNull(Enter("10.2.0.2"));

        Assert.Equal(["10.1.0.1", "10.1.0.2"], _closed);
        Assert.False(places[1].Decide());
        // Its end, later, frees nobody else's place.
        places[1].Dispose();
        Assert.NotNull(Enter("10.2.0.3"));
        Assert.Equal("10.1.0.3", _closed[^1]);
    }

    [Fact]
    public void When_all_are_being_decided_about_a_further_one_is_turned_away()
    {
        foreach (var i in Enumerable.Range(0, SourceLimits.ConnectionsMax))
        {
            Assert.True(Enter($"10.1.0.{i}")!.Decide());
        }

        Assert.Null(Enter("10.2.0.1"));
        Assert.Empty(_closed);
    }

    /// <summary>Of IPv6 everybody has as many addresses as he likes; none of them got a certificate.</summary>
    [Fact]
    public void A_flood_from_ever_new_addresses_pushes_out_itself_and_not_a_source_that_once_got_a_certificate()
    {
        var before = Enter("10.1.0.1")!;
        Assert.True(before.Decide());
        before.Decided(isIssued: true);
        before.Dispose();
        var router = Enter("10.1.0.1")!;

        for (var i = 0; i < SourceLimits.SourcesMax * 3; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.NotNull(Enter($"fd00::{i:x}"));
        }

        Assert.True(router.Decide());
        router.Dispose();
        router = Enter("10.1.0.1")!;
        Assert.NotNull(Enter("fd01::1"));
        Assert.DoesNotContain("10.1.0.1", _closed);
        Assert.True(router.Decide());
    }

    /// <summary>
    /// Somebody on the mesh with four addresses holds all sixteen places, four each, for ten seconds each time: 24 connections a
    /// minute and address, under the 30. He sends nothing, or shakes hands first, for which he needs no certificate.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_says_nothing_does_not_keep_the_routers_out(bool shakesHands)
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var join = await world.TokenAsync("node/a");
        var silent = await CrowdAsync(world);
        if (shakesHands)
        {
            foreach (var socket in silent)
            {
                await MutualTlsStream.ConnectAsync(
                    new NetworkStream(socket), world.ClientSettings(null), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        await world.Router(new MemorySecretStore(), join).IssueAsync(null, CancellationToken.None);

        silent.ForEach(s => s.Dispose());
    }

    /// <summary>Takes all places of an authority, from four addresses, and says nothing.</summary>
    internal static async Task<List<Socket>> CrowdAsync(AuthorityWorld world)
    {
        var silent = new List<Socket>();
        for (var i = 0; i < SourceLimits.ConnectionsMax; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.0.{2 + (i / SourceLimits.ConnectionsOfSourceMax)}"), 0));
            await socket.ConnectAsync(IPEndPoint.Parse(world.Address), TestContext.Current.CancellationToken);
            silent.Add(socket);
        }

        return silent;
    }
}
