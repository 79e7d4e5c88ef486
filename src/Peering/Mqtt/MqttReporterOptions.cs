using System.Net;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>
/// Where reports go, and what they may cost. <see cref="Problems"/> says what is wrong with a set of values.
/// </summary>
public sealed record MqttReporterOptions
{
    /// <summary>
    /// First levels of every topic; the version changes when a payload changes so that old readers would misread it.
    /// </summary>
    public const string TopicPrefix = "x0tta6bl4/v1";

    /// <summary>Longest site or node name in characters.</summary>
    public const int NameCharsMax = 63;

    /// <summary>Longest part of a topic below the node, in characters.</summary>
    public const int TopicSuffixCharsMax = 200;

    /// <summary>Largest payload in bytes; a larger one is dropped and counted.</summary>
    public const int PayloadBytesMax = 64 * 1024;

    /// <summary>Largest packet taken from the broker, in bytes. The agent only expects acknowledgements yet.</summary>
    public const int ReceivedPacketBytesMax = 64 * 1024;

    /// <summary>The broker: a name or an address.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port of the broker.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Site of the node, the third level of its topics.</summary>
    public required string Site { get; init; }

    /// <summary>
    /// Name of the node, the fourth level. With the site it is the client id too: a second one would throw this one
    /// out.
    /// </summary>
    public required string Node { get; init; }

    /// <summary>The dialer encrypts, and knows who may be there. What is not encrypted stays on this machine.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>
    /// Longest silence towards the broker, in whole seconds. It calls the node lost after one and a half of it.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Periodic reports are sent at least this often.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long connecting may take, name resolution and CONNACK included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the broker may take to acknowledge one message or one ping.</summary>
    public TimeSpan AcknowledgeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stop may take to say goodbye.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First pause before connecting again; doubles each time.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause before connecting again, jitter aside (±50 %).</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A connection that held this long counts as good and starts the backoff over.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most messages waiting.</summary>
    public int QueueMessagesMax { get; init; } = 256;

    /// <summary>Most bytes of topics and payloads waiting.</summary>
    public int QueueBytesMax { get; init; } = 256 * 1024;

    /// <summary>The topic everything of this node is below.</summary>
    public string TopicRoot => $"{TopicPrefix}/{Site}/{Node}";

    /// <summary>MQTT client id, unique as long as node names are unique within their site.</summary>
    public string ClientId => $"x0tta6bl4-{Site}-{Node}";

    /// <summary>
    /// A report is worth nothing once a few newer ones should have come: then readers had better see no report than an
    /// old one.
    /// </summary>
    public TimeSpan MessageExpiry => 5 * ReportInterval;

    /// <summary>The broker as people write it.</summary>
    public string Broker => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>
    /// True for 127.0.0.0/8, ::1 and the word localhost. Other names are not resolved: DNS could say anything.
    /// </summary>
    public static bool IsLoopback(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Everything wrong with these options, each with what to do; empty when they are fine.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (Host.Length == 0)
        {
            problems.Add("mqtt.host is empty: name a broker");
        }

        if (Port is < 1 or > 65535)
        {
            problems.Add($"mqtt.port is {Port}: a port is 1 to 65535");
        }

        if (!IsEncrypted && Host.Length > 0 && !IsLoopback(Host))
        {
            problems.Add(
                $"mqtt.host {Host} is not this machine and the connection would not be encrypted: "
                + "leave mqtt.tls out or true, or use a broker on 127.0.0.1");
        }

        AddNameProblem(problems, "node.site", Site);
        AddNameProblem(problems, "node.name", Node);
        AddPositive(problems, "mqtt.report_interval", ReportInterval);
        AddPositive(problems, "mqtt.keep_alive", KeepAlive - TimeSpan.FromSeconds(1) + TimeSpan.FromTicks(1));
        if (KeepAlive.TotalSeconds > ushort.MaxValue)
        {
            problems.Add($"mqtt.keep_alive is {KeepAlive.TotalSeconds} s: MQTT knows at most {ushort.MaxValue} s");
        }

        if (QueueMessagesMax < 1 || QueueBytesMax < PayloadBytesMax / 4)
        {
            problems.Add($"mqtt.queue_messages must be at least 1 and mqtt.queue_bytes at least {PayloadBytesMax / 4}");
        }

        return problems;
    }

    private static void AddNameProblem(List<string> problems, string key, string name)
    {
        if (name.Length is 0 or > NameCharsMax || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            problems.Add(
                $"{key} '{name}' cannot be a topic level: letters, digits, '-' and '_', 1 to {NameCharsMax} of them");
        }
    }

    private static void AddPositive(List<string> problems, string key, TimeSpan value)
    {
        if (value <= TimeSpan.Zero)
        {
            problems.Add($"{key} is too short: give it at least a second");
        }
    }
}
