using System.Globalization;
using System.Text.Json;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Benchmarks;

/// <summary>
/// Mutual TLS 1.3 beside OpenSSL on this machine: full handshakes over X25519 with the same certificates, throughput by cipher
/// suite, and resident memory. Both programs (tests/Benchmarks/Tls) do the same in memory on one thread, and in turn, so that what
/// disturbs one disturbs both. "Known" peers have met before; "strangers" meet for the first time.
/// </summary>
internal sealed class TlsBenchmark : IBenchmark
{
    private const string ChaCha20 = "TLS_CHACHA20_POLY1305_SHA256";
    private const string Aes128 = "TLS_AES_128_GCM_SHA256";
    private const int Rounds = 5;
    private const int HandshakesARound = 1000;
    private const int MebibytesARound = 256;
    private const int ManyHandshakes = 10_000;
    private const int ManyGarbage = 10_000;

    /// <summary>Budget: at most twice OpenSSL's CPU.</summary>
    private const double CpuRatioMax = 2;

    /// <summary>Budget of a handshake, a side, KB.</summary>
    private const double AllocatedBudgetKb = 400;

    private const int DecidedARound = 200;

    /// <summary>Budget of deciding about any chain, ms of CPU.</summary>
    private const double DecideCpuBudgetMs = 20;

    /// <summary>Budget of deciding about any chain, KB.</summary>
    private const double DecideAllocatedBudgetKb = 2000;

    /// <summary>Budget of the whole process, KiB.</summary>
    private const double RssBudgetKib = 20 * 1024;

    /// <summary>What counts as flat: less than this many KiB over ten thousand connections, after the first thousand.</summary>
    private const double GrowthMaxKib = 256;

    public string Name => "tls";

    public string Summary =>
        $"mutual TLS 1.3 beside OpenSSL: handshakes, MB/s, memory over {ManyHandshakes} handshakes and {ManyGarbage} garbage ones";

    public async Task<IReadOnlyList<BenchFigure>> RunAsync(BenchmarkContext context, CancellationToken cancellation)
    {
        var pair = new Pair(
            HostProgram.Find(context.Assets, "x0tta6bl4-bench", Name), HostProgram.Find(context.Assets, "openssl-peer", Name), cancellation);
        using var directory = RackDirectory.Create();
        var figures = new List<BenchFigure>();
        foreach (var key in (string[])["p256", "ed25519"])
        {
            context.Say($"{key}: {Rounds} rounds of {HandshakesARound} handshakes, ours with known peers and with strangers, and OpenSSL");
            var folder = await MintAsync(directory.File(key), key, cancellation);
            figures.AddRange(await HandshakesAsync(pair, folder, key));
        }

        context.Say($"what it takes to decide about a stranger's chain, {DecidedARound} times");
        await MintAsync(directory.File("rsa4096"), "rsa4096", cancellation);
        foreach (var key in (string[])["p256", "ed25519", "rsa4096"])
        {
            figures.AddRange(await DecideAsync(pair, directory.File(key), key));
        }

        foreach (var (suite, name) in ((string, string)[])[(ChaCha20, "chacha20"), (Aes128, "aes128gcm")])
        {
            context.Say($"{name}: {Rounds} rounds of {MebibytesARound} MiB");
            figures.AddRange(await BulkAsync(pair, directory.File("p256"), suite, name));
        }

        context.Say($"memory: {ManyHandshakes} handshakes, half of them of strangers, and {ManyGarbage} connections with garbage");
        figures.AddRange(await MemoryAsync(pair, directory.File("p256")));
        return figures;
    }

    private static async Task<string> MintAsync(string folder, string key, CancellationToken cancellation)
    {
        var certificates = await TlsCertificates.MakeAsync(folder, key, cancellation);
        await certificates.IdentityAsync("client", "client", cancellation);
        await certificates.IdentityAsync("server", "server", cancellation);
        return folder;
    }

    private static async Task<IReadOnlyList<BenchFigure>> HandshakesAsync(Pair pair, string folder, string key)
    {
        var (peer, known, strangers) = (new List<JsonElement>(), new List<JsonElement>(), new List<JsonElement>());
        for (var i = 0; i < Rounds; i++)
        {
            string[] what = [folder, ChaCha20, HandshakesARound.ToString(CultureInfo.InvariantCulture)];
            peer.Add(await pair.PeerAsync(["handshakes", .. what]));
            known.Add(await pair.OursAsync(["tls-handshakes", .. what]));
            strangers.Add(await pair.OursAsync(["tls-strangers", .. what]));
        }

        return [.. Figures(known, peer, $"{key}-known"), .. Figures(strangers, peer, $"{key}-stranger")];
    }

    private static IEnumerable<BenchFigure> Figures(List<JsonElement> ours, List<JsonElement> peer, string name)
    {
        foreach (var side in (string[])["client", "server"])
        {
            var cpu = Median(peer, $"{side}_cpu_us") / HandshakesARound;
            yield return Figure($"handshake_cpu/openssl/{name}-{side}", Median(ours, $"{side}_cpu_us") / HandshakesARound, cpu, "us") with
            {
                Limit = cpu * CpuRatioMax,
            };
        }

        // Of one processor, both sides and whatever else the process does.
        yield return Figure(
            $"handshakes_per_s/openssl/{name}", HandshakesARound * 1e6 / Median(ours, "process_cpu_us"),
            HandshakesARound * 1e6 / Median(peer, "process_cpu_us"), "1/s");
        foreach (var side in (string[])["client", "server"])
        {
            yield return BenchFigure.AgainstBudget(
                $"handshake_allocated/{name}-{side}", Median(ours, $"{side}_allocated") / HandshakesARound / 1000, AllocatedBudgetKb, "KB");
        }
    }

    private static async Task<IEnumerable<BenchFigure>> DecideAsync(Pair pair, string folder, string key)
    {
        var decided = await pair.OursAsync(["tls-decide", folder, DecidedARound.ToString(CultureInfo.InvariantCulture)]);
        return
        [
            BenchFigure.AgainstBudget($"decide_cpu/{key}", decided.GetProperty("cpu_us").GetDouble() / 1000, DecideCpuBudgetMs, "ms"),
            BenchFigure.AgainstBudget($"decide_allocated/{key}", decided.GetProperty("allocated").GetDouble() / 1000, DecideAllocatedBudgetKb, "KB"),
        ];
    }

    private static async Task<IEnumerable<BenchFigure>> BulkAsync(Pair pair, string folder, string suite, string name)
    {
        var (peer, ours) = (new List<JsonElement>(), new List<JsonElement>());
        for (var i = 0; i < Rounds; i++)
        {
            string[] what = [folder, suite, MebibytesARound.ToString(CultureInfo.InvariantCulture)];
            peer.Add(await pair.PeerAsync(["bulk", .. what]));
            ours.Add(await pair.OursAsync(["tls-bulk", .. what]));
        }

        const double Megabytes = MebibytesARound * 1.048576;
        double Speed(List<JsonElement> of, string side) => Megabytes / (Median(of, $"{side}_cpu_us") / 1e6);
        return ((string[])["send", "receive"])
            .Select(side => Figure($"throughput/openssl/{name}-{side}", Speed(ours, side), Speed(peer, side), "MB/s"))
            .Append(Figure(
                $"allocated_per_mb/none/{name}",
                (Median(ours, "send_allocated") + Median(ours, "receive_allocated")) / 1000 / Megabytes, null, "KB"));
    }

    private static async Task<IEnumerable<BenchFigure>> MemoryAsync(Pair pair, string folder)
    {
        string[] what =
        [
            folder, ChaCha20, ManyHandshakes.ToString(CultureInfo.InvariantCulture), ManyGarbage.ToString(CultureInfo.InvariantCulture),
        ];
        var peer = await pair.PeerAsync(["memory", .. what]);
        var ours = await pair.OursAsync(["tls-memory", .. what]);
        return
        [
            Figure("rss/openssl/start", Start(ours), Start(peer), "KiB") with { Limit = RssBudgetKib },
            .. ((string[])["handshakes", "garbage"]).Select(after =>
                Figure($"rss/openssl/after-{after}", Series(ours, after)[^1], Series(peer, after)[^1], "KiB") with { Limit = RssBudgetKib }),
            // From the first thousand to the last.
            .. ((string[])["handshakes", "garbage"]).Select(of =>
                Figure($"rss_growth/openssl/{of}", Growth(Series(ours, of)), Growth(Series(peer, of)), "KiB") with { Limit = GrowthMaxKib }),
        ];
    }

    private static double Start(JsonElement of) => of.GetProperty("rss_start_kib").GetDouble();

    private static List<double> Series(JsonElement of, string name) =>
        [.. of.GetProperty($"rss_{name}_kib").EnumerateArray().Select(v => v.GetDouble())];

    private static double Growth(List<double> series) => series[^1] - series[0];

    private static BenchFigure Figure(string name, double ours, double? peer, string unit) =>
        new(name, Math.Round(ours, 1), peer is { } value ? Math.Round(value, 1) : null, unit);

    private static double Median(List<JsonElement> of, string name) =>
        of.Select(e => e.GetProperty(name).GetDouble()).Order().ElementAt(of.Count / 2);

    private sealed record Pair(string Ours, string Peer, CancellationToken Cancellation)
    {
        public Task<JsonElement> OursAsync(string[] arguments) => HostProgram.MeasureAsync(Ours, arguments, Cancellation);

        public Task<JsonElement> PeerAsync(string[] arguments) => HostProgram.MeasureAsync(Peer, arguments, Cancellation);
    }
}
