using System.Text;
using System.Text.Json;
using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Links;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>Steps of the scenarios about who is who.</summary>
internal static class IdentitySteps
{
    // Event ids of the agent's log (docs/logs.md).
    public const int Rotated = 7000;
    public const int Expired = 7004;
    public const int ConnectionEnded = 7005;
    public const int IslandInTouch = 4201;

    /// <summary>Reports every second, so that a gap shows.</summary>
    public static string ReportOften(string config) =>
        config.Replace("report_interval = \"10s\"", "report_interval = \"1s\"", StringComparison.Ordinal);

    /// <summary>Two routers that report every second.</summary>
    public static BenchPlan Pair(TimeSpan? identityLife = null, bool bootsIn1970 = false) => new(Topology.Line(2))
    {
        HasBroker = true,
        IdentityLife = identityLife,
        Options = _ => new RouterOptions { EditConfig = ReportOften, BootsIn1970 = bootsIn1970 },
    };

    /// <summary>Writes a new identity where the agent looks for it; each file whole.</summary>
    public static async Task RotateAsync(IRouter router, IdentityFiles identity, CancellationToken cancellation)
    {
        foreach (var (path, content) in AgentConfigFile.IdentityFilesOf(identity))
        {
            await router.PushAsync(path, Encoding.UTF8.GetBytes(content), cancellation);
        }
    }

    /// <summary>What the agent says of its own identity.</summary>
    public static async Task<JsonElement> IdentityAsync(IRouter router, CancellationToken cancellation) =>
        (await AgentStatus.AskAsync(router, "identity", cancellation)).GetProperty("identity");

    /// <summary>What the agent says of its reports.</summary>
    public static async Task<JsonElement> MqttAsync(IRouter router, CancellationToken cancellation) =>
        (await AgentStatus.AskAsync(router, "status", cancellation)).GetProperty("mqtt");

    /// <summary>Handshakes of a router that ended so, by its metrics.</summary>
    public static async Task<double> HandshakesAsync(IRouter router, string result, CancellationToken cancellation) =>
        (await PrometheusText.ScrapeAsync(router, cancellation)).Value("x0tta6bl4_tls_handshakes_total", ("result", result)) ?? 0;

    /// <summary>The static binary carries its TLS: there is none here that it could have used.</summary>
    public static async Task HasNoLibsslAsync(IRouter router, CancellationToken cancellation) => Expect.Equal(
        "", (await router.RunAsync("find / -xdev -name 'libssl*' -o -xdev -name 'libcrypto.so*'", cancellation)).Trim(),
        $"OpenSSL on {router.Name}");
}
