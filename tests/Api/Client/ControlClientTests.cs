using System.Net.Sockets;
using System.Text;
using X0tta6bl4.Api.Client;

namespace X0tta6bl4.Api.Tests.Client;

/// <summary>The command line's side, against the real server and against things that are not the agent.</summary>
public sealed class ControlClientTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("x0-ctl-").FullName;

    private string SocketPath => Path.Combine(_directory, "s");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Get_and_post_reach_their_routes()
    {
        await using var server = await TestServer.OnUnixSocketAsync(
            ApiRoute.Get(
                "/v1/get",
                request =>
                    ApiResponse.Json(json =>
                    {
                        json.WriteStartObject();
                        json.WriteString("q", request.Parameter("q"));
                        json.WriteEndObject();
                    })),
            ApiRoute.Post(
                "/v1/post",
                (request, _) => ValueTask.FromResult(ApiResponse.Error(202, $"{request.Body.Length} bytes"))));
        var client = new ControlClient(server.SocketPath);

        var got = await client.GetAsync("/v1/get?q=a%20b", CancellationToken.None);
        var posted = await client.PostAsync("/v1/post", new byte[50_000], CancellationToken.None);
        var missing = await client.GetAsync("/v1/none", CancellationToken.None);

        Assert.Equal((200, """{"q":"a b"}"""), (got.Status, Encoding.UTF8.GetString(got.Body)));
        Assert.Equal((202, """{"error":"50000 bytes"}"""), (posted.Status, Encoding.UTF8.GetString(posted.Body)));
        Assert.Equal((404, false), (missing.Status, missing.IsSuccess));
    }

    [Fact]
    public async Task A_large_answer_arrives_whole()
    {
        var text = new string('x', 3_000_000);
        await using var server = await TestServer.OnUnixSocketAsync(
            ApiRoute.Get("/v1/large", _ => ApiResponse.Error(200, text)));

        var reply = await new ControlClient(server.SocketPath).GetAsync("/v1/large", CancellationToken.None);

        Assert.Equal($"{{\"error\":\"{text}\"}}", Encoding.UTF8.GetString(reply.Body));
    }

    [Fact]
    public async Task No_agent_is_said_with_the_path_and_what_to_do()
    {
        var error = await Assert.ThrowsAsync<ControlException>(() =>
            new ControlClient(SocketPath).GetAsync("/v1/x", CancellationToken.None));

        Assert.Equal(
            $"{SocketPath}: no such socket: the agent is not running, or listens elsewhere (--socket); start it with 'x0tta6bl4 run' or its service",
            error.Message);
    }

    [Fact]
    public async Task A_dead_agents_socket_is_told_from_none()
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(SocketPath + "2"));
            File.Move(SocketPath + "2", SocketPath);
        }

        var error = await Assert.ThrowsAsync<ControlException>(() =>
            new ControlClient(SocketPath).GetAsync("/v1/x", CancellationToken.None));

        Assert.StartsWith($"{SocketPath}: the agent that made this socket is gone", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData(
        "/tmp/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public async Task A_path_no_socket_can_have_is_said_clearly(string path)
    {
        var error = await Assert.ThrowsAsync<ControlException>(() =>
            new ControlClient(path).GetAsync("/v1/x", CancellationToken.None));

        Assert.Equal($"{path}: a socket path has 1 to 107 bytes", error.Message);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP")]
    [InlineData("", "does not speak HTTP")]
    [InlineData("HTTP/1.1 abc\r\n\r\n", "does not speak HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "broke off after 4 of 10 bytes")]
    public async Task An_answer_that_is_none_is_said_clearly(string answer, string expected)
    {
        using var listener = Listen();
        var served = ServeAsync(listener, Encoding.ASCII.GetBytes(answer));

        var error = await Assert.ThrowsAsync<ControlException>(() =>
            new ControlClient(SocketPath).GetAsync("/v1/x", CancellationToken.None));

        Assert.Contains(expected, error.Message);
        await served;
    }

    [Fact]
    public async Task An_endless_answer_is_cut_at_the_limit()
    {
        using var listener = Listen();
        var served = ServeAsync(listener, new byte[ControlClient.ReplyBytesMax + 100_000]);

        var error = await Assert.ThrowsAsync<ControlException>(() =>
            new ControlClient(SocketPath).GetAsync("/v1/x", CancellationToken.None));

        Assert.Contains($"over {ControlClient.ReplyBytesMax} bytes", error.Message);
        await served;
    }

    [Fact]
    public async Task A_hung_agent_ends_in_a_time_out_and_a_cancel_in_a_cancel()
    {
        using var listener = Listen();
        var client = new ControlClient(SocketPath) { Timeout = TimeSpan.FromMilliseconds(200) };

        var error = await Assert.ThrowsAsync<ControlException>(() => client.GetAsync("/v1/x", CancellationToken.None));

        Assert.Contains("did not answer within 0.2 s", error.Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            client.GetAsync("/v1/x", new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_socket_without_permission_says_to_be_root()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("USER") == "root" || geteuid() == 0,
            "root may open every socket");
        using var listener = Listen();
        File.SetUnixFileMode(SocketPath, UnixFileMode.None);

        var error = await Assert.ThrowsAsync<ControlException>(() =>
            new ControlClient(SocketPath).GetAsync("/v1/x", CancellationToken.None));

        Assert.Contains("run this command as root", error.Message);
    }

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        socket.Listen();
        return socket;
    }

    private static async Task ServeAsync(Socket listener, byte[] answer)
    {
        using var connection = await listener.AcceptAsync();
        await connection.ReceiveAsync(new byte[4096]);
        try
        {
            while (answer.Length > 0)
            {
                answer = answer[await connection.SendAsync(answer)..];
            }
        }
        catch (SocketException)
        {
            // The client has had enough: what one test is about.
        }
    }

    [System.Runtime.InteropServices.DllImport("libc")]
    private static extern uint geteuid();
}
