using System.Net;
using System.Net.Sockets;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>A broker that does what a script says, byte for byte: for faults no honest broker has.</summary>
internal sealed class ScriptedBroker : IAsyncDisposable
{
    internal const byte Connect = 1;
    internal const byte Publish = 3;
    internal const byte PingRequest = 12;

    /// <summary>CONNACK: no session, success, no properties.</summary>
    internal static readonly byte[] Accepted = [0x20, 0x03, 0x00, 0x00, 0x00];

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    internal ScriptedBroker(Func<Connection, int, Task> script)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _running = RunAsync(script);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    internal int Connections { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Func<Connection, int, Task> script)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var socket = await _listener.AcceptAsync(_stop.Token);
                await script(new Connection(socket, _stop.Token), Connections++);
            }
            catch (Exception error)
                when (error
                        is OperationCanceledException
                            or SocketException
                            or EndOfStreamException
                            or ObjectDisposedException)
            {
                // The client hung up, or the test is over.
            }
        }
    }

    internal sealed class Connection(Socket socket, CancellationToken stop)
    {
        internal async Task SendAsync(params byte[] bytes) => await socket.SendAsync(bytes, stop);

        /// <summary>Accepts the connection and the status message that follows.</summary>
        internal async Task AcceptAsync()
        {
            await ExpectAsync(Connect);
            await SendAsync(Accepted);
            await AcknowledgeAsync(await ExpectAsync(Publish));
        }

        internal async Task AcknowledgeAsync(byte[] publish)
        {
            var topicBytes = (publish[0] << 8) | publish[1];
            await SendAsync(0x40, 0x02, publish[2 + topicBytes], publish[3 + topicBytes]);
        }

        internal async Task<byte[]> ExpectAsync(byte type)
        {
            var (received, body) = await ReadAsync();
            Assert.Equal(type, received);
            return body;
        }

        internal async Task<(byte Type, byte[] Body)> ReadAsync()
        {
            var type = (byte)((await BytesAsync(1))[0] >> 4);
            var length = 0;
            byte next;
            var shift = 0;
            do
            {
                next = (await BytesAsync(1))[0];
                length |= (next & 0x7F) << shift;
                shift += 7;
            }
            while ((next & 0x80) != 0);
            return (type, await BytesAsync(length));
        }

        internal Task ForeverAsync() => Task.Delay(Timeout.Infinite, stop);

        private async Task<byte[]> BytesAsync(int count)
        {
            var bytes = new byte[count];
            for (var at = 0; at < count;)
            {
                var read = await socket.ReceiveAsync(bytes.AsMemory(at), stop);
                at += read > 0 ? read : throw new EndOfStreamException();
            }

            return bytes;
        }
    }
}
