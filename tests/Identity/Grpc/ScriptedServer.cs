using System.Buffers.Binary;
using System.Text;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Tests.Tls;

namespace X0tta6bl4.Identity.Tests.Grpc;

/// <summary>A peer that sends exactly what a test says, byte by byte, and a client of ours that is connected to it.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly Stream _client;

    private ScriptedServer(Stream client, Stream server)
    {
        _client = client;
        Stream = server;
    }

    public Stream Stream { get; }

    /// <summary>A peer that begins with these bytes; with settings, as it must, unless a test says otherwise.</summary>
    public static async Task<ScriptedServer> StartAsync(byte[]? first = null)
    {
        var (client, server) = await Loopback.PairAsync();
        await server.WriteAsync(first ?? Settings);
        return new ScriptedServer(client, server);
    }

    public Task<GrpcConnection> ConnectAsync(Func<GrpcSettings, GrpcSettings>? change = null)
    {
        var settings = new GrpcSettings { Connect = _ => Task.FromResult(_client), Endpoint = "test" };
        return GrpcConnection.OpenAsync(change?.Invoke(settings) ?? settings, CancellationToken.None);
    }

    /// <summary>What the server does when one unary call comes: the answer to it.</summary>
    public static async Task<byte[]> AnswerAsync(byte[] script, Func<GrpcSettings, GrpcSettings>? change = null)
    {
        await using var server = await StartAsync(script);
        // Whoever waits for more than the script has, sees the end.
        ((System.Net.Sockets.NetworkStream)server.Stream).Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await using var connection = await server.ConnectAsync(change);
        return await connection.CallAsync("service/method", default, TimeSpan.FromSeconds(5), CancellationToken.None);
    }

    /// <summary>Reads the client's frames up to one of this type.</summary>
    public async Task<byte[]> ReadUntilAsync(Http2FrameType type)
    {
        var head = new byte[9];
        while (true)
        {
            await Stream.ReadExactlyAsync(head);
            if (head.AsSpan().SequenceEqual(Preface.AsSpan(0, 9)))
            {
                await Stream.ReadExactlyAsync(new byte[Preface.Length - 9]);
                continue;
            }

            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await Stream.ReadExactlyAsync(payload);
            if (head[3] == (byte)type)
            {
                return payload;
            }
        }
    }

    public static byte[] Settings => Frame(Http2FrameType.Settings, 0, 0, []);

    public static byte[] Frame(Http2FrameType type, int flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>HEADERS of the first stream.</summary>
    public static byte[] Headers(int flags, params (string Name, string Value)[] fields) =>
        Frame(Http2FrameType.Headers, flags, 1, Block(fields));

    /// <summary>A header block of plain literals.</summary>
    public static byte[] Block(params (string Name, string Value)[] fields) =>
        [.. fields.SelectMany(f => (byte[])[0, .. Text(f.Name), .. Text(f.Value)])];

    public static byte[] Ok => Headers(4, (":status", "200"), ("content-type", "application/grpc"));

    public static byte[] Trailers(string status, string? message = null) => message is null
        ? Headers(5, ("grpc-status", status))
        : Headers(5, ("grpc-status", status), ("grpc-message", message));

    /// <summary>DATA of the first stream with one message.</summary>
    public static byte[] Message(params byte[] message) => Frame(Http2FrameType.Data, 0, 1, [0, 0, 0, 0, (byte)message.Length, .. message]);

    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        await _client.DisposeAsync();
    }

    private static byte[] Text(string text) => text.Length < 127
        ? [(byte)text.Length, .. Encoding.Latin1.GetBytes(text)]
        : [127, (byte)(0x80 | ((text.Length - 127) & 0x7F)), (byte)((text.Length - 127) >> 7), .. Encoding.Latin1.GetBytes(text)];
}
