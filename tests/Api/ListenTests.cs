using System.Net;
using System.Net.Sockets;
using X0tta6bl4.Api.Client;

namespace X0tta6bl4.Api.Tests;

/// <summary>Taking and giving back addresses, ports and sockets.</summary>
public class ListenTests
{
    private static readonly ApiRoute Hello = ApiRoute.Get("/v1/hello", _ => ApiResponse.Error(200, "hello"));

    [Fact]
    public async Task A_taken_port_is_said_clearly_and_can_be_tried_again()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var address = (IPEndPoint)other.LocalEndPoint!;
        await using var test = TestServer.Idle();
        var server = ApiServer.OnTcp([address], [Hello], test.Metrics, test.Logger, TimeProvider.System);

        var error = await Assert.ThrowsAsync<ApiListenException>(() => server.RunAsync(CancellationToken.None));

        Assert.Equal(
            $"cannot listen on {address}: another program has the port; stop that program or set api.listen to a free port",
            error.Message);
        other.Dispose();
        using var stop = new CancellationTokenSource();
        var listening = server.Addresses.Changed;
        var running = server.RunAsync(stop.Token);
        await listening.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([address.ToString()], server.Addresses.Value);
        await stop.CancelAsync();
        await running;
        Assert.Empty(server.Addresses.Value);
    }

    [Fact]
    public async Task An_address_of_no_interface_is_said_clearly()
    {
        await using var test = TestServer.Idle();
        var server = ApiServer.OnTcp(
            [IPEndPoint.Parse("192.0.2.1:9464")],
            [Hello],
            test.Metrics,
            test.Logger,
            TimeProvider.System);

        var error = await Assert.ThrowsAsync<ApiListenException>(() => server.RunAsync(CancellationToken.None));

        Assert.Equal("no interface has this address", error.Reason);
    }

    [Fact]
    public async Task Of_several_addresses_the_one_that_failed_is_named()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var taken = (IPEndPoint)other.LocalEndPoint!;
        await using var test = TestServer.Idle();
        var server = ApiServer.OnTcp(
            [new IPEndPoint(IPAddress.Loopback, 0), taken], [Hello], test.Metrics, test.Logger, TimeProvider.System);

        var error = await Assert.ThrowsAsync<ApiListenException>(() => server.RunAsync(CancellationToken.None));

        Assert.Equal((taken.ToString(), "another program has the port"), (error.Address, error.Reason));
    }

    [Fact]
    public async Task No_address_and_two_answers_for_one_path_are_programmers_errors()
    {
        await using var test = TestServer.Idle();

        Assert.Throws<ArgumentException>(() =>
            ApiServer.OnTcp([], [Hello], test.Metrics, test.Logger, TimeProvider.System));
        Assert.Throws<ArgumentException>(() => test.NewServer(test.SocketPath, Hello, Hello));
    }

    [Fact]
    public async Task A_stop_waits_for_an_answer_under_way_but_not_for_one_that_hangs()
    {
        var entered = new SemaphoreSlim(0);
        var release = new TaskCompletionSource();
        var slow = ApiRoute.Get("/slow", async (_, token) =>
        {
            entered.Release();
            await release.Task.WaitAsync(token);
            return ApiResponse.Error(200, "done");
        });
        var hung = ApiRoute.Get("/hung", async (_, _) =>
        {
            entered.Release();
            await Task.Delay(TimeSpan.FromSeconds(8), CancellationToken.None);
            return ApiResponse.Error(200, "never seen");
        });
        var test = await TestServer.OnTcpAsync(new ApiLimits { StopTimeout = TimeSpan.FromSeconds(3) }, slow, hung);
        var answer = test.GetAsync("/slow");
        var lost = test.GetAsync("/hung");
        await entered.WaitAsync();
        await entered.WaitAsync();

        var start = TimeProvider.System.GetTimestamp();
        var stopping = test.StopAsync();
        release.SetResult();
        Assert.EndsWith("{\"error\":\"done\"}", await answer);
        await stopping;

        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 2, 7.5);
        Assert.Equal("", await lost);
        await test.DisposeAsync();
    }

    [Fact]
    public async Task The_socket_and_its_directory_are_for_the_owner_only()
    {
        await using var test = await TestServer.OnUnixSocketAsync(Hello);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(test.SocketPath));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(test.SocketPath)!));
        Assert.Contains("\"event\":6000", test.Log);
        await test.StopAsync();
        Assert.False(File.Exists(test.SocketPath));
    }

    [Fact]
    public async Task A_second_agent_is_refused_and_the_first_goes_on()
    {
        await using var test = await TestServer.OnUnixSocketAsync(Hello);

        var error = await Assert.ThrowsAsync<ApiListenException>(() =>
            test.NewServer(test.SocketPath, Hello).RunAsync(CancellationToken.None));

        Assert.Equal("another agent has this socket", error.Reason);
        Assert.Equal(
            200,
            (await new ControlClient(test.SocketPath).GetAsync("/v1/hello", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_socket_left_by_a_crash_is_replaced()
    {
        await using var test = TestServer.Idle();
        Directory.CreateDirectory(Path.GetDirectoryName(test.SocketPath)!);
        LeaveSocket(test.SocketPath);
        Assert.True(File.Exists(test.SocketPath));

        using var stop = new CancellationTokenSource();
        var server = test.NewServer(test.SocketPath, Hello);
        var listening = server.Addresses.Changed;
        var running = server.RunAsync(stop.Token);
        await listening.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(
            200,
            (await new ControlClient(test.SocketPath).GetAsync("/v1/hello", CancellationToken.None)).Status);
        Assert.Contains("\"event\":6004", test.Log);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_socket_of_another_program_that_answers_is_left_alone()
    {
        await using var test = TestServer.Idle();
        var path = Path.Combine(test.Directory, "other.sock");
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        other.Listen();

        var error = await Assert.ThrowsAsync<ApiListenException>(() =>
            test.NewServer(path, Hello).RunAsync(CancellationToken.None));

        Assert.Equal("another agent has this socket", error.Reason);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_file_in_the_way_is_never_removed()
    {
        await using var test = TestServer.Idle();
        var path = Path.Combine(test.Directory, "precious");
        await File.WriteAllTextAsync(path, "");

        var error = await Assert.ThrowsAsync<ApiListenException>(() =>
            test.NewServer(path, Hello).RunAsync(CancellationToken.None));

        Assert.Equal("something that is not a socket is there", error.Reason);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_not_taken_for_another_agent()
    {
        await using var test = TestServer.Idle();
        var file = Path.Combine(test.Directory, "file");
        await File.WriteAllTextAsync(file, "");

        foreach (
            var path in (string[])[Path.Combine(file, "control.sock"), "/proc/x0tta6bl4/control.sock", "/dev/null/s"])
        {
            var error = await Assert.ThrowsAsync<ApiListenException>(() =>
                test.NewServer(path, Hello).RunAsync(CancellationToken.None));
            Assert.DoesNotContain("another agent", error.Message);
            Assert.Contains("set api.socket to", error.Fix);
        }
    }

    [Theory]
    [InlineData("relative.sock")]
    [InlineData("")]
    [InlineData(
        "/tmp/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public async Task A_path_no_socket_can_have_is_said_clearly(string path)
    {
        await using var test = TestServer.Idle();

        var error = await Assert.ThrowsAsync<ApiListenException>(() =>
            test.NewServer(path, Hello).RunAsync(CancellationToken.None));

        Assert.StartsWith("a socket path is absolute and has at most 107 bytes", error.Reason);
    }

    [Theory]
    [InlineData("127.0.0.1:9464")]
    [InlineData("0.0.0.0:80")]
    [InlineData("[::1]:9464")]
    public void An_address_and_port_is_read(string text)
    {
        Assert.True(ListenAddress.TryParse(text, out var address, out _));
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("9464")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::1:9464")]
    [InlineData("localhost:9464")]
    [InlineData("127.0.0.1:99999")]
    [InlineData(":9464")]
    public void Anything_else_is_refused_with_an_example(string text)
    {
        Assert.False(ListenAddress.TryParse(text, out _, out var problem));
        Assert.Equal($"'{text}' is not an address and port such as 127.0.0.1:9464 or [::1]:9464", problem);
    }

    private static void LeaveSocket(string path)
    {
        // Bound under another name and renamed: .NET removes the name it knows when it closes, a killed agent does not.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".tmp"));
        File.Move(path + ".tmp", path);
    }
}
