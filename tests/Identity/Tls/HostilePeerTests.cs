using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Tls;

namespace X0tta6bl4.Identity.Tests.Tls;

/// <summary>
/// Peers that send anything but TLS, or only a part of it. Whatever comes, a handshake ends, with a reason of ours, and no
/// byte of it reaches the application.
/// </summary>
public sealed class HostilePeerTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private async Task<(object Client, object Server)> MeddledAsync(bool isClients, long at, Func<byte, byte>? change)
    {
        var (near, far) = await Loopback.PairAsync();
        var client = TlsWorld.ResultAsync(MutualTlsStream.ConnectAsync(
            isClients ? new MeddlingStream(near, at, change) : near, world.Settings(world.Client), TimeProvider.System, CancellationToken.None));
        var server = TlsWorld.ResultAsync(MutualTlsStream.AcceptAsync(
            isClients ? far : new MeddlingStream(far, at, change), world.Settings(world.Server), TimeProvider.System, CancellationToken.None));
        return (await client.WaitAsync(Patience), await server.WaitAsync(Patience));
    }

    private async Task<long> BytesAsync(bool isClients)
    {
        var (near, far) = await Loopback.PairAsync();
        var meddling = new MeddlingStream(isClients ? near : far, long.MaxValue, null);
        var client = MutualTlsStream.ConnectAsync(
            isClients ? meddling : near, world.Settings(world.Client), TimeProvider.System, CancellationToken.None);
        var server = MutualTlsStream.AcceptAsync(
            isClients ? far : meddling, world.Settings(world.Server), TimeProvider.System, CancellationToken.None);
        await Task.WhenAll(client, server);
        return meddling.Written;
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_handshake_cut_at_any_byte_fails_at_the_other_side(bool isClients)
    {
        // An ECDSA signature has 70 to 72 bytes, and there are two in it: the last few bytes may not exist every time.
        var length = await BytesAsync(isClients) - 8;
        Assert.InRange(length, 600, 4000);
        await Parallel.ForAsync(0, length, async (at, _) =>
        {
            var (client, server) = await MeddledAsync(isClients, at, change: null);
            var failed = Assert.IsType<TlsHandshakeException>(isClients ? server : client);
            Assert.True(
                failed.Failure is TlsFailure.Truncated or TlsFailure.RefusedByPeer, $"cut at byte {at}: {failed.Failure}: {failed}");
        });
    }

    /// <summary>
    /// Any byte changed on the way: both see a failure, or the byte was one that TLS 1.3 ignores (the version in a record's
    /// header), and both see a connection. Never one alone with the other's identity unproven.
    /// </summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_changed_byte_is_never_a_connection_of_one_side(bool isClients)
    {
        var length = await BytesAsync(isClients);
        var seed = Environment.TickCount;
        await Parallel.ForAsync(0, 300, async (i, _) =>
        {
            var random = new Random(seed + i);
            var at = random.NextInt64(length);
            var flip = (byte)random.Next(1, 256);
            using var patience = new CancellationTokenSource(Patience);
            var (client, server) = await MeddledAsync(isClients, at, b => (byte)(b ^ flip));
            if (client is MutualTlsStream one && server is not MutualTlsStream)
            {
                // A client is done before the server has judged it; it must hear of the end, and nothing else.
                await Assert.ThrowsAnyAsync<IOException>(() => one.ReadExactlyAsync(new byte[1], patience.Token).AsTask());
            }
            else
            {
                Assert.True(
                    client is MutualTlsStream == server is MutualTlsStream,
                    $"seed {seed + i}: byte {at} ^ {flip}: client {client}, server {server}");
            }
        });
    }

    [Fact]
    public void Noise_is_refused() => Gen.Byte.Array[1, 600].Sample(
        noise =>
        {
            foreach (var isServer in new[] { true, false })
            {
                var (near, far) = Loopback.PairAsync().GetAwaiter().GetResult();
                var handshake = TlsWorld.ResultAsync(isServer
                    ? MutualTlsStream.AcceptAsync(far, world.Settings(world.Server), TimeProvider.System, CancellationToken.None)
                    : MutualTlsStream.ConnectAsync(far, world.Settings(world.Client), TimeProvider.System, CancellationToken.None));
                near.Write(noise);
                near.Dispose();
                var failure = Assert.IsType<TlsHandshakeException>(handshake.WaitAsync(Patience).GetAwaiter().GetResult());
                Assert.Null(failure.Refusal);
            }
        },
        iter: 300);

    [Fact]
    public async Task A_hello_without_end_is_not_kept()
    {
        var (near, far) = await Loopback.PairAsync();
        var accepting = TlsWorld.ResultAsync(MutualTlsStream.AcceptAsync(
            far, world.Settings(world.Server), TimeProvider.System, CancellationToken.None));

        // Handshake records of 16,000 bytes, the first of them a ClientHello that says it has 16 MB.
        var record = new byte[5 + 16_000];
        (record[0], record[1], record[2], record[3], record[4]) = (0x16, 0x03, 0x01, 16_000 >> 8, 16_000 & 0xFF);
        (record[5], record[6], record[7], record[8]) = (0x01, 0xFF, 0xFF, 0xFF);
        var sent = 0;
        try
        {
            for (; sent < 10_000_000 && !accepting.IsCompleted; sent += record.Length)
            {
                await near.WriteAsync(record);
            }
        }
        catch (IOException)
        {
            // Hung up on, which is the point.
        }

        var failure = Assert.IsType<TlsHandshakeException>(await accepting.WaitAsync(Patience));
        Assert.True(failure.Failure is TlsFailure.TooLarge or TlsFailure.Protocol, failure.ToString());
    }

    /// <summary>A client's hello, or a server's, of which a byte comes every second.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_hello_a_byte_a_second_is_not_waited_for(bool isOursServer)
    {
        var time = new FakeTimeProvider();
        var (near, far) = await Loopback.PairAsync();
        var handshake = TlsWorld.ResultAsync(isOursServer
            ? MutualTlsStream.AcceptAsync(far, world.Settings(world.Server), time, CancellationToken.None)
            : MutualTlsStream.ConnectAsync(far, world.Settings(world.Client), time, CancellationToken.None));
        byte[] start = [0x16, 0x03, 0x03, 0x02, 0x00, (byte)(isOursServer ? 1 : 2), 0x00, 0x01, 0xFC, 0x03, 0x03, 0x00];
        foreach (var one in start)
        {
            if (handshake.IsCompleted)
            {
                break;
            }

            await near.WriteAsync(new[] { one });
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(TlsFailure.TimedOut, Assert.IsType<TlsHandshakeException>(await handshake.WaitAsync(Patience)).Failure);
    }

    [Fact]
    public async Task A_record_changed_after_the_handshake_ends_the_connection()
    {
        var (near, far) = await Loopback.PairAsync();
        var length = await BytesAsync(isClients: true);
        var connecting = MutualTlsStream.ConnectAsync(
            new MeddlingStream(near, length + 10, b => (byte)~b), world.Settings(world.Client), TimeProvider.System, CancellationToken.None);
        var server = await MutualTlsStream.AcceptAsync(far, world.Settings(world.Server), TimeProvider.System, CancellationToken.None);
        var client = await connecting;

        await client.WriteAsync(new byte[100]);

        await Assert.ThrowsAnyAsync<IOException>(() => server.ReadExactlyAsync(new byte[1]).AsTask());
        await server.DisposeAsync();
        await client.DisposeAsync();
    }
}
