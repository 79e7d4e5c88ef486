using MQTTnet;
using MQTTnet.Protocol;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>What the broker granted in its CONNACK (MQTT 5, 3.2.2.3).</summary>
/// <param name="KeepAlive">The broker's keep-alive where it set one, ours otherwise.</param>
/// <param name="PacketBytesMax">Largest packet it takes.</param>
/// <param name="CanRetain">It keeps retained messages.</param>
/// <param name="QoS">1, or 0 where the broker has no better; then "sent" is all we know.</param>
internal sealed record BrokerSession(
    TimeSpan KeepAlive,
    uint PacketBytesMax,
    bool CanRetain,
    MqttQualityOfServiceLevel QoS)
{
    /// <summary>Header and properties of one PUBLISH of ours, at most: content type, expiry, traceparent.</summary>
    internal const int OverheadBytes = 160;
}

/// <summary>The channel is given by the adapter factory, so MQTTnet's own options for it are empty.</summary>
internal sealed class NoChannelOptions : IMqttClientChannelOptions
{
    public MqttClientTlsOptions? TlsOptions => null;
}

/// <summary>The connection cannot go on, in words for people; no need to look into what caused it.</summary>
public class BrokerException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>The broker will never take this one message; the connection is fine.</summary>
internal sealed class MessageRejectedException(string message) : BrokerException(message);
