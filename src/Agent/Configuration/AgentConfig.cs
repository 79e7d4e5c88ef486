using System.Buffers;
using System.Net;
using System.Text;
using X0tta6bl4.Api;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Mesh;
using X0tta6bl4.Peering.Mqtt;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Configuration;

/// <summary>
/// Reads the configuration file. The result is whole or absent: with any problem the caller gets all the problems and
/// no options, so nothing is ever half-applied.
/// </summary>
internal static class AgentConfig
{
    /// <summary>Most characters of a node or site name (one DNS label, one MQTT topic level).</summary>
    public const int NameCharsMax = 63;

    /// <summary>Longest interface name, in bytes (IFNAMSIZ - 1, linux/if.h).</summary>
    public const int InterfaceNameBytesMax = 15;

    /// <summary>Most identities, or patterns of them, that a broker may have.</summary>
    public const int BrokerIdsMax = 16;

    /// <summary>Most listen addresses.</summary>
    public const int ListenMax = 8;

    private static readonly SearchValues<char> NameChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Reads and validates a file; null when <paramref name="problems"/> has any.</summary>
    public static AgentOptions? Read(string path, TomlProblems problems) =>
        Bind(TomlFile.Read(path, problems), problems);

    /// <summary>The same for text in memory.</summary>
    public static AgentOptions? Parse(string text, string fileName, TomlProblems problems) =>
        Bind(TomlFile.Parse(text, fileName, problems), problems);

    private static AgentOptions? Bind(TomlSection? root, TomlProblems problems)
    {
        if (root is null)
        {
            return null;
        }

        var node = Node(root.Section("node"));
        var identity = IdentityConfig.Identity(root.Section("identity"));
        var options = new AgentOptions(
            node,
            Mesh(root.Section("mesh")),
            Board(root.Section("board")),
            Api(root.Section("api")),
            IdentityConfig.Secrets(root.Section("secrets")),
            identity,
            IdentityConfig.Authority(root.Section("authority")),
            IdentityConfig.Island(root.Section("island")),
            Mqtt(root.Section("mqtt"), node, identity is not null),
            Log(root.Section("log")),
            new StateOptions(AbsolutePath(root.Section("state"), "directory", "/var/lib/x0tta6bl4")));
        CheckTogether(root, options);
        root.Done();
        return problems.Any ? null : options;
    }

    private static void CheckTogether(TomlSection root, AgentOptions options)
    {
        var isOfAuthority = options.Identity is { Authority: not null } or { Spire: not null };
        if (options.Island is not null && !isOfAuthority)
        {
            root.Section("island").Problem(
                "listen", "needs identity.source = \"authority\" or \"spire\": an island stands in for the authority its own identity is from");
        }

        if (options.Identity is { Islands.Count: > 0 } && !isOfAuthority)
        {
            root.Section("identity").Problem("island_addresses", "needs source = \"authority\" or \"spire\": nobody else's identities are renewed by islands");
        }

        if (options.Island is not null && options.Authority is not null)
        {
            root.Section("island").Problem("listen", "makes no sense beside [authority]: this router is the real one");
        }
    }

    private static NodeOptions Node(TomlSection section)
    {
        var name = section.String("name", "", NameCharsMax);
        if (name.Length == 0)
        {
            // A host name may have dots, which are not allowed in a name of ours.
            name = Environment.MachineName.Split('.')[0];
        }

        return new NodeOptions(CheckName(section, "name", name), CheckName(section, "site", section.String("site", "default", NameCharsMax)));
    }

    private static string CheckName(TomlSection section, string key, string name)
    {
        if (name.Length is 0 or > NameCharsMax || name.AsSpan().ContainsAnyExcept(NameChars))
        {
            section.Problem(key, $"must be 1 to {NameCharsMax} letters, digits, '-' or '_', found \"{name}\"");
        }

        return name;
    }

    private static MeshOptions Mesh(TomlSection section)
    {
        var defaults = new MeshOptions();
        var options = defaults with
        {
            Interface = section.Parse("interface", InterfaceName, "an interface name of 1 to 15 characters") ?? defaults.Interface,
            Algorithm = section.OneOf("algorithm", defaults.Algorithm, ("BATMAN_IV", "BATMAN_IV"), ("BATMAN_V", "BATMAN_V")),
            HardInterfaces = new ValueList<string>(section.ParseList(
                "hard_interfaces", InterfaceName, "an interface name of 1 to 15 characters", MeshOptions.HardInterfacesMax) ?? []),
            Manage = section.Bool("manage", defaults.Manage),
            PollInterval = section.Duration("poll_interval", defaults.PollInterval, Ms(250), Seconds(10)),
            PollIntervalMax = section.Duration("poll_interval_max", defaults.PollIntervalMax, Seconds(1), Seconds(60)),
            NeighbourLostAfter = section.Duration("neighbour_lost_after", defaults.NeighbourLostAfter, Seconds(1), Seconds(60)),
            OriginatorLostAfter = section.Duration("originator_lost_after", defaults.OriginatorLostAfter, Seconds(2), Seconds(200)),
            WeakTq = (byte)section.Int("weak_tq", defaults.WeakTq, 0, 255),
            GoodTq = (byte)section.Int("good_tq", defaults.GoodTq, 0, 255),
            WeakThroughputKbps = (uint)section.Int("weak_throughput_kbps", defaults.WeakThroughputKbps, 0, uint.MaxValue),
            GoodThroughputKbps = (uint)section.Int("good_throughput_kbps", defaults.GoodThroughputKbps, 0, uint.MaxValue),
            // 20 ms is JITTER * 2 of net/batman-adv/main.h, the least the kernel accepts.
            OriginatorIntervalMs = (uint?)section.OptionalInt("orig_interval_ms", 40, 60_000),
            GatewayMode = section.OneOf<byte?>("gateway_mode", null, ("off", (byte?)0), ("client", (byte?)1), ("server", (byte?)2)),
        };
        if (options.PollIntervalMax < options.PollInterval)
        {
            section.Problem("poll_interval_max", "must not be shorter than poll_interval");
        }

        if (options.WeakTq > options.GoodTq)
        {
            section.Problem("weak_tq", "must not be above good_tq");
        }

        if (options.WeakThroughputKbps > options.GoodThroughputKbps)
        {
            section.Problem("weak_throughput_kbps", "must not be above good_throughput_kbps");
        }

        if (options.HardInterfaces.Contains(options.Interface))
        {
            section.Problem("hard_interfaces", $"must not contain the mesh interface {options.Interface} itself");
        }

        return options;
    }

    private static BoardOptions Board(TomlSection section)
    {
        var file = section.String("file", "");
        if (file.Length > 0 && !Path.IsPathRooted(file))
        {
            section.Problem("file", "must be an absolute path");
        }

        return new BoardOptions(
            file.Length == 0 ? null : file,
            AbsolutePath(section, "directory", "/usr/share/x0tta6bl4/boards"),
            section.Bool("watchdog", true));
    }

    private static ApiOptions Api(TomlSection section) => new(
        new ValueList<IPEndPoint>(section.ParseList(
            "listen",
            text => ListenAddress.TryParse(text, out var address, out _) ? address : null,
            $"an IP address and port such as {ListenAddress.Default} or [::1]:9464",
            ListenMax) ?? [IPEndPoint.Parse(ListenAddress.Default)]),
        section.Parse(
            "socket",
            text => Path.IsPathRooted(text) && Encoding.UTF8.GetByteCount(text) <= ControlSocket.PathBytesMax ? text : null,
            $"an absolute path of at most {ControlSocket.PathBytesMax} bytes") ?? ControlSocket.DefaultPath);

    /// <summary>Null when no broker is named.</summary>
    private static MqttOptions? Mqtt(TomlSection section, NodeOptions node, bool hasIdentity)
    {
        var host = section.String("host", "", 253);
        var isEncrypted = section.Bool("tls", host.Length > 0 && !MqttReporterOptions.IsLoopback(host));
        var options = new MqttReporterOptions
        {
            Host = host,
            Port = (int)section.Int("port", isEncrypted ? 8883 : 1883, 1, 65535),
            Site = node.Site,
            Node = node.Name,
            IsEncrypted = isEncrypted,
            KeepAlive = section.Duration("keep_alive", Seconds(30), Seconds(5), Seconds(3600)),
            ReportInterval = section.Duration("report_interval", Seconds(60), Seconds(1), Seconds(3600)),
            QueueMessagesMax = (int)section.Int("queue_messages", 256, 8, 65536),
            QueueBytesMax = (int)section.Int("queue_bytes", 262_144, 16_384, 16_777_216),
        };
        var brokers = section.ParseList(
            "broker_ids", text => SpiffeIdPattern.Parse(text, out var pattern) is null ? Tuple.Create(pattern) : null,
            "a SPIFFE ID, spiffe://domain, or spiffe://domain/path/*", BrokerIdsMax)?.Select(p => p.Item1).ToArray() ?? [];
        if (options.Host.Length == 0)
        {
            return null;
        }

        if (isEncrypted && !hasIdentity)
        {
            section.Problem("host", $"{options.Host} is reached over mutual TLS, for which this router needs an identity: set identity.source");
        }

        if (isEncrypted && brokers.Length == 0)
        {
            section.Problem("broker_ids", "must name who the broker may be, for example [\"spiffe://site.example/broker/*\"]");
        }

        foreach (var problem in options.Problems())
        {
            section.Problem("host", $"is not usable so: {problem}");
        }

        return new MqttOptions(options, new ValueList<SpiffeIdPattern>(isEncrypted ? brokers : []));
    }

    private static LogOptions Log(TomlSection section) => new(
        section.OneOf("level", "info", ("debug", "debug"), ("info", "info"), ("warn", "warn"), ("error", "error")),
        section.OneOf("format", "json", ("json", "json"), ("text", "text")));

    private static string AbsolutePath(TomlSection section, string key, string defaultValue) =>
        section.Parse(key, text => Path.IsPathRooted(text) ? text : null, "an absolute path") ?? defaultValue;

    private static string? InterfaceName(string text) =>
        text.Length is > 0 and <= InterfaceNameBytesMax && !text.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || c > '~')
            && text is not "." and not ".."
            ? text
            : null;

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
