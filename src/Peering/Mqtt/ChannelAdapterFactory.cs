using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// Gives MQTTnet's client our channel. The keep-alive goes into the CONNECT packet here instead of through the client's options:
/// set there, the client would start a loop of its own that wakes the router four times a second, measures silence by the wall
/// clock (which jumps by fifty years when a router learns the time), and ignores the broker's server keep-alive.
/// </summary>
internal sealed class ChannelAdapterFactory(MqttReporterOptions options, BrokerDialer dialer) : IMqttClientAdapterFactory
{
    private const int WriterBytes = 4 * 1024;

    public IMqttChannelAdapter CreateClientAdapter(
        MqttClientOptions clientOptions, MqttPacketInspector packetInspector, IMqttNetLogger logger)
    {
        var channel = new StreamChannel(dialer, options.Host, options.Port, MqttReporterOptions.ReceivedPacketBytesMax);
        var formatter = new MqttPacketFormatterAdapter(
            MqttProtocolVersion.V500, new MqttBufferWriter(WriterBytes, MqttReporterOptions.PayloadBytesMax));
        return new KeepAliveAdapter(new MqttChannelAdapter(channel, formatter, logger), (ushort)options.KeepAlive.TotalSeconds);
    }

    private sealed class KeepAliveAdapter(MqttChannelAdapter inner, ushort keepAliveSeconds) : IMqttChannelAdapter
    {
        public long BytesReceived => inner.BytesReceived;

        public long BytesSent => inner.BytesSent;

        public X509Certificate2? ClientCertificate => inner.ClientCertificate;

        public EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

        public EndPoint? LocalEndPoint => inner.LocalEndPoint;

        public bool IsSecureConnection => inner.IsSecureConnection;

        public MqttPacketFormatterAdapter PacketFormatterAdapter => inner.PacketFormatterAdapter;

        public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

        public Task DisconnectAsync(CancellationToken cancellationToken) => inner.DisconnectAsync(cancellationToken);

        public Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken) => inner.ReceivePacketAsync(cancellationToken);

        public void ResetStatistics() => inner.ResetStatistics();

        public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
        {
            if (packet is MqttConnectPacket connect)
            {
                connect.KeepAlivePeriod = keepAliveSeconds;
            }

            return inner.SendPacketAsync(packet, cancellationToken);
        }

        public void Dispose() => inner.Dispose();
    }
}
