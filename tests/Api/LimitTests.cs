using System.Net.Sockets;
using System.Text;

namespace X0tta6bl4.Api.Tests;

/// <summary>What a careless or hostile client gets, on a real port.</summary>
public class LimitTests
{
    private static readonly ApiRoute Echo = ApiRoute.Post(
        "/echo",
        (request, _) => ValueTask.FromResult(ApiResponse.Error(200, Encoding.UTF8.GetString(request.Body.Span))));

    private static readonly ApiRoute Hello = ApiRoute.Get("/hello", _ => ApiResponse.Error(200, "hello"));

    [Fact]
    public async Task An_unknown_path_is_404_in_json()
    {
        await using var server = await TestServer.OnTcpAsync(Hello);

        var answer = await server.GetAsync("/nothing");

        Assert.StartsWith("HTTP/1.1 404 Not Found\r\n", answer);
        Assert.Contains("Content-Type: application/json\r\n", answer);
        Assert.EndsWith("{\"error\":\"no such path: /nothing\"}", answer);
        Assert.Contains("x0tta6bl4_api_requests_total{route=\"other\",code=\"404\"} 1\n", await server.ScrapeAsync());
    }

    [Theory]
    [InlineData("DELETE", "/hello", "GET")]
    [InlineData("POST", "/hello", "GET")]
    [InlineData("GET", "/echo", "POST")]
    public async Task A_wrong_method_is_405_and_says_what_is_allowed(string method, string path, string allowed)
    {
        await using var server = await TestServer.OnTcpAsync(Hello, Echo);

        var answer = await server.ExchangeAsync(
            $"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 405 ", answer);
        Assert.Contains($"Allow: {allowed}\r\n", answer);
        Assert.Contains($"\"error\":\"{path} takes {allowed}, not {method}\"", answer);
    }

    [Fact]
    public async Task Head_answers_like_get_without_a_body()
    {
        await using var server = await TestServer.OnTcpAsync(Hello);

        var answer = await server.ExchangeAsync("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.EndsWith("\r\n\r\n", answer);
    }

    [Fact]
    public async Task A_body_arrives_whole_and_one_over_the_limit_is_413()
    {
        await using var server = await TestServer.OnTcpAsync(new ApiLimits { RequestBodyBytesMax = 100 }, Echo);

        var fine = await PostAsync(server, new string('a', 100));
        var large = await PostAsync(server, new string('a', 101));
        var chunked = await server.ExchangeAsync(
            "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n"
                + new string('a', 64)
                + "\r\n40\r\n"
                + new string('a', 64)
                + "\r\n0\r\n\r\n");

        Assert.EndsWith($"{{\"error\":\"{new string('a', 100)}\"}}", fine);
        Assert.StartsWith("HTTP/1.1 413 ", large);
        Assert.Contains("the request body is over 100 bytes", large);
        Assert.StartsWith("HTTP/1.1 413 ", chunked);
    }

    [Theory]
    [InlineData("GET /{0} HTTP/1.1\r\nHost: x\r\n\r\n", 3000, "414")]
    [InlineData("GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: {0}\r\n\r\n", 9000, "431")]
    public async Task An_oversized_head_is_refused(string request, int length, string status)
    {
        await using var server = await TestServer.OnTcpAsync(Hello);

        var answer = await server.ExchangeAsync(string.Format(request, new string('a', length)));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.EndsWith("\"error\":\"hello\"}", await Body(server));
    }

    [Fact]
    public async Task Too_many_headers_are_refused()
    {
        await using var server = await TestServer.OnTcpAsync(Hello);
        var headers = string.Concat(Enumerable.Range(0, 40).Select(i => $"X-{i}: 1\r\n"));

        Assert.StartsWith(
            "HTTP/1.1 431 ",
            await server.ExchangeAsync($"GET /hello HTTP/1.1\r\nHost: x\r\n{headers}\r\n"));
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("GET /hello HTTP/1.1\r\n\r\n")]
    [InlineData("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("GET /hello HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n")]
    [InlineData("\0\u0001\u0002\u0003\r\n\r\n")]
    public async Task A_malformed_request_is_400(string request)
    {
        await using var server = await TestServer.OnTcpAsync(Hello, Echo);

        Assert.StartsWith("HTTP/1.1 400 ", await server.ExchangeAsync(request));
        Assert.EndsWith("\"error\":\"hello\"}", await Body(server));
    }

    [Fact]
    public async Task A_client_slow_with_its_headers_is_cut_off()
    {
        await using var server = await TestServer.OnTcpAsync(
            new ApiLimits { RequestHeadersTimeout = TimeSpan.FromSeconds(1) },
            Hello);
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET /hello HTTP/1.1\r\nHo"u8.ToArray());

        var start = TimeProvider.System.GetTimestamp();
        var answer = await TestServer.ReceiveAllAsync(socket);

        Assert.StartsWith("HTTP/1.1 408 ", answer);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0.5, 10);
    }

    [Fact]
    public async Task A_client_slow_with_its_body_is_cut_off()
    {
        var limits = new ApiLimits
        {
            DataRateBytesPerSecondMin = 1000,
            DataRateGracePeriod = TimeSpan.FromSeconds(1.5),
        };
        await using var server = await TestServer.OnTcpAsync(limits, Echo);
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nabc"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 408 ", await TestServer.ReceiveAllAsync(socket));
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answer_is_cut_off()
    {
        var ended = new TaskCompletionSource();
        var endless = ApiRoute.Get(
            "/endless",
            _ =>
                ApiResponse.Streamed(
                    "text/plain",
                    async (to, token) =>
                    {
                        try
                        {
                            var block = new byte[64 * 1024];
                            while (true)
                            {
                                await to.WriteAsync(block, token);
                            }
                        }
                        finally
                        {
                            ended.TrySetResult();
                        }
                    }));
        await using var server = await TestServer.OnTcpAsync(
            new ApiLimits { SendTimeout = TimeSpan.FromSeconds(1) },
            endless);
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await TestServer.ReceiveAllAsync(socket);
        await server.StopAsync();
        Assert.Contains(
            "x0tta6bl4_api_requests_total{route=\"/endless\",code=\"499\"} 1\n",
            await server.ScrapeAsync());
    }

    [Fact]
    public async Task An_idle_connection_is_closed()
    {
        await using var server = await TestServer.OnTcpAsync(
            new ApiLimits { KeepAliveTimeout = TimeSpan.FromSeconds(1) },
            Hello);
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

        Assert.EndsWith("\"error\":\"hello\"}", await TestServer.ReceiveAllAsync(socket));
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_at_once_and_room_comes_back()
    {
        await using var server = await TestServer.OnTcpAsync(new ApiLimits { ConnectionsMax = 2 }, Hello);
        var first = await server.ConnectAsync();
        var second = await server.ConnectAsync();
        await ExpectHelloAsync(first);
        await ExpectHelloAsync(second);

        Assert.Equal("", await server.GetAsync("/hello"));

        first.Dispose();
        second.Dispose();
        var answer = "";
        for (var i = 0; i < 100 && answer.Length == 0; i++)
        {
            await Task.Delay(50);
            answer = await server.GetAsync("/hello");
        }

        Assert.EndsWith("\"error\":\"hello\"}", answer);
    }

    [Fact]
    public async Task A_route_that_takes_too_long_is_503_and_logged()
    {
        var stuck = ApiRoute.Get(
            "/stuck",
            async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return ApiResponse.Error(200, "");
            });
        await using var server = await TestServer.OnTcpAsync(
            new ApiLimits { RouteTimeout = TimeSpan.FromMilliseconds(200) },
            stuck);

        Assert.StartsWith("HTTP/1.1 503 ", await server.GetAsync("/stuck"));
        Assert.Contains("\"event\":6003", server.Log);
    }

    [Fact]
    public async Task A_route_that_throws_is_500_and_logged_and_the_server_goes_on()
    {
        var broken = ApiRoute.Get("/broken", _ => throw new InvalidOperationException("no such thing"));
        await using var server = await TestServer.OnTcpAsync(broken, Hello);

        var answer = await server.GetAsync("/broken");

        Assert.StartsWith("HTTP/1.1 500 ", answer);
        Assert.EndsWith("{\"error\":\"/broken failed: no such thing\"}", answer);
        Assert.Contains("\"event\":6002", server.Log);
        Assert.EndsWith("\"error\":\"hello\"}", await Body(server));
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_route()
    {
        var cancelled = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        var patient = ApiRoute.Get("/patient", async (_, token) =>
        {
            entered.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                cancelled.SetResult();
            }

            return ApiResponse.Error(200, "");
        });
        await using var server = await TestServer.OnTcpAsync(patient);
        using (var socket = await server.ConnectAsync())
        {
            await socket.SendAsync("GET /patient HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            await entered.Task;
            socket.Close(0);
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Any_query_gives_the_first_value_of_a_name_or_nothing()
    {
        var request = new RequestContext("/v1/x", "?a=1&b=%20x%2B&a=2&c&=d", default);

        Assert.Equal("1", request.Parameter("a"));
        Assert.Equal(" x+", request.Parameter("b"));
        Assert.Equal("", request.Parameter("c"));
        Assert.Null(request.Parameter("d"));
        Gen.Select(Gen.String, Gen.String)
            .Sample((query, name) => _ = new RequestContext("/", query, default).Parameter(name));
    }

    private static Task<string> PostAsync(TestServer server, string body) => server.ExchangeAsync(
        $"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    private static Task<string> Body(TestServer server) => server.GetAsync("/hello");

    private static async Task ExpectHelloAsync(Socket socket)
    {
        await socket.SendAsync("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        var buffer = new byte[1024];
        var text = "";
        while (!text.EndsWith("hello\"}", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer);
            Assert.True(read > 0, $"closed after: {text}");
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }
    }
}
