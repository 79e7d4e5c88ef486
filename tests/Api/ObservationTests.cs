using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Tests.Documents;

namespace X0tta6bl4.Api.Tests;

/// <summary>The three routes over real TCP.</summary>
public class ObservationTests
{
    [Fact]
    public async Task Metrics_are_served_in_the_text_format()
    {
        await using var server = await TestServer.ObservationAsync();

        var answer = await server.GetAsync("/metrics");

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer);
        Assert.Contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n", answer);
        Assert.Contains("x0tta6bl4_build_info{version=\"1\",arch=\"test\"} 1\n", answer);
        Assert.DoesNotContain("Server:", answer);
    }

    [Fact]
    public async Task The_document_and_a_real_scrape_name_the_same_metrics()
    {
        await using var server = await TestServer.ObservationAsync();
        await server.GetAsync("/metrics");
        var answer = await server.ExchangeAsync("GET /metrics HTTP/1.0\r\n\r\n");

        Assert.Empty(
            MetricsDocument.Differences(
                Repository.ReadText("docs/metrics.md"),
                answer[answer.IndexOf("# HELP", StringComparison.Ordinal)..],
                "Agent",
                "API"));
    }

    [Fact]
    public void The_document_lists_every_event() =>
        Assert.Empty(
            LogDocument.Differences(Repository.ReadText("docs/logs.md"), 6000, 6999, typeof(ApiServer).Assembly));

    [Fact]
    public async Task Health_says_200_when_alive_and_503_with_reasons_when_not()
    {
        var report = TestServer.Healthy;
        await using var server = await TestServer.ObservationAsync(() => report);

        Assert.EndsWith("""{"version":1,"alive":true,"reasons":[]}""", await server.GetAsync("/healthz"));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await server.GetAsync("/readyz"));

        HealthReason[] why = [new("health.mesh-not-seen", "", "text", "fix")];
        report = new HealthReport(Alive: true, Ready: false, [], why);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await server.GetAsync("/healthz"));
        var answer = await server.GetAsync("/readyz");
        Assert.StartsWith("HTTP/1.1 503 ", answer);
        Assert.Contains("Content-Type: application/json\r\n", answer);
        Assert.EndsWith(
            """{"version":1,"ready":false,"reasons":[{"code":"health.mesh-not-seen","subject":"","text":"text","fix":"fix"}]}""",
            answer);
    }

    [Fact]
    public async Task Only_the_three_routes_are_there()
    {
        await using var server = await TestServer.ObservationAsync();

        foreach (
            var path in (string[])
                ["/", "/v1/status", "/metrics/", "/Metrics", "/../metrics", "/%2e%2e/v1/status", "//metrics"])
        {
            var answer = await server.GetAsync(path);
            Assert.True(
                answer.StartsWith("HTTP/1.1 404 ", StringComparison.Ordinal) || path == "/../metrics",
                $"{path}: {answer}");
        }
    }

    [Fact]
    public async Task Concurrent_scrapes_beyond_the_limit_are_told_to_come_again()
    {
        var release = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var slow = new ApiRoute(
            "GET",
            "/metrics",
            async (_, token) =>
            {
                entered.Release();
                await release.Task.WaitAsync(token);
                return ApiResponse.Error(200, "done");
            },
            ObservationRoutes.ScrapesMax);
        await using var server = await TestServer.OnTcpAsync(slow);
        var first = server.GetAsync("/metrics");
        var second = server.GetAsync("/metrics");
        await entered.WaitAsync();
        await entered.WaitAsync();

        var third = await server.GetAsync("/metrics");
        release.SetResult();

        Assert.StartsWith("HTTP/1.1 503 ", third);
        Assert.Contains("Retry-After: 1\r\n", third);
        Assert.Contains("{\"error\":\"/metrics is answering 2 requests already; try again\"}", third);
        Assert.StartsWith("HTTP/1.1 200 ", await first);
        Assert.StartsWith("HTTP/1.1 200 ", await second);
        Assert.Contains(
            "x0tta6bl4_api_requests_total{route=\"/metrics\",code=\"503\"} 1\n",
            await server.ScrapeAsync());
    }

    [Fact]
    public async Task Many_scrapers_at_once_take_turns()
    {
        await using var server = await TestServer.ObservationAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            List<string> got = [];
            for (var i = 0; i < 10; i++)
            {
                got.Add((await server.GetAsync("/metrics"))[..12]);
            }

            return got;
        }));

        // On a machine that is very busy a turn may not come in time; nobody may hang or get half an answer.
        Assert.All(
            answers.SelectMany(got => got),
            status => Assert.True(status is "HTTP/1.1 200" or "HTTP/1.1 503", status));
        Assert.StartsWith("HTTP/1.1 200", await server.GetAsync("/metrics"));
    }
}
