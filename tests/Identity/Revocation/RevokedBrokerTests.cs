using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>
/// The published binary against an openssl s_server in place of the broker, whose certificate was revoked, or whose status cannot be
/// told: not one byte of MQTT is to reach it. What works when compiled at run time need not work in the static binary.
/// </summary>
public sealed class RevokedBrokerTests : IAsyncLifetime, IClassFixture<StatusWorld>
{
    /// <summary>The first bytes of an MQTT 5 CONNECT, as s_server prints them.</summary>
    private const string Connect = "MQTT";

    private readonly StatusWorld _world;
    private readonly PublishedAgent _agent = new();
    private readonly Minted _broker;

    public RevokedBrokerTests(StatusWorld world)
    {
        _world = world;
        _broker = world.Leaf("broker/one");
    }

    public ValueTask InitializeAsync()
    {
        PublishedAgent.Need();
        _agent.Put(_world.Client, _world.Root);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    private void StartBroker(params IEnumerable<string> more) => _agent.Follow(_world.Mint.Tool.Start(
    [
        "s_server", "-accept", $"127.0.0.1:{_agent.Port}", "-cert", _broker.CertificateFile, "-key", _broker.KeyFile,
        "-CAfile", _world.Root.CertificateFile, "-Verify", "4", "-tls1_3", "-quiet", .. more,
    ]));

    private void StartAgent(string identity) => _agent.Start($"spiffe://{Mint.Domain}/broker/*", identity);

    private string Staple(char status) => _world.Status.Write(
        $"staple-{status}.der", _world.Status.Response(_broker, _world.Root, _world.Delegate, status));

    private async Task RefusesAsync(string why)
    {
        await _agent.UntilAsync(
            $"the refusal is shown: {why}",
            s => s.GetProperty("mqtt").GetProperty("last_error").GetString() is { } error && error.Contains(why, StringComparison.Ordinal));
        Assert.Equal(0, _agent.Count(Connect));
    }

    private byte[] List(bool isRevoked, int number) => _world.Status.List(_world.Root, w => w with
    {
        Number = number,
        ThisUpdate = StatusWorld.Now - TimeSpan.FromMinutes(2),
        NextUpdate = StatusWorld.Now + TimeSpan.FromDays(1),
        Revoked = isRevoked ? [StatusMint.SerialOf(_broker)] : [],
    });

    [Fact]
    public async Task A_broker_that_shows_a_good_response_gets_the_reports()
    {
        StartBroker("-status_file", Staple('V'));
        StartAgent("revocation = \"ocsp-stapled\"");

        await _agent.SaysAsync(Connect);
    }

    [Fact]
    public async Task A_broker_that_shows_that_it_was_revoked_gets_nothing()
    {
        StartBroker("-status_file", Staple('R'));
        StartAgent("revocation = \"ocsp-stapled\"");

        await RefusesAsync("revoked");
    }

    [Fact]
    public async Task A_broker_that_shows_no_response_gets_nothing()
    {
        StartBroker();
        StartAgent("revocation = \"ocsp-stapled\"");

        await RefusesAsync("OCSP");
    }

    [Fact]
    public async Task A_broker_on_the_list_gets_nothing_until_a_newer_list_without_it_is_there()
    {
        var file = Path.Combine(_agent.Folder, "site.crl");
        await File.WriteAllBytesAsync(file, List(isRevoked: true, 1));
        StartBroker();
        StartAgent($"revocation = \"crl\"\ncrls = [\"{file}\"]");
        await RefusesAsync("revoked");

        await File.WriteAllBytesAsync($"{file}.new", List(isRevoked: false, 2));
        File.Move($"{file}.new", file, overwrite: true);

        await _agent.SaysAsync(Connect);
    }

    [Fact]
    public async Task With_no_list_at_all_nobody_is_believed()
    {
        StartBroker();
        StartAgent($"revocation = \"crl\"\ncrls = [\"{_agent.Folder}/absent.crl\"]");

        await RefusesAsync("list");
    }

    [Fact]
    public async Task A_responder_is_asked_and_a_broker_it_does_not_acquit_gets_nothing()
    {
        StartBroker();
        StartAgent($"revocation = \"ocsp\"\nocsp_responder = \"http://127.0.0.1:{Tls.Loopback.FreePort()}/\"");

        await RefusesAsync("OCSP");
    }

    [Fact]
    public async Task A_responder_that_acquits_the_broker_lets_the_reports_go()
    {
        var port = Tls.Loopback.FreePort();
        using var responder = _world.Status.Responder(port, _world.Root, _world.Delegate, StatusMint.Index('V', [StatusMint.SerialOf(_broker)]));
        StartBroker();
        StartAgent($"revocation = \"ocsp\"\nocsp_responder = \"http://127.0.0.1:{port}/\"");
        try
        {
            await _agent.SaysAsync(Connect);
        }
        finally
        {
            responder.Kill();
        }
    }
}
