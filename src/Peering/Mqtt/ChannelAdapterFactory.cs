using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// Gives MQTTnet's client our channel, and keeps the keep-alive to ourselves: it is written into CONNECT and taken out
/// of CONNACK here, behind the client's back. Told of one, the client would start a loop of its own that wakes the
/// router four times a second, measures silence by the wall clock (which jumps by fifty years when a router learns the
/// time), and answers the broker's server keep-alive with a ping every 250 ms. Used for one connection.
/// </summary>
internal sealed class ChannelAdapterFactory(MqttReporterOptions options, BrokerDialer dialer)
    : IMqttClientAdapterFactory
{
    private const int WriterBytes = 4 * 1024;

    private Func<TimeSpan?> _renewAfter = () => null;

    /// <summary>What the broker asked for in its CONNACK, or zero (MQTT 5, 3.2.2.3.14).</summary>
    internal TimeSpan ServerKeepAlive { get; private set; }

    /// <summary>See <see cref="BrokerLink.RenewAfter"/>; valid once connected.</summary>
    internal TimeSpan? RenewAfter => _renewAfter();

    public IMqttChannelAdapter CreateClientAdapter(
        MqttClientOptions clientOptions, MqttPacketInspector packetInspector, IMqttNetLogger logger)
    {
        var channel = new StreamChannel(dialer, options.Host, options.Port, MqttReporterOptions.ReceivedPacketBytesMax);
        _renewAfter = () => channel.RenewAfter;
        var formatter = new MqttPacketFormatterAdapter(
            MqttProtocolVersion.V500, new MqttBufferWriter(WriterBytes, MqttReporterOptions.PayloadBytesMax));
        return new KeepAliveAdapter(new MqttChannelAdapter(channel, formatter, logger), this);
    }

    private TimeSpan KeepAlive => options.KeepAlive;

    private sealed class KeepAliveAdapter(MqttChannelAdapter inner, ChannelAdapterFactory factory) : IMqttChannelAdapter
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

        public async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
        {
            var packet = await inner.ReceivePacketAsync(cancellationToken);
            if (packet is MqttConnAckPacket acknowledgement)
            {
                factory.ServerKeepAlive = TimeSpan.FromSeconds(acknowledgement.ServerKeepAlive);
                acknowledgement.ServerKeepAlive = 0;
            }

            return packet;
        }

        public void ResetStatistics() => inner.ResetStatistics();

        public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
        {
            if (packet is MqttConnectPacket connect)
            {
                connect.KeepAlivePeriod = (ushort)factory.KeepAlive.TotalSeconds;
            }

            return inner.SendPacketAsync(packet, cancellationToken);
        }

        public void Dispose() => inner.Dispose();
    }
}
