using System.Text;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// The one place that knows the agent's configuration file and paths (src/Agent/agent.sample.toml). Scenarios change
/// the text through <see cref="RouterOptions.EditConfig"/>.
/// </summary>
public static class AgentConfigFile
{
    public const string Binary = "/usr/sbin/x0tta6bl4";
    public const string Path = "/etc/x0tta6bl4/agent.toml";
    public const string BoardDirectory = "/usr/share/x0tta6bl4/boards";
    public const string StateDirectory = "/var/lib/x0tta6bl4";
    public const string MeshInterface = "bat0";
    public const string Site = "rack";
    public const int HttpPort = 9464;

    /// <summary>Address the guests' user network forwards to the broker on the host.</summary>
    public const string BrokerAddress = "10.0.2.100";

    public const int BrokerPort = 8883;

    /// <summary>Where its identity is; somebody else rotates it.</summary>
    public const string IdentityDirectory = "/etc/x0tta6bl4/identity";

    /// <summary>Path of the broker's SPIFFE ID.</summary>
    public const string BrokerPath = "broker/site";

    /// <summary>Path of a router's SPIFFE ID.</summary>
    public static string RouterPath(string router) => $"site/{Site}/node/{router}";

    // Scenarios should not wait a minute for a report, which is the agent's default.
    private const string ReportInterval = "report_interval = \"10s\"";

    public static string Render(
        string router, RouterOptions options, IReadOnlyList<string> meshInterfaces, bool hasBroker)
    {
        var hard = string.Join(", ", (options.HardInterfaces ?? meshInterfaces).Select(i => $"\"{i}\""));
        var text = new StringBuilder();
        text.Append($"""
            [node]
            name = "{router}"
            site = "{Site}"

            [mesh]
            interface = "{MeshInterface}"
            algorithm = "{options.Algorithm}"
            hard_interfaces = [{hard}]

            [board]
            directory = "{BoardDirectory}"

            [api]
            listen = ["0.0.0.0:{HttpPort}"]

            [state]
            directory = "{StateDirectory}"

            """);
        if (hasBroker)
        {
            text.Append($"""

                [mqtt]
                host = "{BrokerAddress}"
                port = {BrokerPort}
                broker_ids = ["spiffe://{RackAuthority.TrustDomain}/broker/*"]
                {ReportInterval}

                [identity]
                source = "files"
                trust_domain = "{RackAuthority.TrustDomain}"
                # The rack's authority signs for a whole run, unless a scenario rotates.
                lifetime_max = "24h"

                """);
        }

        return options.EditConfig(text.ToString());
    }

    /// <summary>The files of an identity, by their paths on a router.</summary>
    public static IEnumerable<(string Path, string Content)> IdentityFilesOf(IdentityFiles identity) =>
    [
        // The certificate last: a new one beside the old key would be refused for a moment, and tried again.
        ($"{IdentityDirectory}/svid_bundle.pem", identity.Bundle),
        ($"{IdentityDirectory}/svid_key.pem", identity.Key),
        ($"{IdentityDirectory}/svid.pem", identity.Certificates),
    ];

    /// <summary>The configuration with reports as seldom as on a router in the field.</summary>
    public static string WithDefaultReportInterval(string config) =>
        config.Replace(ReportInterval, "", StringComparison.Ordinal);
}
