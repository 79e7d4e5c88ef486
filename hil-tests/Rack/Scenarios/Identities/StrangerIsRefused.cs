using X0tta6bl4.Rack.Bench;
using X0tta6bl4.Rack.Broker;
using X0tta6bl4.Rack.Readings;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Scenarios.Identities;

/// <summary>
/// Promise: whoever is not the broker gets nothing, however much he looks like it, and the router says why; a router that is a
/// stranger to the broker says that. The right broker is believed again at once.
/// </summary>
internal sealed class StrangerIsRefused : IScenario
{
    private static readonly BenchPlan Plan = IdentitySteps.Pair();

    public string Name => "stranger-is-refused";

    public string Promise => "an impostor of the broker gets no byte of a report, and the router says why";

    public TimeSpan Limit => TimeSpan.FromMinutes(10);

    public async Task RunAsync(ScenarioContext context, CancellationToken cancellation)
    {
        var bench = await context.BootAsync(Plan, cancellation);
        var (a, broker, authority) = (bench.Router("A"), bench.Broker!, bench.Authority!);
        await Steps.StatusAsync(a, "the broker is connected", s => s.MqttConnected, Steps.MeshLimit, cancellation);
        using var other = new RackAuthority();
        var right = broker.Identity;
        var tls = broker.TlsOptions;
        var now = DateTimeOffset.UtcNow;
        (string Who, IdentityFiles Identity, string Tls, string Result, string Why)[] strangers =
        [
            ("other-authority", other.Issue(AgentConfigFile.BrokerPath) with { Bundle = authority.Bundle }, tls, "peer_refused", "it was not signed by"),
            ("a-router", authority.Issue(AgentConfigFile.RouterPath("B")), tls, "peer_refused", "is not let in here"),
            ("look-alike", authority.Issue(AgentConfigFile.BrokerPath + "/x/../site"), tls, "peer_refused", "segment"),
            ("expired", authority.Issue(AgentConfigFile.BrokerPath, TimeSpan.FromHours(1), now.AddHours(-2)), tls, "peer_refused", "valid until"),
            ("not-yet", authority.Issue(AgentConfigFile.BrokerPath, TimeSpan.FromHours(1), now.AddHours(1)), tls, "peer_refused", "valid from"),
            ("too-long", authority.Issue(AgentConfigFile.BrokerPath, TimeSpan.FromHours(30)), tls, "peer_refused", "at most"),
            ("no-tls", right, "", "protocol", "the peer"),
        ];
        foreach (var stranger in strangers)
        {
            var seconds = await FaceAsync(a, broker, stranger, cancellation);
            context.Figure(stranger.Who + "_s", Math.Round(seconds, 1));
        }

        context.Figure("tls-1.2_s", Math.Round(await FaceOldTlsAsync(a, broker, right, cancellation), 1));
        (broker.Identity, broker.TlsOptions) = (right, tls);
        await broker.StartAsync(cancellation);
        await RestartAsync(a, cancellation);
        await Steps.StatusAsync(a, "the right broker is connected", s => s.MqttConnected, Steps.MeshLimit, cancellation);
        await BeAStrangerAsync(a, other, cancellation);
        await IdentitySteps.RotateAsync(a, authority.Issue(AgentConfigFile.RouterPath("A")), cancellation);
        var back = RackClock.Now;
        await Steps.StatusAsync(a, "believed again", s => s.MqttConnected, Steps.MeshLimit, cancellation);
        context.Figure("believed_again_s", Math.Round((RackClock.Now - back).TotalSeconds, 1));
    }

    private static async Task<double> FaceAsync(
        IRouter a, ReportBroker broker, (string Who, IdentityFiles Identity, string Tls, string Result, string Why) stranger,
        CancellationToken cancellation)
    {
        await broker.StopAsync();
        (broker.Identity, broker.TlsOptions) = (stranger.Identity, stranger.Tls);
        await broker.StartAsync(cancellation);
        var talk = broker.Talk.Mark;
        var seconds = await RefusesAsync(a, stranger.Who, stranger.Result, stranger.Why, cancellation);
        Expect.That(
            broker.Talk.Since(talk).All(l => !l.Item.Contains("as x0tta6bl4-", StringComparison.Ordinal)),
            $"{stranger.Who} got the CONNECT of a router");
        return seconds;
    }

    /// <summary>The right broker's own key and certificate, in the hands of a server that speaks TLS 1.2 only.</summary>
    private static async Task<double> FaceOldTlsAsync(
        IRouter a, ReportBroker broker, IdentityFiles right, CancellationToken cancellation)
    {
        await broker.StopAsync();
        using var directory = RackDirectory.Create();
        await File.WriteAllTextAsync(directory.File("old.pem"), right.Certificates + right.Key, cancellation);
        var said = new Journal<string>();
        await using var server = await ChildProcess.StartAsync(
            "openssl", ["s_server", "-accept", $"{broker.Address}:{broker.Port}", "-tls1_2", "-www", "-cert", directory.File("old.pem")],
            said.Add, said.Add);
        var seconds = await RefusesAsync(a, "tls-1.2", "refused_by_peer", "protocol_version", cancellation);
        Expect.That(said.Since(0).All(l => !l.Item.Contains("MQTT", StringComparison.Ordinal)), "a server of TLS 1.2 got a CONNECT");
        return seconds;
    }

    private static async Task<double> RefusesAsync(IRouter a, string who, string result, string why, CancellationToken cancellation)
    {
        var start = RackClock.Now;
        // A new agent, for the pauses of an old one grow to minutes.
        await RestartAsync(a, cancellation);
        await Wait.UntilAsync(
            $"{a.Name} refuses {who}", TimeSpan.FromSeconds(60),
            async stop => await IdentitySteps.HandshakesAsync(a, result, stop) >= 2, a.Console.Tail, cancellation);
        var error = (await IdentitySteps.MqttAsync(a, cancellation)).GetProperty("last_error").GetString() ?? "";
        Expect.That(error.Contains(why, StringComparison.Ordinal), $"{who}: it says \"{error}\", not \"{why}\"");
        return (RackClock.Now - start).TotalSeconds;
    }

    /// <summary>A router whose identity the broker does not believe: the broker ends it, and the router says so.</summary>
    private static async Task BeAStrangerAsync(IRouter a, RackAuthority other, CancellationToken cancellation)
    {
        var foreign = other.Issue(AgentConfigFile.RouterPath("A"));
        await IdentitySteps.RotateAsync(a, foreign, cancellation);
        await Steps.StatusAsync(
            a, "its own trouble is said", s => s is { MqttConnected: false }
                && s.Symptoms.Any(p => p.Code == "peering.broker-unreachable"),
            TimeSpan.FromSeconds(90), cancellation);
    }

    private static async Task RestartAsync(IRouter router, CancellationToken cancellation)
    {
        var before = await AgentStatus.ReadAsync(router, cancellation);
        await router.RunAsync($"kill {before.Pid}", cancellation);
        await Wait.UntilAsync(
            $"a new agent on {router.Name}", TimeSpan.FromSeconds(40),
            async stop => (await AgentStatus.ReadAsync(router, stop)).Pid != before.Pid, router.Console.Tail, cancellation);
    }
}
