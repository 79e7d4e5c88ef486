using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.WorkloadApi;
using X0tta6bl4.SpireWorld;
using X0tta6bl4.SpireWorld.Protocol.Workload;
using WorkloadServer = X0tta6bl4.SpireWorld.WorkloadApi;

namespace X0tta6bl4.Identity.Tests.WorkloadApi;

/// <summary>The calls beside FetchX509SVID, against a gRPC server on a real unix socket.</summary>
public sealed class WorkloadApiClientTests(WorkloadWorld world) : IClassFixture<WorkloadWorld>, IAsyncLifetime
{
    private readonly WorkloadServer _api = new();
    private GrpcHost _server = null!;
    private WorkloadApiClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        var socket = world.NewSocket();
        _server = await GrpcHost.StartAsync(_api, socket);
        _client = new WorkloadApiClient(WorkloadWorld.Unix(socket), TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task JWT_SVIDs_are_fetched_for_audiences_and_an_identity()
    {
        _api.JwtSvid = request => new JWTSVIDResponse
        {
            Svids =
            {
                new JWTSVID { SpiffeId = request.SpiffeId, Svid = $"for {string.Join('+', request.Audience)}", Hint = "h" },
                // W-16, W-20: the second of one hint is not taken.
                new JWTSVID { SpiffeId = "spiffe://example.org/b", Svid = "second", Hint = "h" },
            },
        };
        SpiffeId.Parse("spiffe://example.org/a", out var id);

        var svids = await _client.FetchJwtSvidAsync(["x", "y"], id, CancellationToken.None);

        var svid = Assert.Single(svids);
        Assert.Equal((id, "for x+y", "h"), (svid.Id, svid.Token, svid.Hint));
        Assert.DoesNotContain("for", svid.ToString(), StringComparison.Ordinal);
        // E-4.
        Assert.Equal("true", Assert.Single(_api.Calls).Headers.GetValue("workload.spiffe.io"));
    }

    [Fact]
    public async Task A_JWT_SVID_without_an_audience_is_not_asked_for() => await Assert.ThrowsAsync<ArgumentException>(
        () => _client.FetchJwtSvidAsync([], null, CancellationToken.None));

    [Theory]
    [InlineData("", "token"), InlineData("spiffe://example.org/a", ""), InlineData("http://example.org/a", "token")]
    public async Task A_JWT_SVID_that_lacks_a_part_is_refused(string id, string token)
    {
        _api.JwtSvid = _ => new JWTSVIDResponse { Svids = { new JWTSVID { SpiffeId = id, Svid = token } } };

        await Assert.ThrowsAsync<ProtobufFormatException>(() => _client.FetchJwtSvidAsync(["x"], null, CancellationToken.None));
    }

    [Fact]
    public async Task No_JWT_SVID_at_all_is_refused_by_its_requirement()
    {
        _api.JwtSvid = _ => new JWTSVIDResponse();

        var exception = await Assert.ThrowsAsync<ProtobufFormatException>(
            () => _client.FetchJwtSvidAsync(["x"], null, CancellationToken.None));

        Assert.Contains("W-20", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_have_none_hears_it_from_the_server()
    {
        var exception = await Assert.ThrowsAsync<GrpcException>(
            () => _client.FetchJwtSvidAsync(["x"], null, CancellationToken.None));

        Assert.Equal((GrpcCode.PermissionDenied, true), (exception.Code, exception.IsFromServer));
    }

    [Fact]
    public async Task A_token_is_validated_by_the_server()
    {
        _api.Validation = request => new ValidateJWTSVIDResponse
        {
            SpiffeId = $"spiffe://example.org/{request.Audience}/{request.Svid}",
            Claims = new Struct
            {
                Fields =
                {
                    ["aud"] = Value.ForList(Value.ForString(request.Audience), Value.ForBool(true)),
                    ["exp"] = Value.ForNumber(1893456000),
                    ["nothing"] = Value.ForNull(),
                    ["more"] = Value.ForStruct(new Struct { Fields = { ["a"] = Value.ForString("\u0000\"") } }),
                },
            },
        };

        var valid = await _client.ValidateJwtSvidAsync("x", "token", CancellationToken.None);

        Assert.Equal("/x/token", valid.Id.Path);
        Assert.Equal(
            Struct.Parser.ParseJson("""{"aud":["x",true],"exp":1893456000,"nothing":null,"more":{"a":"\u0000\u0022"}}"""),
            Struct.Parser.ParseJson(Encoding.UTF8.GetString(valid.Claims.Span)));
    }

    [Fact]
    public async Task Claims_inside_each_other_have_an_end()
    {
        var deep = Value.ForString("x");
        for (var i = 0; i < 9; i++)
        {
            deep = i % 2 == 0 ? Value.ForList(deep) : Value.ForStruct(new Struct { Fields = { ["a"] = deep } });
        }

        _api.Validation = _ => new ValidateJWTSVIDResponse
        {
            SpiffeId = "spiffe://example.org/a",
            Claims = new Struct { Fields = { ["a"] = deep } },
        };

        await Assert.ThrowsAsync<ProtobufFormatException>(() => _client.ValidateJwtSvidAsync("x", "token", CancellationToken.None));
    }

    [Fact]
    public async Task A_token_that_is_not_good_is_InvalidArgument_with_the_servers_reason()
    {
        _api.Validation = _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "token has expired: 100 % sure, søren\n"));

        var exception = await Assert.ThrowsAsync<GrpcException>(
            () => _client.ValidateJwtSvidAsync("x", "token", CancellationToken.None));

        Assert.Equal(GrpcCode.InvalidArgument, exception.Code);
        // Percent-decoded, and on one line.
        Assert.EndsWith("token has expired: 100 % sure, søren?", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_validation_that_names_nobody_is_refused()
    {
        _api.Validation = _ => new ValidateJWTSVIDResponse();

        await Assert.ThrowsAsync<ProtobufFormatException>(() => _client.ValidateJwtSvidAsync("x", "token", CancellationToken.None));
    }

    [Fact]
    public async Task JWT_bundles_come_as_the_bytes_the_server_gave()
    {
        _api.JwtBundles = new JWTBundlesResponse
        {
            Bundles = { ["spiffe://example.org"] = ByteString.CopyFromUtf8("{\"keys\":[]}"), ["spiffe://other.org"] = ByteString.CopyFromUtf8("{}") },
        };
        using var enough = new CancellationTokenSource();

        await using var bundles = _client.FetchJwtBundlesAsync(enough.Token).GetAsyncEnumerator();
        Assert.True(await bundles.MoveNextAsync());

        TrustDomain.Parse("example.org", out var domain);
        Assert.Equal(2, bundles.Current.Count);
        Assert.Equal("{\"keys\":[]}"u8, bundles.Current[domain].Span);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await bundles.MoveNextAsync());
    }

    [Fact]
    public async Task X509_bundles_come_by_trust_domain()
    {
        _api.X509Bundles = new X509BundlesResponse { Bundles = { ["spiffe://example.org"] = ByteString.CopyFrom(world.Root.Der) } };

        await using var bundles = _client.FetchX509BundlesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await bundles.MoveNextAsync());

        Assert.Equal(world.Root.Der, Assert.Single(bundles.Current).Value.ToArray());
    }

    [Fact]
    public async Task Bundles_without_any_are_refused_by_their_requirement()
    {
        _api.X509Bundles = new X509BundlesResponse();
        _api.JwtBundles = new JWTBundlesResponse();

        await using var x509 = _client.FetchX509BundlesAsync(CancellationToken.None).GetAsyncEnumerator();
        await using var jwt = _client.FetchJwtBundlesAsync(CancellationToken.None).GetAsyncEnumerator();

        Assert.Contains("W-19", (await Assert.ThrowsAsync<ProtobufFormatException>(async () => await x509.MoveNextAsync())).Message, StringComparison.Ordinal);
        Assert.Contains("W-21", (await Assert.ThrowsAsync<ProtobufFormatException>(async () => await jwt.MoveNextAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_header_the_server_refuses_a_call()
    {
        // The same channel without what the client adds: the test server is one that checks (E-5).
        var socket = world.NewSocket();
        await using var server = await GrpcHost.StartAsync(_api, socket);
        await using var connection = await GrpcConnection.OpenAsync(
            new GrpcSettings { Connect = WorkloadWorld.Unix(socket).ConnectAsync, Endpoint = "test" }, CancellationToken.None);

        var exception = await Assert.ThrowsAsync<GrpcException>(() => connection.CallAsync(
            "SpiffeWorkloadAPI/FetchJWTSVID", default, TimeSpan.FromSeconds(10), CancellationToken.None));

        Assert.Equal((GrpcCode.InvalidArgument, true), (exception.Code, exception.IsFromServer));
    }
}
