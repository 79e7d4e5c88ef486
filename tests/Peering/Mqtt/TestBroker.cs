using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Server;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>MQTTnet's own server in this process: a real broker whose behaviour a test can change.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly MqttServer _server;

    private TestBroker(int port)
    {
        Port = port;
        _server = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithDefaultEndpoint()
            .WithDefaultEndpointPort(port)
            .WithDefaultEndpointBoundIPAddress(IPAddress.Loopback)
            .WithDefaultEndpointBoundIPV6Address(IPAddress.None)
            .WithDefaultEndpointReuseAddress()
            .Build());
        _server.InterceptingPublishAsync += args =>
        {
            OnPublish?.Invoke(args);
            if (args is { ProcessPublish: true, CloseConnection: false })
            {
                Published.Enqueue(Received.From(args.ApplicationMessage));
            }

            return Task.CompletedTask;
        };
        _server.ValidatingConnectionAsync += args =>
        {
            OnConnect?.Invoke(args);
            return Task.CompletedTask;
        };
        _server.InterceptingInboundPacketAsync += args =>
        {
            Pings += args.Packet is MqttPingReqPacket ? 1 : 0;
            return Task.CompletedTask;
        };
    }

    internal int Port { get; }

    internal int Pings { get; private set; }

    internal ConcurrentQueue<Received> Published { get; } = new();

    internal Action<InterceptingPublishEventArgs>? OnPublish { get; set; }

    internal Action<ValidatingConnectionEventArgs>? OnConnect { get; set; }

    internal static async Task<TestBroker> StartAsync(int? port = null)
    {
        var broker = new TestBroker(port ?? FreePort());
        await broker._server.StartAsync();
        return broker;
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    internal Task KickAsync(string clientId) => _server.DisconnectClientAsync(clientId);

    internal async Task<Dictionary<string, string>> RetainedAsync() =>
        (await _server.GetRetainedMessagesAsync()).ToDictionary(m => m.Topic, m => Encoding.UTF8.GetString(m.Payload));

    internal async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TestReporter.Patience,
                $"not in time; published: {string.Join("; ", Published)}");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        _server.Dispose();
    }
}

/// <summary>A message as it arrived.</summary>
internal sealed record Received(
    string Topic,
    string Payload,
    bool Retain,
    string? ContentType,
    uint ExpirySeconds,
    string? TraceParent)
{
    internal static Received From(MqttApplicationMessage message) =>
        new(
            message.Topic,
            Encoding.UTF8.GetString(message.Payload),
            message.Retain,
            message.ContentType,
            message.MessageExpiryInterval,
            message
                .UserProperties?.Where(p => p.Name == "traceparent")
                .Select(p => Encoding.UTF8.GetString(p.ValueBuffer.Span))
                .SingleOrDefault());
}
