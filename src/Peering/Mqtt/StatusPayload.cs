using System.Buffers;
using System.Text.Json;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// The retained <c>status</c> message: who is there. Offline comes from us when we stop, from the broker's will when
/// we are lost.
/// </summary>
internal static class StatusPayload
{
    /// <summary>Version of the JSON form.</summary>
    internal const int Version = 1;

    internal const string TopicSuffix = "status";
    internal const string ContentType = "application/json";

    internal static byte[] Online { get; } = Write("online", reason: null);

    internal static byte[] Stopped { get; } = Write("offline", "stopped");

    internal static byte[] Lost { get; } = Write("offline", "lost");

    private static byte[] Write(string state, string? reason)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("state", state);
        if (reason is not null)
        {
            json.WriteString("reason", reason);
        }

        json.WriteEndObject();
        json.Flush();
        return body.WrittenSpan.ToArray();
    }
}
