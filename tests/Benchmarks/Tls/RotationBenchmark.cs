using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Benchmarks.Tls;

/// <summary>
/// A router and its peers over loopback TCP, all of whom get a new identity again and again. Each peer keeps one connection from
/// begin to end and makes a new one for every other request; every request is answered with the same bytes, or has failed.
/// </summary>
internal sealed class RotationBenchmark
{
    private static readonly TimeSpan BetweenRequests = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenSamples = TimeSpan.FromSeconds(1);
    private readonly TlsFolder _files;
    private readonly List<Node> _nodes = [];
    private readonly List<string> _failures = [];
    private long _kept;
    private long _anew;
    private double _worstMs;

    private RotationBenchmark(TlsFolder files) => _files = files;

    /// <summary>Files server-0, client1-0, client1-1 and so on, one number for each rotation.</summary>
    public static int Run(string folder, int clients, int rotations, int everySeconds) =>
        new RotationBenchmark(new TlsFolder(folder)).RunAsync(clients, rotations, TimeSpan.FromSeconds(everySeconds)).GetAwaiter().GetResult();

    private async Task<int> RunAsync(int clients, int rotations, TimeSpan every)
    {
        using var stop = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Start("server");
        var peers = Enumerable.Range(1, clients).Select(i => Start($"client{i}")).ToList();
        var watching = _nodes.ConvertAll(n => n.Identity.Connections.WatchAsync(stop.Token));
        var serving = ServeAsync(listener, server, stop.Token);
        var load = peers.ConvertAll(p => Task.WhenAll(
            KeepAsync(p, (IPEndPoint)listener.LocalEndpoint, stop.Token), AnewAsync(p, (IPEndPoint)listener.LocalEndpoint, stop.Token)));

        await Task.Delay(every).ConfigureAwait(false);
        var resident = new List<long> { ThreadCpu.ResidentKib() };
        for (var rotation = 1; rotation <= rotations; rotation++)
        {
            foreach (var node in _nodes)
            {
                node.Rotate(rotation);
            }

            for (var clock = Stopwatch.StartNew(); clock.Elapsed < every; await Task.Delay(BetweenSamples).ConfigureAwait(false))
            {
                resident.Add(ThreadCpu.ResidentKib());
            }

            foreach (var node in _nodes.Where(n => !n.IsSeen))
            {
                Fail($"nobody saw the identity {rotation} of {node.Name}");
            }
        }

        await stop.CancelAsync().ConfigureAwait(false);
        listener.Stop();
        await Task.WhenAll([.. load, .. watching, serving]).ConfigureAwait(false);
        Print(rotations, resident);
        return 0;
    }

    private Node Start(string name)
    {
        var node = new Node(name, _files);
        _nodes.Add(node);
        return node;
    }

    /// <summary>One connection for the whole run: rotations must leave it alone.</summary>
    private async Task KeepAsync(Node node, IPEndPoint server, CancellationToken stop)
    {
        try
        {
            var stream = await ConnectAsync(node, server).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                while (!stop.IsCancellationRequested)
                {
                    await EchoAsync(stream, stop).ConfigureAwait(false);
                    Interlocked.Increment(ref _kept);
                    await Task.Delay(BetweenRequests, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
        catch (Exception exception)
        {
            Fail($"{node.Name}, kept connection: {exception.Message}");
        }
    }

    private async Task AnewAsync(Node node, IPEndPoint server, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var stream = await ConnectAsync(node, server).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    await EchoAsync(stream, stop).ConfigureAwait(false);
                }

                Interlocked.Increment(ref _anew);
            }
            catch (Exception exception)
            {
                Fail($"{node.Name}, new connection: {exception.Message}");
            }

            await Task.Delay(BetweenRequests, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<MutualTlsStream> ConnectAsync(Node node, IPEndPoint server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).ConfigureAwait(false);
        var stream = await node.Identity.Connections.ConnectAsync(
            new NetworkStream(socket, ownsSocket: true), TlsFolder.Everybody, [], CancellationToken.None).ConfigureAwait(false);
        See(stream.Peer);
        return stream;
    }

    private async Task ServeAsync(TcpListener listener, Node node, CancellationToken stop)
    {
        var connections = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                connections.RemoveAll(c => c.IsCompleted);
                connections.Add(EchoBackAsync(await listener.AcceptSocketAsync(stop).ConfigureAwait(false), node, stop));
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(connections).ConfigureAwait(false);
    }

    private async Task EchoBackAsync(Socket socket, Node node, CancellationToken stop)
    {
        try
        {
            socket.NoDelay = true;
            var stream = await node.Identity.Connections.AcceptAsync(
                new NetworkStream(socket, ownsSocket: true), TlsFolder.Everybody, [], CancellationToken.None).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                See(stream.Peer);
                var buffer = new byte[1024];
                while (await stream.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false) is > 0 and var count)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (IOException) when (stop.IsCancellationRequested)
        {
            // The end of the run ends the connections.
        }
        catch (Exception exception)
        {
            Fail($"server: {exception.Message}");
        }
    }

    private static async Task EchoAsync(MutualTlsStream stream, CancellationToken stop)
    {
        var request = Guid.NewGuid().ToByteArray();
        var answer = new byte[request.Length];
        using var limit = new CancellationTokenSource(RequestLimit);
        try
        {
            await stream.WriteAsync(request, limit.Token).ConfigureAwait(false);
            await stream.ReadExactlyAsync(answer, limit.Token).ConfigureAwait(false);
        }
        catch (IOException) when (stop.IsCancellationRequested)
        {
            return;
        }

        if (!answer.AsSpan().SequenceEqual(request))
        {
            throw new IOException("the answer was not the request");
        }
    }

    /// <summary>A handshake showed an identity: how long after it was published?</summary>
    private void See(VerifiedSvid peer)
    {
        foreach (var node in _nodes)
        {
            if (node.See(peer.SerialNumber) is { } after)
            {
                lock (_failures)
                {
                    _worstMs = Math.Max(_worstMs, after.TotalMilliseconds);
                }
            }
        }
    }

    private void Fail(string text)
    {
        lock (_failures)
        {
            _failures.Add(text);
        }

        Console.Error.WriteLine(text);
    }

    private void Print(int rotations, List<long> resident)
    {
        using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
        json.WriteStartObject();
        json.WriteNumber("rotations", rotations);
        json.WriteNumber("nodes", _nodes.Count);
        json.WriteNumber("requests_kept", _kept);
        json.WriteNumber("requests_anew", _anew);
        json.WriteNumber("failures", _failures.Count);
        json.WriteNumber("worst_ms", _worstMs);
        json.WriteNumber("rss_start_kib", resident[0]);
        json.WriteNumber("rss_end_kib", resident[^1]);
        json.WriteNumber("rss_most_kib", resident.Max());
        json.WriteEndObject();
    }

    /// <summary>A router as far as its identity goes.</summary>
    private sealed class Node
    {
        private readonly TlsFolder _files;
        private readonly Lock _lock = new();
        private string _serial = "";
        private long _published;
        private bool _isSeen;

        public Node(string name, TlsFolder files)
        {
            Name = name;
            _files = files;
            var time = TimeProvider.System;
            Identity = new NodeIdentity(
                "bench", new SvidVerifier(new SvidPolicy()), new ValidationClock(time, DateTimeOffset.UnixEpoch),
                new SavedClock(Path.Combine(files.Folder, $"{name}.clock")), time, new AgentMetrics(new BuildInfo("0", "bench"), time),
                new HealthRegister(time), NullLogger.Instance);
            Rotate(0);
        }

        public string Name { get; }

        public NodeIdentity Identity { get; }

        public bool IsSeen
        {
            get
            {
                lock (_lock)
                {
                    return _isSeen;
                }
            }
        }

        public void Rotate(int number)
        {
            var next = _files.Identity($"{Name}-{number}");
            lock (_lock)
            {
                _serial = next.Chain[0].SerialNumber;
                _published = Stopwatch.GetTimestamp();
                _isSeen = false;
            }

            Identity.Publish(new IdentitySnapshot(next, _files.Bundles));
        }

        /// <summary>Time since it was published, when this is its present identity and was not seen before.</summary>
        public TimeSpan? See(string serial)
        {
            lock (_lock)
            {
                if (_isSeen || serial != _serial)
                {
                    return null;
                }

                _isSeen = true;
                return Stopwatch.GetElapsedTime(_published);
            }
        }
    }
}
