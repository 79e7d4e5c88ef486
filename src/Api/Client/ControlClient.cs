using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace X0tta6bl4.Api.Client;

/// <summary>The agent's answer.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Body">JSON, UTF-8.</param>
public sealed record ControlReply(int Status, byte[] Body)
{
    /// <summary>True for 2xx.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>
/// The command line's side of the control socket: one HTTP/1.0 request a connection, spoken by hand because HttpClient
/// costs three megabytes of flash. Bounded in time and size. Safe to use from several threads: each call has its own
/// connection.
/// </summary>
/// <param name="socketPath">The agent's control socket.</param>
public sealed class ControlClient(string socketPath)
{
    /// <summary>
    /// Most bytes of an answer, headers included; the originators of a 2,000-node mesh take about 1 MB.
    /// </summary>
    public const int ReplyBytesMax = 8 * 1024 * 1024;

    /// <summary>How long one call may take, from connecting to the last byte.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads <paramref name="path"/>, for example <c>/v1/originators</c>.</summary>
    /// <exception cref="ControlException">No agent answered; the message says what to do.</exception>
    public Task<ControlReply> GetAsync(string path, CancellationToken cancellationToken) =>
        CallAsync("GET", path, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Sends a JSON body to <paramref name="path"/>.</summary>
    /// <exception cref="ControlException">No agent answered; the message says what to do.</exception>
    public Task<ControlReply> PostAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        CallAsync("POST", path, body, cancellationToken);

    private async Task<ControlReply> CallAsync(
        string method, string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(EndPoint(), limit.Token);
            var head = $"{method} {path} HTTP/1.0\r\nHost: x0tta6bl4\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
            await SendAllAsync(socket, Encoding.ASCII.GetBytes(head), limit.Token);
            await SendAllAsync(socket, body, limit.Token);
            return Parse(await ReceiveAllAsync(socket, limit.Token));
        }
        catch (SocketException error)
        {
            throw Explain(error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ControlException(
                socketPath,
                $"the agent did not answer within {Timeout.TotalSeconds} s; "
                + "it may hang: see its log, the watchdog resets the board");
        }
    }

    private UnixDomainSocketEndPoint EndPoint()
    {
        try
        {
            return new UnixDomainSocketEndPoint(socketPath);
        }
        catch (ArgumentException)
        {
            throw new ControlException(socketPath, $"a socket path has 1 to {ControlSocket.PathBytesMax} bytes");
        }
    }

    // .NET shows ENOENT as "cannot assign requested address"; nobody could guess from that what is missing.
    private ControlException Explain(SocketException error) =>
        error.SocketErrorCode switch
        {
            SocketError.AccessDenied => new ControlException(socketPath, "no permission; run this command as root"),
            SocketError.ConnectionRefused => new ControlException(
                socketPath,
                "the agent that made this socket is gone; start it with 'x0tta6bl4 run' or its service"),
            // Not asking whether the file is there by now: an agent that starts may have made it since.
            SocketError.AddressNotAvailable => new ControlException(
                socketPath,
                "no such socket: the agent is not running, or listens elsewhere (--socket); "
                + "start it with 'x0tta6bl4 run' or its service"),
            _ => new ControlException(
                socketPath,
                $"the connection failed: {error.Message} (errno {error.NativeErrorCode})"),
        };

    private static async Task SendAllAsync(
        Socket socket,
        ReadOnlyMemory<byte> bytes,
        CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
        }
    }

    private async Task<byte[]> ReceiveAllAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken)) > 0)
        {
            if (all.Length + read > ReplyBytesMax)
            {
                throw new ControlException(socketPath, $"the answer is over {ReplyBytesMax} bytes; this is no agent's");
            }

            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    private ControlReply Parse(byte[] reply)
    {
        var end = reply.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0 || !reply.AsSpan().StartsWith("HTTP/1."u8)
            || !Utf8Parser.TryParse(reply.AsSpan("HTTP/1.x ".Length), out int status, out var digits) || digits != 3)
        {
            throw new ControlException(
                socketPath,
                "what answers there does not speak HTTP; is this the agent's socket?");
        }

        var body = reply[(end + 4)..];
        return ContentLength(Encoding.ASCII.GetString(reply.AsSpan(0, end))) is { } length && length != body.Length
            ? throw new ControlException(
                socketPath,
                $"the answer broke off after {body.Length} of {length} bytes; try again")
            : new ControlReply(status, body);
    }

    private static int? ContentLength(string head)
    {
        const string Name = "Content-Length:";
        var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return int.TryParse(line?[Name.Length..], out var length) ? length : null;
    }
}
