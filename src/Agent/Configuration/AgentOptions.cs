using System.Net;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.WorkloadApi;
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
    SealedStoreOptions Secrets,
    IdentityOptions? Identity,
    AuthorityOptions? Authority,
    AuthorityOptions? Island,
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

/// <summary>Where this router's identity comes from. One of the sources is set.</summary>
/// <param name="TrustDomain">Whose member this router is.</param>
/// <param name="LifetimeMax">Longest life of a peer's certificate that is accepted.</param>
internal sealed record IdentityOptions(TrustDomain TrustDomain, TimeSpan LifetimeMax)
{
    /// <summary>Files that somebody else rotates.</summary>
    public IdentityFiles? Files { get; init; }

    /// <summary>The site authority.</summary>
    public EnrolmentOptions? Authority { get; init; }

    /// <summary>The Workload API of this machine.</summary>
    public WorkloadApiOptions? WorkloadApi { get; init; }

    /// <summary>SPIRE Server itself, without an agent of SPIRE on the router.</summary>
    public SpireOptions? Spire { get; init; }

    /// <summary>How it is looked at whether a peer's certificates were revoked.</summary>
    public required RevocationPolicy Revocation { get; init; }

    /// <summary>Files and folders of revocation lists.</summary>
    public required ValueList<string> RevocationLists { get; init; }

    /// <summary>The OCSP response about our own certificate; null when there is none.</summary>
    public string? OcspStaple { get; init; }

    /// <summary>HOST:PORT of routers that stand in for an authority that cannot be reached.</summary>
    public required ValueList<string> Islands { get; init; }
}

/// <summary>How this router reaches the site authority.</summary>
/// <param name="JoinFile">A file with the join string; may be absent once it was used.</param>
/// <param name="Addresses">HOST:PORT, beside those of the join string.</param>
internal sealed record EnrolmentOptions(string JoinFile, ValueList<string> Addresses);

/// <summary>Where the Workload API listens, and which of its identities is ours.</summary>
/// <param name="Endpoint">The socket.</param>
/// <param name="Hint">Null takes the first identity.</param>
internal sealed record WorkloadApiOptions(WorkloadEndpoint Endpoint, string? Hint);

/// <summary>How this router joins a SPIRE domain by itself.</summary>
/// <param name="Host">Name or address of SPIRE Server.</param>
/// <param name="Port">Its port.</param>
/// <param name="TrustBundle">File with the bundle by which it is believed at the first contact.</param>
/// <param name="Hint">Of the registration entry, when there are several; null otherwise.</param>
internal sealed record SpireOptions(string Host, int Port, string TrustBundle, string? Hint)
{
    /// <summary>Files of the certificates and key this router was provisioned with (x509pop); null attests with a join token.</summary>
    public (string Certificates, string Key)? Provisioned { get; init; }
}

/// <summary>This router serves as an authority.</summary>
/// <param name="Listen">Where.</param>
/// <param name="Ledger">The site authority's folder; null: it stands in for one that cannot be reached.</param>
/// <param name="SvidLifetime">Life of what it issues.</param>
/// <param name="StandInFor">How long it stands in, since its last contact to the real authority.</param>
internal sealed record AuthorityOptions(ValueList<IPEndPoint> Listen, string? Ledger, TimeSpan SvidLifetime, TimeSpan StandInFor);

/// <summary>Reports to a broker.</summary>
/// <param name="Reporter">Where, and what they may cost.</param>
/// <param name="BrokerIds">Who the broker may be; none: the connection is not encrypted and stays on this machine.</param>
internal sealed record MqttOptions(MqttReporterOptions Reporter, ValueList<SpiffeIdPattern> BrokerIds);

/// <summary>What is logged, and how.</summary>
internal sealed record LogOptions(string Level, string Format);

/// <summary>Where the few things are kept that survive a reboot.</summary>
internal sealed record StateOptions(string Directory);
