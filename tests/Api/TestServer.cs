using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Api.Tests;

/// <summary>A real server on a real port or socket, and raw bytes to talk to it with.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly AgentLog _log;
    private Task _running = Task.CompletedTask;

    private TestServer()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("x0-api-").FullName;
        Output = new MemoryStream();
        _log = new AgentLog(new LogOptions { Level = LogLevel.Information }, Output, TimeProvider.System);
        Metrics = new AgentMetrics(new BuildInfo("1", "test"), TimeProvider.System);
        Logger = _log.CreateLogger("api");
    }

    internal string Directory { get; }

    internal MemoryStream Output { get; }

    internal AgentMetrics Metrics { get; }

    internal ILogger Logger { get; }

    internal ApiServer Server { get; private set; } = null!;

    internal string SocketPath => Path.Combine(Directory, "run", "control.sock");

    internal string Log
    {
        get
        {
            _log.Flush(TimeSpan.FromSeconds(10));
            return Encoding.UTF8.GetString(Output.ToArray());
        }
    }

    internal int Port => int.Parse(Server.Addresses.Value[0].Split(':')[^1]);

    internal static HealthReport Healthy { get; } = new(Alive: true, Ready: true, [], []);

    internal static Task<TestServer> OnTcpAsync(params ApiRoute[] routes) => OnTcpAsync(limits: null, routes);

    internal static async Task<TestServer> OnTcpAsync(ApiLimits? limits, params ApiRoute[] routes)
    {
        var test = new TestServer();
        test.Server = ApiServer.OnTcp(
            [new IPEndPoint(IPAddress.Loopback, 0)], routes, test.Metrics, test.Logger, TimeProvider.System, limits);
        await test.StartAsync();
        return test;
    }

    /// <summary>The three routes as the agent has them.</summary>
    internal static async Task<TestServer> ObservationAsync(Func<HealthReport>? health = null)
    {
        var test = new TestServer();
        test.Server = ApiServer.OnTcp(
            [new IPEndPoint(IPAddress.Loopback, 0)],
            ObservationRoutes.Create(test.Metrics, health ?? (() => Healthy)),
            test.Metrics,
            test.Logger,
            TimeProvider.System);
        await test.StartAsync();
        return test;
    }

    internal static async Task<TestServer> OnUnixSocketAsync(params ApiRoute[] routes)
    {
        var test = new TestServer();
        test.Server = test.NewServer(test.SocketPath, routes);
        await test.StartAsync();
        return test;
    }

    /// <summary>Nothing runs yet.</summary>
    internal static TestServer Idle() => new();

    internal ApiServer NewServer(string path, params ApiRoute[] routes) =>
        ApiServer.OnUnixSocket(path, routes, Metrics, Logger, TimeProvider.System);

    internal async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    internal async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return socket;
    }

    /// <summary>Sends the bytes as they are and returns everything until the server closes.</summary>
    internal async Task<string> ExchangeAsync(string request)
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return await ReceiveAllAsync(socket);
    }

    internal Task<string> GetAsync(string path) =>
        ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    internal static async Task<string> ReceiveAllAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[64 * 1024];
        using var all = new MemoryStream();
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, limit.Token)) > 0)
            {
                all.Write(buffer, 0, read);
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with unread data on its side: the end as well.
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    internal async Task<string> ScrapeAsync()
    {
        using var text = new MemoryStream();
        await Metrics.WriteTextAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _log.Dispose();
        Metrics.Dispose();
        await Output.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task StartAsync()
    {
        var listening = Server.Addresses.Changed;
        _running = Server.RunAsync(_stop.Token);
        await Task.WhenAny(listening, _running);
        if (_running.IsFaulted)
        {
            await _running;
        }
    }
}
