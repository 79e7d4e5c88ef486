using System.Diagnostics;
using MQTTnet;
using MQTTnet.Protocol;
using X0tta6bl4.Peering.Mqtt;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>
/// Against Eclipse Mosquitto, the broker most sites run. Named by X0_MOSQUITTO or found on PATH; skipped, with the
/// reason, without it.
/// </summary>
public sealed class MosquittoTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("x0-mosquitto-").FullName;
    private readonly int _port = TestBroker.FreePort();
    private Process? _process;

    public void Dispose()
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Status_reports_will_and_restart_work_with_mosquitto()
    {
        await StartAsync();
        Stream? wire = null;
        await using var reporter = new TestReporter(
            _port,
            dialer: async (host, port, token) =>
            {
                var link = await PlainTcp.DialAsync(host, port, token);
                wire = link.Stream;
                return link;
            });
        reporter.Start();
        reporter.Offer("mesh", "mesh", "before");
        await reporter.UntilAsync(s => s is { Connected: true, PublishedTotal: 1 });

        await using (var reader = await Reader.StartAsync(_port))
        {
            await reader.UntilAsync("x0tta6bl4/v1/roof/a/status", """{"version":1,"state":"online"}""");
            await reader.UntilAsync("x0tta6bl4/v1/roof/a/mesh", "before");
            await wire!.DisposeAsync();
            await reader.UntilAsync(
                "x0tta6bl4/v1/roof/a/status",
                """{"version":1,"state":"offline","reason":"lost"}"""
            );
            await reader.UntilAsync("x0tta6bl4/v1/roof/a/status", """{"version":1,"state":"online"}""");
        }

        Kill();
        await reporter.UntilAsync(s => !s.Connected);
        for (var i = 0; i < 20; i++)
        {
            reporter.Offer("mesh", "mesh", $"away {i}");
        }

        await StartAsync();
        await reporter.UntilAsync(s => s is { Connected: true, QueueMessages: 0, DroppedTotal: 0, PublishedTotal: 21 });
        await using (var reader = await Reader.StartAsync(_port))
        {
            await reader.UntilAsync("x0tta6bl4/v1/roof/a/mesh", "away 19");
            await reporter.StopAsync();
            await reader.UntilAsync(
                "x0tta6bl4/v1/roof/a/status",
                """{"version":1,"state":"offline","reason":"stopped"}"""
            );
        }
    }

    [Fact]
    public async Task A_node_that_may_only_publish_below_its_own_topic_is_told_what_was_refused()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "acl"),
            "topic write x0tta6bl4/v1/roof/a/status\ntopic write x0tta6bl4/v1/roof/a/mesh\n");
        await StartAsync($"acl_file {_directory}/acl");
        await using var reporter = new TestReporter(_port);
        reporter.Offer("board", "board", "not allowed");
        reporter.Offer("mesh", "mesh", "allowed");
        reporter.Start();

        await reporter.UntilAsync(s => s is { PublishedTotal: 1, DroppedTotal: 1 });

        Assert.Contains("\"event\":5002", reporter.Log);
        Assert.Contains("not authorized", reporter.Log);
    }

    private async Task StartAsync(string extra = "")
    {
        var binary = Find();
        Assert.SkipWhen(binary is null, "no mosquitto: set X0_MOSQUITTO to its binary or put it on PATH");
        var configuration = Path.Combine(_directory, "conf");
        await File.WriteAllTextAsync(
            configuration,
            $"listener {_port} 127.0.0.1\nallow_anonymous true\nuser root\n{extra}\n");
        var start = new ProcessStartInfo(binary, ["-c", configuration])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };

        // Of a package unpacked without being installed, the libraries are beside the binary.
        var libraries = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(binary)!, "../lib/x86_64-linux-gnu"));
        start.Environment["LD_LIBRARY_PATH"] = libraries;
        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    private void Kill()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        _process = null;
    }

    private static string? Find() =>
        (
            (string?[])
                [
                    Environment.GetEnvironmentVariable("X0_MOSQUITTO"),
                    .. (Environment.GetEnvironmentVariable("PATH") ?? "")
                        .Split(':')
                        .Append("/usr/sbin")
                        .Select(d => Path.Combine(d, "mosquitto")),
                ]).FirstOrDefault(File.Exists);

    /// <summary>A subscriber with MQTTnet's own transport, so that ours is not tested against itself.</summary>
    private sealed class Reader : IAsyncDisposable
    {
        private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
        private readonly System.Threading.Channels.Channel<(string Topic, string Payload)> _received =
            System.Threading.Channels.Channel.CreateUnbounded<(string, string)>();

        internal static async Task<Reader> StartAsync(int port)
        {
            var reader = new Reader();
            reader._client.ApplicationMessageReceivedAsync += args =>
            {
                reader._received.Writer.TryWrite(
                    (args.ApplicationMessage.Topic, args.ApplicationMessage.ConvertPayloadToString() ?? ""));
                return Task.CompletedTask;
            };
            await reader._client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).Build());
            await reader._client.SubscribeAsync("x0tta6bl4/#", MqttQualityOfServiceLevel.AtLeastOnce);
            return reader;
        }

        internal async Task UntilAsync(string topic, string payload)
        {
            using var patience = new CancellationTokenSource(TestReporter.Patience);
            List<(string, string)> others = [];
            try
            {
                while (true)
                {
                    var message = await _received.Reader.ReadAsync(patience.Token);
                    if (message == (topic, payload))
                    {
                        return;
                    }

                    others.Add(message);
                }
            }
            catch (OperationCanceledException error)
            {
                throw new TimeoutException($"no {topic} {payload}; instead: {string.Join("; ", others)}", error);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _client.DisconnectAsync();
            _client.Dispose();
        }
    }
}
