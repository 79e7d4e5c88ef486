namespace X0tta6bl4.Peering.Mqtt;

/// <summary>The state of reporting, for <c>status</c>. Counts are since start.</summary>
/// <param name="Connected">A broker has accepted us and our status.</param>
/// <param name="Broker">Host and port.</param>
/// <param name="QueueMessages">Messages waiting or being sent.</param>
/// <param name="QueueBytes">Their bytes.</param>
/// <param name="PublishedTotal">Messages the broker acknowledged, our status messages not counted.</param>
/// <param name="DroppedTotal">Messages given up, for whatever reason.</param>
/// <param name="LastError">Why the last connection ended or was not made; null before the first failure.</param>
/// <param name="Reconnects">Connections made after the first one.</param>
public sealed record MqttSnapshot(
    bool Connected,
    string Broker,
    int QueueMessages,
    int QueueBytes,
    long PublishedTotal,
    long DroppedTotal,
    string? LastError,
    long Reconnects);
