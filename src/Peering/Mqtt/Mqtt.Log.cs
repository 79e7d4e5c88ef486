using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>Events 5000–5099.</summary>
internal static partial class MqttEvents
{
    [LoggerMessage(
        EventId = 5000,
        Level = LogLevel.Information,
        Message = "Connected to the broker {Broker} as {ClientId}; {QueueMessages} reports were waiting")]
    internal static partial void Connected(this ILogger logger, string broker, string clientId, int queueMessages);

    [LoggerMessage(
        EventId = 5001,
        Level = LogLevel.Warning,
        Message = "Not connected to the broker {Broker}: {Reason}; next attempt in {PauseS:F1} s")]
    internal static partial void NotConnected(this ILogger logger, string broker, string reason, double pauseS);

    [LoggerMessage(
        EventId = 5002,
        Level = LogLevel.Warning,
        Message = "The broker {Broker} rejected a report of kind {Kind} on {Topic}: {Reason}; it was dropped")]
    internal static partial void Rejected(this ILogger logger, string broker, string kind, string topic, string reason);

    [LoggerMessage(
        EventId = 5003,
        Level = LogLevel.Information,
        Message = "Left the broker {Broker}; {QueueMessages} reports were not sent")]
    internal static partial void Left(this ILogger logger, string broker, int queueMessages);

    [LoggerMessage(
        EventId = 5004,
        Level = LogLevel.Warning,
        Message = "Did not get to say goodbye to the broker {Broker}; it will announce the node as lost")]
    internal static partial void LeftWithoutGoodbye(this ILogger logger, string broker, Exception error);

    [LoggerMessage(
        EventId = 5005,
        Level = LogLevel.Warning,
        Message = "The report source {Kind} on {TopicSuffix} failed; its report is missing this time")]
    internal static partial void SourceFailed(this ILogger logger, string kind, string topicSuffix, Exception error);

    [LoggerMessage(
        EventId = 5006,
        Level = LogLevel.Warning,
        Message = "The broker {Broker} keeps no retained messages: "
            + "who subscribes later sees nothing until the next report")]
    internal static partial void NoRetain(this ILogger logger, string broker);
}
