using System.Net;
using System.Net.Sockets;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>A byte stream to the broker.</summary>
/// <param name="Stream">Owned by the taker.</param>
/// <param name="RenewAfter">
/// How long it may be used before an orderly client has moved to a new one: the proof of one side ends some time after. Null:
/// for ever.
/// </param>
public sealed record BrokerLink(Stream Stream, TimeSpan? RenewAfter = null);

/// <summary>Opens the byte stream to the broker; the seam where TLS comes in.</summary>
/// <param name="host">Name or address.</param>
/// <param name="port">TCP port.</param>
/// <param name="cancellationToken">Gives up.</param>
/// <exception cref="IOException">Not reachable; so may <see cref="SocketException"/> say.</exception>
public delegate ValueTask<BrokerLink> BrokerDialer(string host, int port, CancellationToken cancellationToken);

/// <summary>
/// TCP without encryption. Whether that is allowed was decided by <see cref="MqttReporterOptions.Problems"/>.
/// </summary>
public static class PlainTcp
{
    /// <summary>Connects to the first address that answers.</summary>
    public static async ValueTask<BrokerLink> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        SocketException? last = null;
        foreach (var address in await AddressesAsync(host, cancellationToken))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
                return new BrokerLink(new NetworkStream(socket, ownsSocket: true));
            }
            catch (SocketException error)
            {
                socket.Dispose();
                last = error;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static async Task<IReadOnlyList<IPAddress>> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        // "localhost" is allowed without encryption because it is this machine: then no resolver may say otherwise.
        return host == "localhost"
            ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : await Dns.GetHostAddressesAsync(host, cancellationToken);
    }
}
