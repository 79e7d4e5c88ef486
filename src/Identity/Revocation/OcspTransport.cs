using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>
/// One question to a responder: a POST over plain HTTP (RFC 6960, appendix A), by hand, because HttpClient costs hundreds of
/// kilobytes. HTTP/1.0, so that nothing comes in chunks; no redirects, no proxy, no second try.
/// </summary>
internal static class OcspTransport
{
    /// <summary>Most bytes before the body of an answer.</summary>
    private const int HeadBytesMax = 8 * 1024;

    /// <summary>Asks; gives the body of the answer.</summary>
    /// <param name="url">The responder; http.</param>
    /// <param name="isConfigured">The operator named it; else it may not be on this machine or on the link.</param>
    /// <param name="question">The body of the question.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">No answer, or one that is not accepted; the message says why.</exception>
    public static async Task<byte[]> PostAsync(Uri url, bool isConfigured, byte[] question, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = await ConnectAsync(url, isConfigured, cancellationToken).ConfigureAwait(false);
            var head = string.Create(
                CultureInfo.InvariantCulture,
                $"POST {url.PathAndQuery} HTTP/1.0\r\nHost: {url.Authority}\r\nContent-Type: application/ocsp-request\r\n"
                + $"Content-Length: {question.Length}\r\nConnection: close\r\n\r\n");
            for (ReadOnlyMemory<byte> rest = (byte[])[.. Encoding.ASCII.GetBytes(head), .. question]; !rest.IsEmpty;)
            {
                rest = rest[await socket.SendAsync(rest, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
            }

            return Body(await ReceiveAsync(socket, cancellationToken).ConfigureAwait(false));
        }
        catch (SocketException exception)
        {
            throw new IOException($"the connection failed: {exception.SocketErrorCode}", exception);
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            // Dns and Uri about a host that no resolver would be asked for: over 255 characters, or no name.
            throw new IOException("its host is no name of one", exception);
        }
    }

    /// <summary>
    /// A certificate may name any address. The router's own ones, and those of whoever happens to be on the link, are not asked: a
    /// router has doors that are open to itself alone. Private networks are where a site has its responder.
    /// </summary>
    internal static bool IsAcceptable(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return !IPAddress.IsLoopback(address) && (address.AddressFamily == AddressFamily.InterNetwork
            ? address.GetAddressBytes() is not ([0, ..] or [169, 254, ..] or [>= 224, ..])
            : !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any))
            && !IsOurs(address);
    }

    /// <summary>
    /// Whether it is an address of this machine: the way to such a one begins at itself, as the kernel says, without a packet, to
    /// whoever connects a datagram socket.
    /// </summary>
    private static bool IsOurs(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(address, port: 9));
            return ((IPEndPoint)socket.LocalEndPoint!).Address.Equals(address);
        }
        catch (SocketException)
        {
            // There is no way to it; whoever connects will be told why.
            return false;
        }
    }

    private static async Task<Socket> ConnectAsync(Uri url, bool isConfigured, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(url.IdnHost, out var one)
            ? [one]
            : await Dns.GetHostAddressesAsync(url.IdnHost, cancellationToken).ConfigureAwait(false);
        var accepted = addresses.Where(a => isConfigured || IsAcceptable(a)).ToArray();
        if (accepted.Length == 0)
        {
            throw new IOException(addresses.Length == 0
                ? $"{url.IdnHost} has no address"
                : $"{url.IdnHost} is {addresses[0]}, on this machine or on the link: only a configured responder may be");
        }

        // The addresses that were looked at, not the name again, which may by now mean another.
        SocketException? last = null;
        foreach (var address in accepted)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, url.Port), cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException exception)
            {
                last = exception;
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last!;
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, CancellationToken cancellationToken)
    {
        const int BytesMax = HeadBytesMax + OcspResponse.BytesMax;
        using var all = new MemoryStream();
        var buffer = new byte[4 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)) > 0)
        {
            all.Write(buffer, 0, count);
            if (all.Length > BytesMax)
            {
                throw new IOException($"the answer has over {BytesMax} bytes");
            }
        }

        return all.ToArray();
    }

    private static byte[] Body(byte[] answer)
    {
        var end = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end is < 0 or > HeadBytesMax || !answer.AsSpan().StartsWith("HTTP/1."u8)
            || !Utf8Parser.TryParse(answer.AsSpan(Math.Min("HTTP/1.x ".Length, end)), out int status, out var digits) || digits != 3)
        {
            throw new IOException("what answers there does not speak HTTP");
        }

        if (status is >= 300 and < 400)
        {
            throw new IOException($"the responder sends us elsewhere (status {status}), which is not followed");
        }

        if (status != 200)
        {
            throw new IOException($"the responder answers with status {status}");
        }

        var body = answer[(end + 4)..];
        return ContentLength(Encoding.ASCII.GetString(answer.AsSpan(0, end))) is { } length && length != body.Length
            ? throw new IOException($"the answer has {body.Length} bytes and says {length}")
            : body;
    }

    private static long? ContentLength(string head)
    {
        const string Name = "Content-Length:";
        var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return line is null ? null : long.TryParse(line.AsSpan(Name.Length), CultureInfo.InvariantCulture, out var length) ? length : -1;
    }
}
