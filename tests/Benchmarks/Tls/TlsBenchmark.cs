using System.Text.Json;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Benchmarks.Tls;

/// <summary>
/// Mutual TLS as the agent does it, both sides over a <see cref="MemoryTransport"/>; openssl_peer.c does the same with OpenSSL.
/// One line of JSON each.
/// </summary>
internal static class TlsBenchmark
{
    private const int ChunkBytes = 16 * 1024;

    /// <summary>Handshakes before counting: pages are faulted in, the heap has its size.</summary>
    private const int WarmUp = 200;

    private const int Samples = 10;

    /// <summary>Connect, one byte there and back, goodbye.</summary>
    /// <param name="folder">With the certificates.</param>
    /// <param name="suite">Cipher suite.</param>
    /// <param name="count">How many.</param>
    /// <param name="areStrangers">Neither has seen the other before.</param>
    public static int Handshakes(string folder, string suite, int count, bool areStrangers)
    {
        var files = new TlsFolder(folder);
        var (client, server) = (files.Settings("client", suite), files.Settings("server", suite));
        Shake(client, server, WarmUp, areStrangers);

        var process = ThreadCpu.ProcessMicroseconds();
        var (clientCost, serverCost) = Shake(client, server, count, areStrangers);
        process = ThreadCpu.ProcessMicroseconds() - process;
        using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
        json.WriteStartObject();
        json.WriteNumber("count", count);
        json.WriteNumber("process_cpu_us", process);
        json.WriteNumber("client_cpu_us", clientCost.Cpu);
        json.WriteNumber("server_cpu_us", serverCost.Cpu);
        json.WriteNumber("client_allocated", clientCost.Allocated);
        json.WriteNumber("server_allocated", serverCost.Allocated);
        json.WriteEndObject();
        return 0;
    }

    /// <summary>Decides about the client's chain as about a stranger's.</summary>
    public static int Decide(string folder, int count)
    {
        var files = new TlsFolder(folder);
        ReadOnlyMemory<byte>[] chain = [.. files.Chain("client")];
        var (cpu, allocated) = (0d, 0L);
        for (var i = -1; i < count; i++)
        {
            var verifier = new SvidVerifier(new SvidPolicy());
            var bundles = files.NewBundles();
            var (cpuBefore, allocatedBefore) = (ThreadCpu.ThreadMicroseconds(), GC.GetAllocatedBytesForCurrentThread());
            var verdict = verifier.Verify(chain, bundles, DateTimeOffset.UtcNow);
            // The first one is to warm up.
            cpu += i < 0 ? 0 : ThreadCpu.ThreadMicroseconds() - cpuBefore;
            allocated += i < 0 ? 0 : GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            if (verdict.Refusal is { } refusal)
            {
                throw new InvalidOperationException(refusal.ToString());
            }
        }

        using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
        json.WriteStartObject();
        json.WriteNumber("cpu_us", cpu / count);
        json.WriteNumber("allocated", allocated / count);
        json.WriteEndObject();
        return 0;
    }

    /// <summary>One way, in writes of a record each; the client sends.</summary>
    public static int Bulk(string folder, string suite, int mebibytes)
    {
        var files = new TlsFolder(folder);
        var transport = new MemoryTransport();
        var (client, server) = Connect(transport, files.Settings("client", suite), files.Settings("server", suite));
        var buffer = new byte[ChunkBytes];
        var received = new byte[ChunkBytes];
        var total = 0L;
        var before = (Client: transport.Client.Cost, Server: transport.Server.Cost);
        for (var i = 0L; i < mebibytes * 1024L * 1024 / ChunkBytes; i++)
        {
            transport.Run(transport.Client, () => Check(client.WriteAsync(buffer).AsTask()));
            transport.Run(transport.Server, () => total += server.ReadAsync(received).AsTask().Result);
        }

        var (sent, got) = (transport.Client.Cost - before.Client, transport.Server.Cost - before.Server);
        if (total != mebibytes * 1024L * 1024)
        {
            throw new InvalidOperationException($"{total} bytes arrived");
        }

        using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
        json.WriteStartObject();
        json.WriteNumber("mebibytes", mebibytes);
        json.WriteNumber("send_cpu_us", sent.Cpu);
        json.WriteNumber("receive_cpu_us", got.Cpu);
        json.WriteNumber("send_allocated", sent.Allocated);
        json.WriteNumber("receive_allocated", got.Allocated);
        json.WriteEndObject();
        return 0;
    }

    /// <summary>Resident memory over many handshakes, and over as many connections with garbage.</summary>
    public static int Memory(string folder, string suite, int handshakes, int garbage)
    {
        var files = new TlsFolder(folder);
        var (client, server) = (files.Settings("client", suite), files.Settings("server", suite));
        var noise = new Garbage(Garbage.HelloOf(client));
        Shake(client, server, WarmUp, areStrangers: false);

        using var json = new Utf8JsonWriter(Console.OpenStandardOutput());
        json.WriteStartObject();
        json.WriteNumber("rss_start_kib", ThreadCpu.ResidentKib());
        json.WriteStartArray("rss_handshakes_kib");
        for (var i = 0; i < Samples; i++)
        {
            // Half of them of strangers.
            Shake(client, server, handshakes / Samples / 2, areStrangers: false);
            Shake(client, server, handshakes / Samples / 2, areStrangers: true);
            json.WriteNumberValue(ThreadCpu.ResidentKib());
        }

        json.WriteEndArray();
        json.WriteStartArray("rss_garbage_kib");
        for (var i = 0; i < Samples; i++)
        {
            for (var k = 0; k < garbage / Samples; k++)
            {
                noise.Throw(server, k);
            }

            json.WriteNumberValue(ThreadCpu.ResidentKib());
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return 0;
    }

    private static (Cost Client, Cost Server) Shake(TlsSettings client, TlsSettings server, int count, bool areStrangers)
    {
        var (clientCost, serverCost) = (default(Cost), default(Cost));
        for (var i = 0; i < count; i++)
        {
            var transport = new MemoryTransport();
            Connect(transport, areStrangers ? Forgetful(client) : client, areStrangers ? Forgetful(server) : server);
            clientCost += transport.Client.Cost;
            serverCost += transport.Server.Cost;
        }

        return (clientCost, serverCost);
    }

    /// <summary>A handshake, and a byte there and back.</summary>
    private static (MutualTlsStream Client, MutualTlsStream Server) Connect(MemoryTransport transport, TlsSettings client, TlsSettings server)
    {
        Task<MutualTlsStream>? accepting = null;
        Task<MutualTlsStream>? connecting = null;
        transport.Run(transport.Server, () => accepting = ServeAsync(transport.Server, server));
        transport.Run(transport.Client, () => connecting = AskAsync(transport.Client, client));
        return (Result(connecting!), Result(accepting!));
    }

    private static async Task<MutualTlsStream> AskAsync(Stream transport, TlsSettings settings)
    {
        var stream = await MutualTlsStream.ConnectAsync(transport, settings, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        var one = new byte[1];
        await stream.WriteAsync(one).ConfigureAwait(false);
        await stream.ReadExactlyAsync(one).ConfigureAwait(false);
        return stream;
    }

    private static async Task<MutualTlsStream> ServeAsync(Stream transport, TlsSettings settings)
    {
        var stream = await MutualTlsStream.AcceptAsync(transport, settings, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        var one = new byte[1];
        await stream.ReadExactlyAsync(one).ConfigureAwait(false);
        await stream.WriteAsync(one).ConfigureAwait(false);
        return stream;
    }

    private static T Result<T>(Task<T> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("the handshake stands still");

    private static void Check(Task task) => task.GetAwaiter().GetResult();

    /// <summary>The same, by somebody who has never seen the peer before.</summary>
    private static TlsSettings Forgetful(TlsSettings settings) => settings with { Verifier = new SvidVerifier(settings.Verifier.Policy) };
}
