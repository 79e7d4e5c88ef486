using X0tta6bl4.Mesh;

namespace X0tta6bl4.Agent.Configuration;

/// <summary>Everything the configuration file says, validated; docs in agent.sample.toml. Compares by value.</summary>
internal sealed record AgentOptions(
    NodeOptions Node,
    MeshOptions Mesh,
    BoardOptions Board,
    HttpOptions Http,
    ControlOptions Control,
    MqttOptions Mqtt,
    LogOptions Log,
    StateOptions State);

/// <summary>Who this router is. Names are used in MQTT topics and metrics: letters, digits, '-' and '_', at most 63.</summary>
internal sealed record NodeOptions(string Name, string Site);

/// <summary>Where the description of this board comes from.</summary>
/// <param name="File">A board file to use whatever the hardware says; null detects the board.</param>
/// <param name="Directory">Where board files named after the device tree's compatible string are.</param>
/// <param name="Watchdog">False leaves the watchdog to somebody else.</param>
internal sealed record BoardOptions(string? File, string Directory, bool Watchdog);

/// <summary>Addresses that serve /metrics, /healthz and /readyz; none turns the server off.</summary>
internal sealed record HttpOptions(ValueList<string> Listen);

/// <summary>The unix socket of the command line.</summary>
internal sealed record ControlOptions(string Socket);

/// <summary>The broker that gets reports; an empty host turns reporting off.</summary>
/// <param name="Insecure">Plain TCP to a host that is not this machine was asked for by the operator.</param>
internal sealed record MqttOptions(
    string Host,
    int Port,
    bool Insecure,
    TimeSpan KeepAlive,
    TimeSpan ReportInterval,
    int QueueMessages,
    int QueueBytes);

/// <summary>What is logged, and how.</summary>
internal sealed record LogOptions(string Level, string Format);

/// <summary>Where the few things are kept that survive a reboot.</summary>
internal sealed record StateOptions(string Directory);
