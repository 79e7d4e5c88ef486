using System.Text;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Metrics;
using X0tta6bl4.Tests;
using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Telemetry.Tests.Metrics;

public sealed class ScrapeTests : IDisposable
{
    private readonly TestTime _time = new();
    private readonly string _root = Directory.CreateTempSubdirectory("x0-proc-").FullName;
    private readonly HealthRegister _health;
    private readonly LoopPulses _loops;

    public ScrapeTests()
    {
        _health = new HealthRegister(_time);
        _loops = new LoopPulses(_time);
        WriteProc("status", "Name:\tx0tta6bl4\nVmRSS:\t   11004 kB\nThreads:\t9\n");
        WriteProc(
            "stat",
            "1234 (odd) name (x) S 1 1234 1234 0 -1 4194560 523 0 0 0 250 75 0 0 20 0 9 0 4250 700000 2751 1844\n");
        Directory.CreateDirectory(Path.Combine(_root, "proc/self/fd"));
        foreach (var fd in "0123456")
        {
            File.WriteAllText(Path.Combine(_root, "proc/self/fd", fd.ToString()), "");
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_document_and_a_real_scrape_name_the_same_metrics()
    {
        using var log = new AgentLog(new LogOptions(), Stream.Null, _time);
        using var metrics = Metrics();
        metrics.ExportHealth(_health, _loops);
        metrics.ExportLog(log);
        _loops.Register("mesh", TimeSpan.FromSeconds(20)).Beat();
        _health.Raise("board.led-missing", "green:status", Severity.Degraded, "text", "fix");
        await ScrapeAsync(metrics);

        var differences = MetricsDocument.Differences(
            Repository.ReadText("docs/metrics.md"), await ScrapeAsync(metrics), "Agent", "Health", "Log");

        Assert.Empty(differences);
    }

    [Fact]
    public async Task The_process_is_read_from_proc()
    {
        using var metrics = Metrics();
        _time.Advance(TimeSpan.FromSeconds(12.5));

        var scrape = await ScrapeAsync(metrics);

        Assert.Contains("\nx0tta6bl4_process_resident_memory_bytes 11268096\n", scrape);
        Assert.Contains("\nx0tta6bl4_process_cpu_seconds_total 3.25\n", scrape);
        Assert.Contains("\nx0tta6bl4_process_threads 9\n", scrape);
        Assert.Contains("\nx0tta6bl4_process_open_fds 7\n", scrape);
        Assert.Contains("\nx0tta6bl4_process_uptime_seconds 12.5\n", scrape);
        Assert.Contains(
            $"\nx0tta6bl4_process_start_time_seconds {TestTime.Begin.ToUnixTimeMilliseconds() / 1000.0}\n",
            scrape);
        Assert.Contains("\nx0tta6bl4_build_info{version=\"1.2.3\",arch=\"arm64\"} 1\n", scrape);
        Assert.Contains("\nx0tta6bl4_collector_success{collector=\"process\"} 1\n", scrape);
    }

    [Fact]
    public async Task This_very_process_can_be_read_too()
    {
        using var metrics = new AgentMetrics(new BuildInfo("1", "x"), TimeProvider.System);

        Assert.Contains("x0tta6bl4_collector_success{collector=\"process\"} 1\n", await ScrapeAsync(metrics));
    }

    [Theory]
    [InlineData("status", "Name:\tx\n")]
    [InlineData("status", "VmRSS:\t   x kB\nThreads:\t9\n")]
    [InlineData("stat", "1 (x) S 1\n")]
    [InlineData("stat", "")]
    public async Task A_proc_that_reads_differently_fails_its_collector_and_nothing_else(string file, string content)
    {
        WriteProc(file, content);
        using var metrics = Metrics();

        var scrape = await ScrapeAsync(metrics);

        Assert.Contains("x0tta6bl4_collector_success{collector=\"process\"} 0\n", scrape);
        Assert.Contains("\nx0tta6bl4_process_uptime_seconds 0\n", scrape);
    }

    [Fact]
    public async Task A_failing_refresh_costs_only_its_own_figures()
    {
        using var metrics = Metrics();
        metrics.OnScrape("thermal", () => throw new IOException("gone"));
        metrics.OnScrape("fine", () => { });

        var scrape = await ScrapeAsync(metrics);

        Assert.Contains("x0tta6bl4_collector_success{collector=\"thermal\"} 0\n", scrape);
        Assert.Contains("x0tta6bl4_collector_success{collector=\"fine\"} 1\n", scrape);
    }

    [Fact]
    public async Task A_run_counts_as_failed_until_it_says_otherwise_and_is_timed()
    {
        using var metrics = Metrics();
        using (metrics.Collectors.Measure("originators"))
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.Contains("x0tta6bl4_collector_success{collector=\"originators\"} 0\n", await ScrapeAsync(metrics));
        using (var run = metrics.Collectors.Measure("originators"))
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            run.Succeeded();
        }

        var scrape = await ScrapeAsync(metrics);
        Assert.Contains("x0tta6bl4_collector_success{collector=\"originators\"} 1\n", scrape);
        Assert.Contains("x0tta6bl4_collector_duration_seconds{collector=\"originators\"} 0.5\n", scrape);
    }

    [Fact]
    public async Task Symptoms_are_counted_by_code_and_disappear_when_cleared()
    {
        using var metrics = Metrics();
        metrics.ExportHealth(_health, _loops);
        _health.Raise("mesh.interface-out", "mesh0", Severity.Critical, "t", "f");
        _health.Raise("mesh.interface-out", "mesh1", Severity.Critical, "t", "f");
        _health.Raise("mesh.interface-out", "mesh2", Severity.Degraded, "t", "f");

        var scrape = await ScrapeAsync(metrics);
        Assert.Contains("x0tta6bl4_symptom{code=\"mesh.interface-out\",severity=\"critical\"} 2\n", scrape);
        Assert.Contains("x0tta6bl4_symptom{code=\"mesh.interface-out\",severity=\"degraded\"} 1\n", scrape);

        _health.Clear("mesh.interface-out", "mesh0");
        _health.Clear("mesh.interface-out", "mesh1");
        scrape = await ScrapeAsync(metrics);
        Assert.DoesNotContain("severity=\"critical\"", scrape);
        Assert.Contains("x0tta6bl4_symptom{code=\"mesh.interface-out\",severity=\"degraded\"} 1\n", scrape);
    }

    [Fact]
    public async Task Loops_show_age_and_beats()
    {
        using var metrics = Metrics();
        metrics.ExportHealth(_health, _loops);
        var loop = _loops.Register("mesh", TimeSpan.FromSeconds(20));
        loop.Beat();
        loop.Beat();
        _time.Advance(TimeSpan.FromSeconds(7));

        var scrape = await ScrapeAsync(metrics);

        Assert.Contains("x0tta6bl4_loop_age_seconds{loop=\"mesh\"} 7\n", scrape);
        Assert.Contains("x0tta6bl4_loop_deadline_seconds{loop=\"mesh\"} 20\n", scrape);
        Assert.Contains("x0tta6bl4_loop_beats_total{loop=\"mesh\"} 2\n", scrape);
    }

    [Fact]
    public async Task Log_lines_are_counted_by_level()
    {
        using var log = new AgentLog(new LogOptions { RepeatsPerMinuteMax = 2 }, Stream.Null, _time);
        using var metrics = Metrics();
        metrics.ExportLog(log);
        for (var i = 0; i < 5; i++)
        {
            log.CreateLogger("x").LogWarning(new EventId(1), "w");
        }

        var scrape = await ScrapeAsync(metrics);

        Assert.Contains("x0tta6bl4_log_lines_total{level=\"warn\"} 2\n", scrape);
        Assert.Contains("\nx0tta6bl4_log_suppressed_total 3\n", scrape);
        Assert.Contains("\nx0tta6bl4_log_dropped_total 0\n", scrape);
    }

    [Fact]
    public async Task Many_scrapes_at_once_each_get_the_whole_text()
    {
        using var metrics = Metrics();
        metrics.ExportHealth(_health, _loops);
        var whole = (await ScrapeAsync(metrics)).Split('\n').Length;

        var scrapes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => ScrapeAsync(metrics))));

        Assert.All(scrapes, scrape => Assert.Equal(whole, scrape.Split('\n').Length));
    }

    private AgentMetrics Metrics() => new(new BuildInfo("1.2.3", "arm64"), _time, _root);

    private static async Task<string> ScrapeAsync(AgentMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.WriteTextAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private void WriteProc(string name, string content)
    {
        Directory.CreateDirectory(Path.Combine(_root, "proc/self"));
        File.WriteAllText(Path.Combine(_root, "proc/self", name), content);
    }
}
