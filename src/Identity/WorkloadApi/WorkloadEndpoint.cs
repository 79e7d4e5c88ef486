using System.Globalization;
using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>
/// Where a Workload API listens (SPIFFE Workload Endpoint, section 4): <c>unix:///path</c> or <c>tcp://address:port</c>, and
/// nothing else in it. TCP to this machine alone (E-3): over a network anybody could answer, and anybody could ask.
/// </summary>
public sealed record WorkloadEndpoint
{
    /// <summary>Where to look when the configuration names none (E-7).</summary>
    public const string EnvironmentVariable = "SPIFFE_ENDPOINT_SOCKET";

    /// <summary>Longest path of a unix socket: <c>sun_path</c> has 108 bytes, the last of them 0 (unix(7)).</summary>
    public const int PathBytesMax = 107;

    private const string UnixScheme = "unix:";
    private const string TcpScheme = "tcp:";

    private readonly string _text;
    private readonly EndPoint _address;

    private WorkloadEndpoint(string text, EndPoint address)
    {
        _text = text;
        _address = address;
    }

    /// <summary>Reads an endpoint as it stands in the configuration or in the environment.</summary>
    /// <param name="text">The endpoint.</param>
    /// <param name="endpoint">The endpoint, when the answer is null.</param>
    /// <returns>Null, or what is wrong and which requirement says so.</returns>
    public static SpiffeProblem? Parse(string text, out WorkloadEndpoint? endpoint)
    {
        endpoint = null;
        if (text.IndexOfAny(['?', '#']) is >= 0 and var at)
        {
            return new SpiffeProblem(
                text.StartsWith(TcpScheme, StringComparison.Ordinal) ? "E-10" : "E-9",
                $"the endpoint has a {(text[at] == '?' ? "query" : "fragment")}");
        }

        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            return ParseUnix(text, text[UnixScheme.Length..], out endpoint);
        }

        return text.StartsWith(TcpScheme, StringComparison.Ordinal)
            ? ParseTcp(text, text[TcpScheme.Length..], out endpoint)
            : new SpiffeProblem("E-8", "the endpoint begins neither with unix: nor with tcp:");
    }

    /// <summary>The configured endpoint; without one, that of the environment, as clients must (E-7).</summary>
    /// <param name="configured">What the configuration says; null when it says nothing.</param>
    /// <param name="environment">Value of an environment variable.</param>
    /// <param name="endpoint">The endpoint, when the answer is null.</param>
    /// <returns>Null, or what is wrong and which requirement says so.</returns>
    public static SpiffeProblem? Locate(string? configured, Func<string, string?> environment, out WorkloadEndpoint? endpoint)
    {
        if ((configured ?? environment(EnvironmentVariable)) is { Length: > 0 } text)
        {
            return Parse(text, out endpoint);
        }

        endpoint = null;
        return new SpiffeProblem("E-7", $"no endpoint of a Workload API is configured, and {EnvironmentVariable} is not set");
    }

    /// <summary>Connects.</summary>
    /// <exception cref="IOException">Nobody listens there; the message says what is missing.</exception>
    internal async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = _address is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException(Explain(exception), exception);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static SpiffeProblem? ParseUnix(string text, string rest, out WorkloadEndpoint? endpoint)
    {
        endpoint = null;
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            rest = rest[2..];
            if (!rest.StartsWith('/'))
            {
                return rest.Length == 0
                    ? new SpiffeProblem("E-9", "the endpoint has no path")
                    : new SpiffeProblem("E-9", "the endpoint has an authority: between unix:// and the path stands something");
            }
        }

        if (!rest.StartsWith('/') || rest.Length == 1)
        {
            return new SpiffeProblem("E-9", "the path of the endpoint is not absolute");
        }

        // What a URI encodes is decoded, so that every path can be named (RFC 3986, section 2.1).
        var path = Uri.UnescapeDataString(rest);
        if (System.Text.Encoding.UTF8.GetByteCount(path) > PathBytesMax)
        {
            return new SpiffeProblem("E-9", $"the path of the endpoint has over {PathBytesMax} bytes, more than a unix socket can have");
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            return new SpiffeProblem("E-9", "the path of the endpoint has a zero byte");
        }

        endpoint = new WorkloadEndpoint(text, new UnixDomainSocketEndPoint(path));
        return null;
    }

    private static SpiffeProblem? ParseTcp(string text, string rest, out WorkloadEndpoint? endpoint)
    {
        endpoint = null;
        if (!rest.StartsWith("//", StringComparison.Ordinal))
        {
            return new SpiffeProblem("E-10", "the endpoint has no host: tcp://address:port");
        }

        rest = rest[2..];
        if (rest.Contains('/', StringComparison.Ordinal))
        {
            return new SpiffeProblem("E-10", "the endpoint has a path");
        }

        if (rest.Contains('@', StringComparison.Ordinal))
        {
            return new SpiffeProblem("E-10", "the endpoint has a user name");
        }

        var colon = rest.LastIndexOf(':');
        if (colon < 0 || rest.EndsWith(']') || colon == rest.Length - 1)
        {
            return new SpiffeProblem("E-10", "the endpoint has no port");
        }

        if (!ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            return new SpiffeProblem("E-10", "the port of the endpoint is no number from 1 to 65535");
        }

        if (AddressOf(rest[..colon]) is not { } address)
        {
            return new SpiffeProblem("E-10", "the host of the endpoint is no IP address");
        }

        if (!IPAddress.IsLoopback(address))
        {
            return new SpiffeProblem("E-3", "the endpoint is not on this machine: who answers there is not proven");
        }

        endpoint = new WorkloadEndpoint(text, new IPEndPoint(address, port));
        return null;
    }

    /// <summary>Four decimal numbers, or IPv6 in brackets; none of the other texts that .NET takes for an address.</summary>
    private static IPAddress? AddressOf(string host)
    {
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return !host.Contains('%', StringComparison.Ordinal) && IPAddress.TryParse(host[1..^1], out var six)
                && six.AddressFamily == AddressFamily.InterNetworkV6 ? six : null;
        }

        return IPAddress.TryParse(host, out var four) && four.AddressFamily == AddressFamily.InterNetwork && four.ToString() == host
            ? four
            : null;
    }

    private string Explain(SocketException exception)
    {
        if (_address is not UnixDomainSocketEndPoint)
        {
            return $"nobody answers at {_text}: {exception.Message}";
        }

        var path = Uri.UnescapeDataString(_text[UnixScheme.Length..]).TrimStart('/');
        return exception.SocketErrorCode switch
        {
            // An absent socket is ENOENT, which .NET calls AddressNotAvailable.
            SocketError.AddressNotAvailable or SocketError.HostNotFound =>
                $"there is no socket /{path}: is the SPIFFE agent running, and is this its path?",
            SocketError.ConnectionRefused => $"nobody listens at the socket /{path}: its SPIFFE agent has ended",
            SocketError.AccessDenied => $"the socket /{path} may not be opened by this process",
            _ => $"the socket /{path} does not connect: {exception.Message}",
        };
    }
}
