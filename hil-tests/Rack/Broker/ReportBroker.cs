using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Broker;

/// <summary>A message as a subscriber got it.</summary>
public sealed record MqttMessage(bool IsRetained, string Topic, string Payload)
{
    /// <summary>The router it is from: <c>x0tta6bl4/v1/SITE/NODE/…</c>; empty for other topics.</summary>
    public string Router => Topic.Split('/') is ["x0tta6bl4", "v1", _, var node, ..] ? node : "";

    /// <summary>What follows the node: <c>status</c>, <c>mesh</c>…</summary>
    public string Kind => Topic.Split('/') is ["x0tta6bl4", "v1", _, _, .. var rest] ? string.Join('/', rest) : "";
}

/// <summary>
/// A real mosquitto, which speaks TLS 1.3 only and takes nobody without a certificate of the bench's authority, and a real
/// subscriber to everything, so that what counts is what a broker handed on, not what an agent believes it sent.
/// </summary>
public sealed class ReportBroker : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    private readonly RackAssets _assets;
    private readonly RackDirectory _directory;
    private readonly int _observerPort = QemuCommand.FreePort();
    private readonly Journal<string> _talk = new();
    private ChildProcess? _broker;
    private ChildProcess? _subscriber;

    private ReportBroker(RackAssets assets, RackDirectory directory, IdentityFiles identity, string address, int port)
    {
        _assets = assets;
        Identity = identity;
        _directory = directory;
        Address = address;
        Port = port;
    }

    /// <summary>Address it listens on: the loopback interface, unless a bench file says otherwise.</summary>
    public string Address { get; }

    public int Port { get; }

    /// <summary>Who it is. Another one takes effect at the next start, or with <see cref="ReloadAsync"/>.</summary>
    public IdentityFiles Identity { get; set; }

    /// <summary>Lines of its configuration that say how TLS is spoken; empty for none.</summary>
    public string TlsOptions { get; set; } = "tls_version tlsv1.3\nrequire_certificate true";

    /// <summary>What it wrote itself, connections among it.</summary>
    public Journal<string> Talk => _talk;

    /// <summary>Every message, in the order the broker handed them on.</summary>
    public Journal<MqttMessage> Messages { get; } = new();

    /// <summary>Starts one for virtual routers: on 127.0.0.1, any free port.</summary>
    public static Task<ReportBroker> StartAsync(
        RackAssets assets, RackDirectory directory, IdentityFiles identity, CancellationToken cancellation) =>
        StartAsync(assets, directory, identity, "127.0.0.1", QemuCommand.FreePort(), cancellation);

    public static async Task<ReportBroker> StartAsync(
        RackAssets assets, RackDirectory directory, IdentityFiles identity, string address, int port, CancellationToken cancellation)
    {
        var broker = new ReportBroker(assets, directory, identity, address, port);
        try
        {
            await broker.StartAsync(cancellation);
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }

        return broker;
    }

    /// <summary>Starts it, at first or after <see cref="StopAsync"/>, on the same port.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var config = _directory.File("mosquitto.conf");
        await WriteIdentityAsync(cancellation);
        var tls = TlsOptions.Length == 0
            ? ""
            : $"""
                cafile {_directory.File("broker-bundle.pem")}
                certfile {_directory.File("broker.pem")}
                keyfile {_directory.File("broker-key.pem")}
                {TlsOptions}
                """;
        // As root mosquitto would change to a user that exists only where it is installed.
        await File.WriteAllTextAsync(
            config,
            $"""
            user root
            allow_anonymous true
            persistence false
            log_dest stderr
            listener {_observerPort} 127.0.0.1
            listener {Port} {Address}
            {tls}

            """,
            cancellation);
        var mark = _talk.Mark;
        _broker = await ChildProcess.StartAsync(
            Path.Combine(_assets.BrokerRoot, "usr/sbin/mosquitto"), ["-c", config], _talk.Add, _talk.Add, Libraries());
        await SaysAsync($"Opening ipv4 listen socket on port {Port}", mark, cancellation);
        _subscriber = await ChildProcess.StartAsync(
            Path.Combine(_assets.BrokerRoot, "usr/bin/mosquitto_sub"),
            ["-h", "127.0.0.1", "-p", $"{_observerPort}", "-V", "5", "-i", "rack-observer", "-t", "#", "-F", @"%r\t%t\t%p"],
            Take, _talk.Add, Libraries());
        await SaysAsync("as rack-observer", mark, cancellation);
    }

    /// <summary>Gives it another identity while it runs; connections stay.</summary>
    public async Task ReloadAsync(IdentityFiles identity, CancellationToken cancellation)
    {
        Identity = identity;
        await WriteIdentityAsync(cancellation);
        var mark = _talk.Mark;
        _broker?.Signal("HUP");
        await SaysAsync("Reloading config", mark, cancellation);
    }

    /// <summary>Takes it away, as an outage of the site does.</summary>
    public async Task StopAsync()
    {
        foreach (var process in (ChildProcess?[])[_subscriber, _broker])
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        _subscriber = null;
        _broker = null;
    }

    /// <summary>Messages a router got through so far.</summary>
    public int Count(string router) => Messages.Since(0).Count(m => m.Item.Router == router);

    /// <summary>Waits for a message of a router.</summary>
    public async Task<JournalEntry<MqttMessage>> WaitForAsync(
        string router, string kind, Func<MqttMessage, bool> match, long mark, TimeSpan limit,
        CancellationToken cancellation) =>
        await Messages.WaitAsync(mark, m => m.Router == router && m.Kind == kind && match(m), limit, cancellation)
        ?? throw new RackException(
            $"no {kind} report of {router} arrived at the broker within {limit.TotalSeconds:0.#} s; "
            + $"it handed on {Count(router)} messages of {router} so far");

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task WriteIdentityAsync(CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(_directory.File("broker.pem"), Identity.Certificates, cancellation);
        await File.WriteAllTextAsync(_directory.File("broker-key.pem"), Identity.Key, cancellation);
        await File.WriteAllTextAsync(_directory.File("broker-bundle.pem"), Identity.Bundle, cancellation);
    }

    private void Take(string line)
    {
        if (line.Split('\t', 3) is [var retained, var topic, var payload])
        {
            Messages.Add(new MqttMessage(retained == "1", topic, payload));
        }
    }

    private async Task SaysAsync(string text, long mark, CancellationToken cancellation)
    {
        var said = await _talk.WaitAsync(
            mark, l => l.Contains(text, StringComparison.Ordinal), StartLimit, cancellation);
        if (said is null)
        {
            throw new RackException($"the broker did not say \"{text}\" within {StartLimit.TotalSeconds} s: "
                + string.Join(" | ", _talk.Tail(5).Select(l => l.Item)));
        }
    }

    private Dictionary<string, string> Libraries() => new()
    {
        ["LD_LIBRARY_PATH"] = string.Join(':', Directory
            .EnumerateDirectories(Path.Combine(_assets.BrokerRoot, "usr/lib"), "*-linux-gnu")
            .Concat(Directory.EnumerateDirectories(Path.Combine(_assets.BrokerRoot, "lib"), "*-linux-gnu"))),
    };
}
