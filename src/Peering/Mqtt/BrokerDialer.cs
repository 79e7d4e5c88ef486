using System.Net;
using System.Net.Sockets;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>Opens the byte stream to the broker; the seam where TLS comes in.</summary>
/// <param name="host">Name or address.</param>
/// <param name="port">TCP port.</param>
/// <param name="cancellationToken">Gives up.</param>
/// <exception cref="IOException">Not reachable; so may <see cref="SocketException"/> say.</exception>
public delegate ValueTask<Stream> BrokerDialer(string host, int port, CancellationToken cancellationToken);

/// <summary>
/// TCP without encryption. Whether that is allowed was decided by <see cref="MqttReporterOptions.Problems"/>.
/// </summary>
public static class PlainTcp
{
    /// <summary>Connects to the first address that answers.</summary>
    public static async ValueTask<Stream> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        SocketException? last = null;
        foreach (var address in await AddressesAsync(host, cancellationToken))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
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
