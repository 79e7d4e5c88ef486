using System.Net;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Mesh;
using X0tta6bl4.Peering.Mqtt;

namespace X0tta6bl4.Agent.Configuration;

/// <summary>Everything the configuration file says, validated; docs in agent.sample.toml. Compares by value.
/// No identity options: there is no source of one. No MQTT options: reporting is off.</summary>
internal sealed record AgentOptions(
    NodeOptions Node,
    MeshOptions Mesh,
    BoardOptions Board,
    ApiOptions Api,
    IdentityOptions? Identity,
    MqttOptions? Mqtt,
    LogOptions Log,
    StateOptions State);

/// <summary>Who this router is. Names are used in MQTT topics and metrics: letters, digits, '-' and '_', at most 63.</summary>
internal sealed record NodeOptions(string Name, string Site);

/// <summary>Where the description of this board comes from.</summary>
/// <param name="File">A board file to use whatever the hardware says; null detects the board.</param>
/// <param name="Directory">Where board files named after the device tree's compatible string are.</param>
/// <param name="Watchdog">False leaves the watchdog to somebody else.</param>
internal sealed record BoardOptions(string? File, string Directory, bool Watchdog);

/// <summary>How the agent is asked.</summary>
/// <param name="Listen">Addresses that serve /metrics, /healthz and /readyz; none turns that server off.</param>
/// <param name="Socket">The unix socket of the command line.</param>
internal sealed record ApiOptions(ValueList<IPEndPoint> Listen, string Socket);

/// <summary>Where this router's identity comes from.</summary>
/// <param name="Files">The files of the source "files".</param>
/// <param name="LifetimeMax">Longest life of a peer's certificate that is accepted.</param>
/// <param name="Revocation">How it is looked at whether a peer's certificates were revoked.</param>
/// <param name="RevocationLists">Files and folders of revocation lists.</param>
/// <param name="OcspStaple">The OCSP response about our own certificate; null when there is none.</param>
internal sealed record IdentityOptions(
    IdentityFiles Files, TimeSpan LifetimeMax, RevocationPolicy Revocation, ValueList<string> RevocationLists, string? OcspStaple);

/// <summary>Reports to a broker.</summary>
/// <param name="Reporter">Where, and what they may cost.</param>
/// <param name="BrokerIds">Who the broker may be; none: the connection is not encrypted and stays on this machine.</param>
internal sealed record MqttOptions(MqttReporterOptions Reporter, ValueList<SpiffeIdPattern> BrokerIds);

/// <summary>What is logged, and how.</summary>
internal sealed record LogOptions(string Level, string Format);

/// <summary>Where the few things are kept that survive a reboot.</summary>
internal sealed record StateOptions(string Directory);
