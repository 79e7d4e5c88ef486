using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.Tls;

public sealed class MutualTlsStreamTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    private async Task<(MutualTlsStream Client, MutualTlsStream Server)> ConnectedAsync(
        Func<TlsSettings, TlsSettings>? change = null)
    {
        var (client, server) = await TlsWorld.ShakeAsync(
            (change ?? (s => s))(world.Settings(world.Client)), (change ?? (s => s))(world.Settings(world.Server)));
        return (Assert.IsType<MutualTlsStream>(client), Assert.IsType<MutualTlsStream>(server));
    }

    [Fact]
    public async Task Each_side_knows_who_the_other_is()
    {
        var (client, server) = await ConnectedAsync();

        Assert.Equal("spiffe://example.org/server", client.Peer.Id.ToString());
        Assert.Equal("spiffe://example.org/client", server.Peer.Id.ToString());
        Assert.Equal(client.CipherSuite, server.CipherSuite);
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("p256"), InlineData("p384"), InlineData("ed25519")]
    public async Task Every_kind_of_key_of_ours_proves_itself(string key)
    {
        var (client, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Peer("a", key)), world.Settings(world.Peer("b", key)));

        await using var one = Assert.IsType<MutualTlsStream>(client);
        await using var two = Assert.IsType<MutualTlsStream>(server);
    }

    [Fact]
    public async Task What_is_written_arrives_whole_in_both_directions_at_once()
    {
        var (client, server) = await ConnectedAsync();
        var random = new Random(1);
        var (there, back) = (new byte[3_000_001], new byte[2_000_003]);
        random.NextBytes(there);
        random.NextBytes(back);

        var arrived = new byte[there.Length];
        var returned = new byte[back.Length];
        await Task.WhenAll(
            client.WriteAsync(there).AsTask(), server.WriteAsync(back).AsTask(),
            server.ReadExactlyAsync(arrived).AsTask(), client.ReadExactlyAsync(returned).AsTask());

        Assert.True(there.AsSpan().SequenceEqual(arrived));
        Assert.True(back.AsSpan().SequenceEqual(returned));
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_goodbye_is_the_end_and_a_cut_is_an_error()
    {
        var (client, server) = await ConnectedAsync();
        await client.WriteAsync("x"u8.ToArray());
        await client.DisposeAsync();
        var buffer = new byte[10];
        Assert.Equal(1, await server.ReadAsync(buffer));
        Assert.Equal(0, await server.ReadAsync(buffer));
        await server.DisposeAsync();

        var (cut, left) = await ConnectedAsync();
        cut.Dispose();
        var error = await Assert.ThrowsAsync<IOException>(() => left.ReadExactlyAsync(buffer).AsTask());
        Assert.Contains("close_notify", error.Message, StringComparison.Ordinal);
        left.Dispose();
    }

    [Fact]
    public async Task A_write_given_up_half_way_ends_the_connection_instead_of_garbling_it()
    {
        var (client, server) = await ConnectedAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));

        // Nobody reads: the socket's buffers fill, and the write stands in the middle of a record.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.WriteAsync(new byte[50_000_000], patience.Token).AsTask());
        await Assert.ThrowsAnyAsync<Exception>(() => client.WriteAsync(new byte[1]).AsTask());

        var buffer = new byte[1_000_000];
        var error = await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await server.ReadAsync(buffer) > 0)
            {
                Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
            }
        });
        Assert.Contains("close_notify", error.Message, StringComparison.Ordinal);
        await server.DisposeAsync();
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Both_may_write_much_before_either_reads()
    {
        var (client, server) = await ConnectedAsync();
        var much = new byte[30_000_000];
        var writes = Task.WhenAll(client.WriteAsync(much).AsTask(), server.WriteAsync(much).AsTask());
        var reads = Task.WhenAll(
            client.ReadExactlyAsync(new byte[much.Length]).AsTask(), server.ReadExactlyAsync(new byte[much.Length]).AsTask());

        await Task.WhenAll(writes, reads).WaitAsync(TimeSpan.FromSeconds(60));
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_read_given_up_costs_neither_what_comes_nor_what_goes()
    {
        var (client, server) = await ConnectedAsync();
        var sent = new byte[5_000_000];
        new Random(2).NextBytes(sent);
        var writing = client.WriteAsync(sent).AsTask();
        for (var i = 0; i < 20; i++)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(5));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ReadExactlyAsync(new byte[1], soon.Token).AsTask());
        }

        var arrived = new byte[sent.Length];
        await server.ReadExactlyAsync(arrived);
        await writing;
        await server.WriteAsync("z"u8.ToArray());
        await client.ReadExactlyAsync(new byte[1]);
        Assert.True(sent.AsSpan().SequenceEqual(arrived));
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_cut_stays_an_error_however_often_it_is_read()
    {
        var (client, server) = await ConnectedAsync();
        client.Dispose();
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAnyAsync<IOException>(() => server.ReadExactlyAsync(new byte[1]).AsTask());
            await Assert.ThrowsAsync<IOException>(async () => Assert.Equal(-1, await server.ReadAsync(new byte[1])));
        }

        server.Dispose();
    }

    [Fact]
    public async Task Closing_ends_whoever_reads_and_whoever_writes()
    {
        var (client, server) = await ConnectedAsync();
        var reading = client.ReadExactlyAsync(new byte[1]).AsTask();
        var writing = client.WriteAsync(new byte[50_000_000]).AsTask();
        await Task.Delay(200);

        client.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => reading.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAnyAsync<IOException>(() => writing.WaitAsync(TimeSpan.FromSeconds(20)));
        server.Dispose();
    }

    [Fact]
    public async Task The_protocol_is_the_servers_choice_of_the_clients_offer()
    {
        var (client, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client) with { Protocols = ["raft", "mqtt"] },
            world.Settings(world.Server) with { Protocols = ["mqtt", "h2"] });

        await using var one = Assert.IsType<MutualTlsStream>(client);
        await using var two = Assert.IsType<MutualTlsStream>(server);
        Assert.Equal(("mqtt", "mqtt"), (one.Protocol, two.Protocol));
    }

    [Fact]
    public async Task Without_a_protocol_in_common_there_is_no_connection()
    {
        var (client, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client) with { Protocols = ["raft"] },
            world.Settings(world.Server) with { Protocols = ["mqtt"] });

        Assert.Equal(TlsFailure.RefusedByPeer, Assert.IsType<TlsHandshakeException>(client).Failure);
        Assert.Equal(TlsFailure.NothingInCommon, Assert.IsType<TlsHandshakeException>(server).Failure);
    }

    [Fact]
    public async Task A_peer_that_knows_no_protocols_is_refused_where_one_is_required()
    {
        var (_, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client),
            world.Settings(world.Server) with { Protocols = ["mqtt"], RequiresProtocol = true });

        Assert.Equal(TlsFailure.NothingInCommon, Assert.IsType<TlsHandshakeException>(server).Failure);
    }

    [Fact]
    public async Task An_id_that_is_not_let_in_is_refused_by_either_side()
    {
        var onlyOther = new[] { TlsWorld.Pattern($"spiffe://{Mint.Domain}/other") };
        var (client, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client), world.Settings(world.Server) with { Allowed = onlyOther });
        Assert.Equal(SvidRefusalReason.NotAuthorized, Assert.IsType<TlsHandshakeException>(server).Refusal!.Reason);
        // The client has said all it has to say when the server decides: it hears of it with its first read.
        if (client is MutualTlsStream open)
        {
            await Assert.ThrowsAnyAsync<IOException>(() => open.ReadExactlyAsync(new byte[1]).AsTask());
        }

        (client, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client) with { Allowed = onlyOther }, world.Settings(world.Server));
        Assert.Equal(SvidRefusalReason.NotAuthorized, Assert.IsType<TlsHandshakeException>(client).Refusal!.Reason);
        Assert.Equal(TlsFailure.RefusedByPeer, Assert.IsType<TlsHandshakeException>(server).Failure);
        Assert.Contains("access_denied", ((TlsHandshakeException)server).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_identity_nothing_is_sent()
    {
        var (client, server) = await TlsWorld.ShakeAsync(
            world.Settings(world.Client) with { Identity = () => null }, world.Settings(world.Server));

        Assert.Equal(TlsFailure.NoIdentity, Assert.IsType<TlsHandshakeException>(client).Failure);
        Assert.Equal(TlsFailure.Truncated, Assert.IsType<TlsHandshakeException>(server).Failure);
    }

    [Fact]
    public async Task A_peer_that_says_nothing_is_not_waited_for()
    {
        var time = new FakeTimeProvider();
        var (near, far) = await Loopback.PairAsync();
        var accepting = MutualTlsStream.AcceptAsync(far, world.Settings(world.Server), time, CancellationToken.None);
        await Task.Yield();

        time.Advance(TimeSpan.FromSeconds(11));

        var failure = await Assert.ThrowsAsync<TlsHandshakeException>(() => accepting);
        Assert.Equal(TlsFailure.TimedOut, failure.Failure);
        await near.DisposeAsync();
    }

    [Fact]
    public async Task Rotation_leaves_the_connections_that_are_open()
    {
        var identity = world.Server;
        var server = world.Settings(world.Server) with { Identity = () => identity };
        var (before, far) = await TlsWorld.ShakeAsync(world.Settings(world.Client), server);
        identity = world.Peer("server-renewed");
        var (after, _) = await TlsWorld.ShakeAsync(world.Settings(world.Client), server);

        Assert.Equal("spiffe://example.org/server", ((MutualTlsStream)before).Peer.Id.ToString());
        Assert.Equal("spiffe://example.org/server-renewed", ((MutualTlsStream)after).Peer.Id.ToString());
        await ((MutualTlsStream)far).WriteAsync("y"u8.ToArray());
        Assert.Equal(1, await ((MutualTlsStream)before).ReadAsync(new byte[1]));
    }
}
