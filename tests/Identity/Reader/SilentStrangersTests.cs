using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Identity.Tests.Authority;

namespace X0tta6bl4.Identity.Tests.Reader;

public sealed class SilentStrangersTests
{
    /// <summary>
    /// Somebody on the mesh with four addresses (of IPv6 everybody has as many as he likes) holds all sixteen places, four each, for
    /// ten seconds each time: 24 connections a minute and address, under the 30. He sends nothing. No router renews any more, at the
    /// authority and at each island.
    /// </summary>
    [Fact]
    public async Task Who_says_nothing_does_not_keep_the_routers_out()
    {
        await using var world = new AuthorityWorld();
        await world.ServeAsync();
        var join = await world.TokenAsync("node/a");
        var port = int.Parse(world.Address.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        var silent = new List<Socket>();
        for (var source = 2; source < 6; source++)
        {
            for (var i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.0.{source}"), 0));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);
                silent.Add(socket);
            }
        }

        try
        {
            var router = world.Router(new MemorySecretStore(), join);
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await router.IssueAsync(null, CancellationToken.None);
                    break;
                }
                catch (IOException) when (attempt < 3)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
                }
            }
        }
        finally
        {
            silent.ForEach(s => s.Dispose());
        }
    }
}
