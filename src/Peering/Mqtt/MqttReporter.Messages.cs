using System.Buffers;
using System.Text;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>Reports and status as MQTT messages.</summary>
public sealed partial class MqttReporter
{
    private MqttApplicationMessage StatusMessage(byte[] payload, BrokerSession session) => new()
    {
        Topic = $"{_options.TopicRoot}/{StatusPayload.TopicSuffix}",
        Payload = new ReadOnlySequence<byte>(payload),
        ContentType = StatusPayload.ContentType,
        PayloadFormatIndicator = MqttPayloadFormatIndicator.CharacterData,
        QualityOfServiceLevel = session.QoS,
        Retain = session.CanRetain,
    };

    private static MqttApplicationMessage ReportMessage(Report report, TimeSpan expiry, BrokerSession session) => new()
    {
        Topic = report.Topic,
        Payload = new ReadOnlySequence<byte>(report.Payload),
        ContentType = StatusPayload.ContentType,
        PayloadFormatIndicator = MqttPayloadFormatIndicator.CharacterData,
        Retain = report.Retain && session.CanRetain,
        MessageExpiryInterval = (uint)expiry.TotalSeconds,
        UserProperties = report.TraceParent is null
            ? null
            : [new MqttUserProperty("traceparent", Encoding.ASCII.GetBytes(report.TraceParent).AsMemory())],
    };
}
