namespace X0tta6bl4.Peering.Mqtt;

/// <summary>One message waiting for the broker.</summary>
/// <param name="Kind">What it is about, a constant word such as <c>mesh</c>; metric label and unit of dropping.</param>
/// <param name="Topic">Full topic.</param>
/// <param name="Payload">The payload, not changed after it was offered.</param>
/// <param name="Retain">The broker keeps it for later subscribers.</param>
/// <param name="TraceParent">W3C traceparent of the activity it came from, or null.</param>
/// <param name="OfferedAt">Monotonic time it was offered; its age shortens its expiry.</param>
public sealed record Report(
    string Kind, string Topic, ReadOnlyMemory<byte> Payload, bool Retain, string? TraceParent, TimeSpan OfferedAt)
{
    /// <summary>What the message takes of the queue's bytes: its topic and its payload.</summary>
    public int Bytes => Topic.Length + Payload.Length;
}

/// <summary>Why a message never reached the broker; label of <c>x0tta6bl4_mqtt_dropped_total</c>.</summary>
public enum DropReason
{
    /// <summary>The queue was full.</summary>
    Full,

    /// <summary>Larger than the payload limit, the queue, or what the broker takes.</summary>
    TooLarge,

    /// <summary>Waited until it was worth nothing.</summary>
    Expired,

    /// <summary>The broker refused this very message (not authorised, invalid topic or payload).</summary>
    Rejected,
}

/// <summary>A message that was given up.</summary>
public readonly record struct Dropped(Report Report, DropReason Reason);
