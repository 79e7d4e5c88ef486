using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Grpc;
using static X0tta6bl4.Identity.Tests.Grpc.ScriptedServer;

namespace X0tta6bl4.Identity.Tests.Grpc;

/// <summary>HTTP/2 and gRPC against peers that keep to the rules in odd ways, or do not keep to them.</summary>
public sealed class GrpcConnectionTests
{
    private const int EndStream = 1;
    private const int EndHeaders = 4;

    private static async Task<GrpcException> FailsAsync(params byte[][] script) =>
        await Assert.ThrowsAsync<GrpcException>(() => AnswerAsync([.. script.SelectMany(s => s)]));

    [Fact]
    public async Task An_answer_in_the_plainest_form_is_read() =>
        Assert.Equal([1, 2, 3], await AnswerAsync([.. Settings, .. Ok, .. Message(1, 2, 3), .. Trailers("0")]));

    [Fact]
    public async Task Frames_that_mean_nothing_to_us_are_passed_over() => Assert.Equal([7], await AnswerAsync(
    [
        .. Settings,
        .. Frame((Http2FrameType)0xFA, 0xFF, 0, [1, 2, 3]),
        .. Frame(Http2FrameType.Priority, 0, 1, [0, 0, 0, 0, 1]),
        .. Frame(Http2FrameType.Settings, 0, 0, [0xFF, 0xFF, 0, 0, 0, 1, 0, 3, 0, 0, 0, 100]),
        .. Headers(EndHeaders, (":status", "103")),
        .. Ok,
        .. Frame(Http2FrameType.Data, 0, 5, [1]),
        .. Frame(Http2FrameType.ResetStream, 0, 7, [0, 0, 0, 8]),
        .. Message(7),
        .. Trailers("0"),
    ]));

    [Fact]
    public async Task A_message_may_be_cut_anywhere_and_padded()
    {
        byte[] message = [0, 0, 0, 0, 3, 1, 2, 3];

        Assert.Equal([1, 2, 3], await AnswerAsync(
        [
            .. Settings, .. Ok,
            .. message.SelectMany(b => Frame(Http2FrameType.Data, 0x8, 1, [2, b, 0, 0])),
            .. Frame(Http2FrameType.Data, 0, 1, []),
            .. Trailers("0"),
        ]));
    }

    [Fact]
    public async Task Headers_may_go_on_in_further_frames_with_priority_and_padding()
    {
        var block = Block((":status", "200"), ("content-type", "application/grpc+proto"), ("x", new string('y', 300)));

        Assert.Equal([9], await AnswerAsync(
        [
            .. Settings,
            .. Frame(Http2FrameType.Headers, 0x28, 1, [1, 0, 0, 0, 0, 16, .. block.AsSpan(0, 20), 0]),
            .. Frame(Http2FrameType.Continuation, 0, 1, block.AsSpan(20, 100)),
            .. Frame(Http2FrameType.Continuation, EndHeaders, 1, block.AsSpan(120)),
            .. Message(9), .. Trailers("0"),
        ]));
    }

    [Fact]
    public async Task The_names_of_the_static_table_are_understood() => Assert.Equal([9], await AnswerAsync(
    [
        .. Settings,
        // :status 200 by its number; content-type by its number with incremental indexing; a date by its number, never indexed.
        .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0x88, 0x40 | 31, 16, .. "application/grpc"u8, 0x1F, 33 - 15, 1, (byte)'x', 0x20]),
        .. Message(9), .. Trailers("0"),
    ]));

    [Theory]
    [InlineData("7", GrpcCode.PermissionDenied), InlineData("16", GrpcCode.Unauthenticated), InlineData("17", GrpcCode.Unknown)]
    [InlineData("-1", GrpcCode.Unknown), InlineData("", GrpcCode.Unknown), InlineData("99999999999", GrpcCode.Unknown)]
    public async Task An_answer_of_trailers_only_is_its_status(string status, GrpcCode code)
    {
        var exception = await FailsAsync(
            Settings, Headers(5, (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", status), ("grpc-message", "no")));

        Assert.Equal((code, true), (exception.Code, exception.IsFromServer));
        Assert.Equal($"test: service/method: {code}: no", exception.Message);
    }

    [Theory]
    [InlineData("a%20b", "a b"), InlineData("s%C3%B8ren", "søren"), InlineData("100%", "100%"), InlineData("%zz%2", "%zz%2")]
    [InlineData("%0A%00%1B[31m", "???[31m"), InlineData("%FF%FE", "??"), InlineData("\u00e9", "?")]
    public void A_status_message_is_decoded_and_cannot_write_into_logs(string sent, string read) =>
        Assert.Equal(read, GrpcStatus.Decode(sent));

    [Fact]
    public void A_status_message_is_cut()
    {
        Assert.Equal(GrpcStatus.MessageCharsMax, GrpcStatus.Decode(new string('x', 100_000)).Length);
        Assert.Equal(GrpcStatus.MessageCharsMax, GrpcStatus.Decode(string.Concat(Enumerable.Repeat("%41", 100_000))).Length);
    }

    [Theory]
    [InlineData("401", GrpcCode.Unauthenticated), InlineData("403", GrpcCode.PermissionDenied), InlineData("404", GrpcCode.Unimplemented)]
    [InlineData("503", GrpcCode.Unavailable), InlineData("400", GrpcCode.Internal), InlineData("500", GrpcCode.Unknown)]
    public async Task What_is_no_gRPC_is_told_by_its_HTTP_status_and_not_taken_for_the_servers_word(string status, GrpcCode code)
    {
        var exception = await FailsAsync(Settings, Headers(5, (":status", status), ("content-type", "text/html")));

        Assert.Equal((code, false), (exception.Code, exception.IsFromServer));
    }

    public static TheoryData<string, string> BadAnswers => new()
    {
        { "compressed", "compressed" }, { "no headers", "answer without headers" }, { "no status", "without an HTTP status" },
        { "body ends it", "without a grpc-status" }, { "trailers without status", "without a grpc-status" },
        { "cut prefix", "inside a message" }, { "cut message", "inside a message" }, { "no message", "without an answer" },
        { "two messages", "more than one answer" }, { "too large", "are taken" },
        { "frame too large", "a frame of 16385 bytes" }, { "no HTTP/2", "does not speak HTTP/2" }, { "end", "closed the connection" },
        { "end in a frame", "inside a frame" }, { "push", "pushes" }, { "headers that stop", "do not go on" },
        { "endless headers", "headers of over 16384 bytes" }, { "empty continuations", "do not go on" },
        { "dynamic table", "a table that there is not" }, { "table size", "a dynamic table" }, { "index 0", "a table that there is not" },
        { "cut header", "without its text" }, { "long header", "longer than the block" }, { "endless number", "a number that does not end" },
        { "many fields", "over 128 fields" }, { "bad huffman", "Huffman" }, { "padding", "more padding than bytes" },
        { "bad ping", "PING" }, { "bad window", "a window of nothing" }, { "huge window", "a window of nothing, or of over 2 GiB" },
        { "bad settings", "SETTINGS" }, { "bad goaway", "GOAWAY" }, { "reset", "broke off the call (InternalError)" },
        { "going away", "ends the connection (EnhanceYourCalm: too_many_pings)" },
    };

    private static byte[] Bad(string what) => what switch
    {
        "compressed" => [.. Settings, .. Ok, .. Frame(Http2FrameType.Data, 0, 1, [1, 0, 0, 0, 0]), .. Trailers("0")],
        "no headers" => [.. Settings, .. Message(1)],
        "no status" => [.. Settings, .. Headers(EndHeaders, ("content-type", "application/grpc"))],
        "body ends it" => [.. Settings, .. Ok, .. Frame(Http2FrameType.Data, EndStream, 1, [0, 0, 0, 0, 0])],
        "trailers without status" => [.. Settings, .. Ok, .. Message(1), .. Headers(5, ("grpc-message", "x"))],
        "cut prefix" => [.. Settings, .. Ok, .. Frame(Http2FrameType.Data, 0, 1, [0, 0, 0]), .. Trailers("0")],
        "cut message" => [.. Settings, .. Ok, .. Frame(Http2FrameType.Data, 0, 1, [0, 0, 0, 0, 9, 1]), .. Trailers("0")],
        "no message" => [.. Settings, .. Ok, .. Trailers("0")],
        "two messages" => [.. Settings, .. Ok, .. Message(1), .. Message(2), .. Trailers("0")],
        "too large" => [.. Settings, .. Ok, .. Frame(Http2FrameType.Data, 0, 1, [0, 0xFF, 0xFF, 0xFF, 0xFF])],
        "frame too large" => [.. Settings, .. Frame(Http2FrameType.Data, 0, 1, new byte[16385])],
        "no HTTP/2" => [.. "HTTP/1.1 400 Bad Request\r\n\r\n"u8],
        "end" => Settings,
        "end in a frame" => [.. Settings, .. Ok.AsSpan(0, 12)],
        "push" => [.. Settings, .. Frame(Http2FrameType.PushPromise, EndHeaders, 1, [0, 0, 0, 2])],
        "headers that stop" => [.. Settings, .. Frame(Http2FrameType.Headers, 0, 1, Block((":status", "200"))), .. Frame(Http2FrameType.Ping, 0, 0, new byte[8])],
        "endless headers" => [.. Settings, .. Frame(Http2FrameType.Headers, 0, 1, new byte[16000]), .. Frame(Http2FrameType.Continuation, 0, 1, new byte[16000])],
        "empty continuations" => [.. Settings, .. Frame(Http2FrameType.Headers, 0, 1, [0x88]), .. Frame(Http2FrameType.Continuation, 0, 1, [])],
        "dynamic table" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0x80 | 62])],
        "table size" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0x3F, 0xE1, 0x1F])],
        "index 0" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0x80])],
        "cut header" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0])],
        "long header" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0, 50, 1])],
        "endless number" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])],
        "many fields" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [.. Enumerable.Repeat((byte)0x88, 129)])],
        "bad huffman" => [.. Settings, .. Frame(Http2FrameType.Headers, EndHeaders, 1, [0, 0x81, 0x00, 0])],
        "padding" => [.. Settings, .. Ok, .. Frame(Http2FrameType.Data, 0x8, 1, [5, 1])],
        "bad ping" => [.. Settings, .. Frame(Http2FrameType.Ping, 0, 0, [1])],
        "bad window" => [.. Settings, .. Frame(Http2FrameType.WindowUpdate, 0, 0, [0, 0, 0, 0])],
        "huge window" => [.. Settings, .. Frame(Http2FrameType.WindowUpdate, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF])],
        "bad settings" => [.. Settings, .. Frame(Http2FrameType.Settings, 0, 0, [1, 2, 3])],
        "bad goaway" => [.. Settings, .. Frame(Http2FrameType.GoAway, 0, 0, [1])],
        "reset" => [.. Settings, .. Ok, .. Frame(Http2FrameType.ResetStream, 0, 1, [0, 0, 0, 2])],
        "going away" => [.. Settings, .. Frame(Http2FrameType.GoAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 11, .. "too_many_pings"u8])],
        _ => throw new ArgumentException(what, nameof(what)),
    };

    [Theory, MemberData(nameof(BadAnswers))]
    public async Task An_answer_against_the_rules_is_an_error_that_says_which(string what, string said)
    {
        var exception = await FailsAsync(Bad(what));

        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        Assert.False(exception.IsFromServer);
        Assert.StartsWith("test: ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_going_away_ends_its_call_first()
    {
        Assert.Equal([1], await AnswerAsync(
        [
            .. Settings, .. Frame(Http2FrameType.GoAway, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]), .. Ok, .. Message(1), .. Trailers("0"),
        ]));
    }

    [Fact]
    public async Task A_connection_that_is_going_away_takes_no_second_call()
    {
        await using var server = await StartAsync();
        await using var connection = await server.ConnectAsync();
        await server.Stream.WriteAsync(
            (byte[])[.. Frame(Http2FrameType.GoAway, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]), .. Ok, .. Message(1), .. Trailers("0")]);
        await connection.CallAsync("service/first", default, TimeSpan.FromSeconds(5), CancellationToken.None);

        var exception = await Assert.ThrowsAsync<GrpcException>(
            () => connection.CallAsync("service/second", default, TimeSpan.FromSeconds(5), CancellationToken.None));

        Assert.Equal(GrpcCode.Unavailable, exception.Code);
        Assert.Contains("takes no further calls", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_bytes_after_the_settings_are_an_error_and_nothing_worse() =>
        await Gen.Byte.Array[0, 200].SampleAsync(
            async bytes =>
            {
                try
                {
                    await AnswerAsync([.. Settings, .. Ok, .. bytes]);
                }
                catch (GrpcException)
                {
                    // The only thing that may come of it.
                }
            },
            iter: 300);

    [Fact]
    public async Task Frames_changed_at_random_are_an_error_or_an_answer_and_nothing_worse()
    {
        byte[] good =
        [
            .. Settings, .. Frame(Http2FrameType.Settings, 1, 0, []), .. Frame(Http2FrameType.Ping, 0, 0, new byte[8]),
            .. Frame(Http2FrameType.WindowUpdate, 0, 0, [0, 0, 1, 0]), .. Ok, .. Message(1, 2, 3), .. Trailers("0", "x%20y"),
        ];
        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 4].SampleAsync(
            async changes =>
            {
                var script = good.ToArray();
                foreach (var (at, value) in changes)
                {
                    script[at] = value;
                }

                try
                {
                    await AnswerAsync(script);
                }
                catch (GrpcException)
                {
                    // The only thing that may come of it.
                }
            },
            iter: 500);
    }

    [Fact]
    public async Task A_ping_is_answered_while_a_stream_is_read()
    {
        await using var server = await StartAsync();
        await using var connection = await server.ConnectAsync();
        using var call = connection.Start("service/method", null, CancellationToken.None);
        await call.SendAsync(default, isLast: true);
        var reading = call.ReadAsync();

        await server.Stream.WriteAsync((byte[])[.. Frame(Http2FrameType.Ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])]);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], await server.ReadUntilAsync(Http2FrameType.Ping));
        await server.Stream.WriteAsync((byte[])[.. Ok, .. Message(1)]);
        Assert.Equal([1], await reading);
    }

    [Fact]
    public async Task A_silent_peer_is_asked_and_one_that_does_not_answer_is_given_up()
    {
        var time = new FakeTimeProvider();
        await using var server = await StartAsync();
        await using var connection = await server.ConnectAsync(s => s with { Time = time });
        using var call = connection.Start("service/method", null, CancellationToken.None);
        await call.SendAsync(default, isLast: true);
        await server.Stream.WriteAsync((byte[])[.. Ok, .. Message(1)]);
        Assert.Equal([1], await call.ReadAsync());

        // Alive: it answers, and the stream goes on.
        var reading = call.ReadAsync().AsTask();
        var ping = server.ReadUntilAsync(Http2FrameType.Ping);
        time.Advance(connection.Settings.KeepAliveAfter);
        await ping;
        await server.Stream.WriteAsync((byte[])[.. Frame(Http2FrameType.Ping, 1, 0, new byte[8]), .. Message(2)]);
        Assert.Equal([2], await reading);

        // Half dead: the connection stands, and nothing comes.
        reading = call.ReadAsync().AsTask();
        ping = server.ReadUntilAsync(Http2FrameType.Ping);
        time.Advance(connection.Settings.KeepAliveAfter);
        await ping;
        await Task.Delay(100);
        time.Advance(connection.Settings.KeepAliveTimeout);
        var exception = await Assert.ThrowsAsync<GrpcException>(() => reading);
        Assert.Equal(GrpcCode.Unavailable, exception.Code);
        Assert.Contains("has not answered a PING for 20 s", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_waits_for_room_when_the_peer_gives_little()
    {
        // A window of 10 bytes: SETTINGS_INITIAL_WINDOW_SIZE.
        await using var server = await StartAsync(Frame(Http2FrameType.Settings, 0, 0, [0, 4, 0, 0, 0, 10]));
        await using var connection = await server.ConnectAsync();
        await server.Stream.WriteAsync((byte[])[.. Ok, .. Message(1), .. Trailers("0")]);
        await connection.CallAsync("service/first", default, TimeSpan.FromSeconds(5), CancellationToken.None);
        await server.ReadUntilAsync(Http2FrameType.Data);

        var call = connection.CallAsync("service/second", new byte[20], TimeSpan.FromSeconds(5), CancellationToken.None);
        Assert.Equal(10, (await server.ReadUntilAsync(Http2FrameType.Data)).Length);
        await server.Stream.WriteAsync(Frame(Http2FrameType.WindowUpdate, 0, 3, [0, 0, 0, 15]));

        Assert.Equal(15, (await server.ReadUntilAsync(Http2FrameType.Data)).Length);
        await server.Stream.WriteAsync(
            (byte[])[.. Frame(Http2FrameType.Headers, 4, 3, Block((":status", "200"), ("content-type", "application/grpc"))),
                .. Frame(Http2FrameType.Data, 0, 3, [0, 0, 0, 0, 0]), .. Frame(Http2FrameType.Headers, 5, 3, Block(("grpc-status", "0")))]);
        Assert.Empty(await call);
    }

    [Fact]
    public async Task A_peer_that_takes_too_long_is_not_waited_for()
    {
        await using var server = await StartAsync();
        await using var connection = await server.ConnectAsync();

        var exception = await Assert.ThrowsAsync<GrpcException>(
            () => connection.CallAsync("service/method", default, TimeSpan.FromMilliseconds(200), CancellationToken.None));

        Assert.Equal(GrpcCode.DeadlineExceeded, exception.Code);
        Assert.Contains("took over 0.2 s", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_does_not_come_about_is_given_up()
    {
        var exception = await Assert.ThrowsAsync<GrpcException>(() => GrpcConnection.OpenAsync(
            new GrpcSettings
            {
                Connect = async token =>
                {
                    await Task.Delay(Timeout.Infinite, token);
                    return Stream.Null;
                },
                Endpoint = "test",
                ConnectTimeout = TimeSpan.FromMilliseconds(100),
            },
            CancellationToken.None));

        Assert.Equal("test: no connection within 0.1 s", exception.Message);
    }

    [Theory]
    [InlineData(0), InlineData(-1), InlineData(GrpcSettings.MessageBytesLimit + 1)]
    public void No_limit_above_the_limit(int bytes) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new GrpcSettings { Connect = _ => Task.FromResult(Stream.Null), Endpoint = "test", MessageBytesMax = bytes });
}
