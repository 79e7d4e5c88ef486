using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.WorkloadApi;
using X0tta6bl4.SpireWorld;
using X0tta6bl4.SpireWorld.Protocol.Workload;
using WorkloadServer = X0tta6bl4.SpireWorld.WorkloadApi;

namespace X0tta6bl4.Identity.Tests.WorkloadApi;

/// <summary>The source against a gRPC server on a real unix socket.</summary>
public sealed class WorkloadApiSourceTests(WorkloadWorld world) : IClassFixture<WorkloadWorld>
{
    private static TrustDomain Domain(string name) => TrustDomain.Parse(name, out var domain) is null ? domain : default;

    [Fact]
    public async Task An_identity_is_fetched_with_the_header_the_endpoint_demands()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("a")));

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        var snapshot = await following.Said.SnapshotAsync();
        Assert.Equal("spiffe://example.org/a", snapshot.Svid!.Id.ToString());
        Assert.Equal(world.Root.Der, Assert.Single(snapshot.Bundles.Find(Domain("example.org"))!.X509Authorities).Der.ToArray());
        // E-4: on every call, in this case.
        Assert.All(api.Calls, call => Assert.Equal("true", call.Headers.GetValue("workload.spiffe.io")));
    }

    [Fact]
    public async Task It_works_over_loopback_TCP_as_well()
    {
        var (port, api) = (Loopback.FreePort(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, port);
        api.Push(WorkloadWorld.Response(world.Svid("a")));

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Endpoint($"tcp://127.0.0.1:{port}"));

        Assert.Equal("/a", (await following.Said.SnapshotAsync()).Svid!.Id.Path);
    }

    [Fact]
    public async Task Each_push_replaces_everything_on_the_same_stream()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        var first = WorkloadWorld.Response(world.Svid("a"));
        first.FederatedBundles["spiffe://other.org"] = ByteString.CopyFrom(world.Root.Der);
        api.Push(first);
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        Assert.NotNull((await following.Said.SnapshotAsync()).Bundles.Find(Domain("other.org")));

        // W-7, W-8: what is not in it is gone.
        api.Push(WorkloadWorld.Response(world.Svid("a/renewed")));

        var second = await following.Said.SnapshotAsync();
        Assert.Equal("/a/renewed", second.Svid!.Id.Path);
        Assert.Null(second.Bundles.Find(Domain("other.org")));
        // W-3: one stream, kept open.
        Assert.Single(api.Calls);
    }

    [Fact]
    public async Task A_hundred_rotations_arrive_in_their_order()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        var answers = new[] { WorkloadWorld.Response(world.Svid("a")), WorkloadWorld.Response(world.Svid("b")) };
        api.Push(answers[0]);
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        await following.Said.SnapshotAsync();

        for (var i = 1; i <= 100; i++)
        {
            api.Push(answers[i % 2]);
        }

        for (var i = 1; i <= 100; i++)
        {
            Assert.Equal(i % 2 == 0 ? "/a" : "/b", (await following.Said.SnapshotAsync()).Svid!.Id.Path);
        }
    }

    [Fact]
    public async Task The_first_identity_is_ours_unless_a_hint_names_another()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        // W-16: of two with one hint the first counts. W-26: without a hint the first is the default.
        api.Push(WorkloadWorld.Response(
            world.Svid("a"), world.Svid("b", s => s.Hint = "radio"), world.Svid("c", s => s.Hint = "radio"), world.Svid("d")));

        await using var one = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        await using var other = WorkloadWorld.Follow(WorkloadWorld.Unix(socket), hint: "radio");

        Assert.Equal("/a", (await one.Said.SnapshotAsync()).Svid!.Id.Path);
        Assert.Equal("/b", (await other.Said.SnapshotAsync()).Svid!.Id.Path);
    }

    [Fact]
    public async Task An_identity_that_is_taken_back_is_used_no_more()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("a"), world.Svid("b", s => s.Hint = "radio")));
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket), hint: "radio");
        Assert.NotNull((await following.Said.SnapshotAsync()).Svid);

        api.Push(WorkloadWorld.Response(world.Svid("a")));

        // W-18: nobody, who still knows whom to trust.
        var redacted = await following.Said.SnapshotAsync();
        Assert.Null(redacted.Svid);
        Assert.NotNull(redacted.Bundles.Find(Domain("example.org")));
        Assert.Contains("none of the 1 identities has the hint \"radio\"", await following.Said.FailureAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Permission_denied_clears_everything_and_is_asked_again_until_it_is_granted()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("a")));
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        Assert.NotNull((await following.Said.SnapshotAsync()).Svid);

        api.End(WorkloadServer.NotIssued().Status);

        Assert.Same(IdentitySnapshot.None, await following.Said.SnapshotAsync());
        var failure = await following.Said.FailureAsync();
        Assert.Contains("PermissionDenied: no identity issued", failure, StringComparison.Ordinal);
        Assert.Contains("W-17", failure, StringComparison.Ordinal);
        api.Push(WorkloadWorld.Response(world.Svid("a")));
        object heard;
        do
        {
            // Denied once more perhaps, before the push; nothing is published for that again.
            heard = await following.Said.NextAsync();
        }
        while (heard is string);

        Assert.NotNull(Assert.IsType<IdentitySnapshot>(heard).Svid);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument), InlineData(StatusCode.Unimplemented)]
    public async Task What_asking_again_cannot_change_is_said_and_not_asked_again(StatusCode code)
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("a")));
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        await following.Said.SnapshotAsync();

        api.End(new Status(code, "no"));

        Assert.Contains("the next attempt is in 60 min (E-5, E-12)", await following.Said.FailureAsync(), StringComparison.Ordinal);
        Assert.True(await following.Said.IsQuietAsync(TimeSpan.FromSeconds(3)));
        Assert.Single(api.Calls);
    }

    [Fact]
    public async Task A_stream_that_ends_normally_is_begun_again_and_one_that_ends_at_once_not_too_often()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("a")));
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        await following.Said.SnapshotAsync();

        // From here on every stream ends as soon as it has begun.
        api.End(Status.DefaultSuccess);
        await Task.Delay(TimeSpan.FromSeconds(3));

        Assert.InRange(api.Calls.Count, 2, 5);
    }

    [Fact]
    public async Task A_server_that_is_restarted_is_found_again()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        api.Push(WorkloadWorld.Response(world.Svid("a")));
        Following? following = null;
        await using (await GrpcHost.StartAsync(api, socket))
        {
            following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
            Assert.Equal("/a", (await following.Said.SnapshotAsync()).Svid!.Id.Path);
        }

        await using (following)
        {
            // What was published stays: only failures are heard.
            await following.Said.FailureAsync();
            var again = new WorkloadServer();
            again.Push(WorkloadWorld.Response(world.Svid("b")));
            await using var server = await GrpcHost.StartAsync(again, socket);

            object heard;
            do
            {
                heard = await following.Said.NextAsync();
            }
            while (heard is string);

            Assert.Equal("/b", Assert.IsType<IdentitySnapshot>(heard).Svid!.Id.Path);
        }
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_said_by_its_path()
    {
        var socket = world.NewSocket();

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        Assert.Equal(
            $"unix://{socket}: there is no socket {socket}: is the SPIFFE agent running, and is this its path?",
            await following.Said.FailureAsync());
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_at_any_more_is_said_so()
    {
        var socket = world.NewSocket();
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // .NET removes the file it has bound; an agent that was killed does not.
            listener.Bind(new UnixDomainSocketEndPoint($"{socket}.bound"));
            File.Move($"{socket}.bound", socket);
        }

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        Assert.EndsWith($"nobody listens at the socket {socket}: its SPIFFE agent has ended", await following.Said.FailureAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_accepts_and_says_nothing_is_given_up()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer { Speaks = false });
        await using var server = await GrpcHost.StartAsync(api, socket);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket), time: time);
        while (api.Calls.IsEmpty)
        {
            await Task.Delay(20);
        }

        time.Advance(WorkloadApiSource.FirstMessageTimeout);

        Assert.Contains("no message within 30 s (W-6)", await following.Said.FailureAsync(), StringComparison.Ordinal);
    }

    /// <summary>Requirement, what is wrong, how it is made, and what must be said.</summary>
    private static readonly (string What, Func<WorkloadWorld, X509SVIDResponse> Make, string Said)[] Unusable =
    [
        ("W-15 no identity", _ => new X509SVIDResponse(), "the answer holds 0 identities"),
        ("W-10 no ID", w => WorkloadWorld.Response(w.Svid("a", s => s.SpiffeId = "")), "an identity has no SPIFFE ID"),
        ("W-10 no certificates", w => WorkloadWorld.Response(w.Svid("a", s => s.X509Svid = ByteString.Empty)), "has no certificates"),
        ("W-10 no key", w => WorkloadWorld.Response(w.Svid("a", s => s.X509SvidKey = ByteString.Empty)), "has no key"),
        ("W-10 no bundle", w => WorkloadWorld.Response(w.Svid("a", s => s.Bundle = ByteString.Empty)), "has no bundle"),
        ("W-10 another identity lacks its key", w => WorkloadWorld.Response(w.Svid("a"), w.Svid("b", s => s.X509SvidKey = ByteString.Empty)), "has no key"),
        ("ID-6 ID in capitals", w => WorkloadWorld.Response(w.Svid("a", s => s.SpiffeId = "spiffe://EXAMPLE.org/a")), "ID-6"),
        ("the certificate is for another ID", w => WorkloadWorld.Response(w.Svid("a", s => s.SpiffeId = "spiffe://example.org/b")), "the certificate is for spiffe://example.org/a"),
        ("W-12 the leaf is not first", w => WorkloadWorld.Response(w.Svid("a", s => s.X509Svid = ByteString.CopyFrom([.. w.Root.Der, .. s.X509Svid.ToByteArray()]))), "is no SVID"),
        ("W-13 the key is of another certificate", w => WorkloadWorld.Response(w.Svid("a", s => s.X509SvidKey = ByteString.CopyFrom(w.Mint.Pkcs8(w.Root)))), "does not belong to the certificate"),
        ("W-13 the key is no key", w => WorkloadWorld.Response(w.Svid("a", s => s.X509SvidKey = ByteString.CopyFromUtf8("key"))), "it is no PKCS #8 key"),
        ("certificates that are none", w => WorkloadWorld.Response(w.Svid("a", s => s.X509Svid = ByteString.CopyFrom(0x30, 3, 1, 2, 3))), "what was there stays"),
        ("a bundle in PEM", w => WorkloadWorld.Response(w.Svid("a", s => s.Bundle = ByteString.CopyFromUtf8(File.ReadAllText(w.Root.CertificateFile)))), "it is no DER"),
        ("a bundle that is no authority", w => WorkloadWorld.Response(w.Svid("a", s => s.Bundle = s.X509Svid)), "X-9"),
        ("W-26 a hint of 1,025 bytes", w => WorkloadWorld.Response(w.Svid("a", s => s.Hint = new string('h', 1025))), "W-26"),
        ("65 identities", w => WorkloadWorld.Response(Enumerable.Repeat(w.Svid("a"), 65)), "65 identities"),
        ("a federated bundle of no trust domain", w => Federated(w, "spiffe://Other.org"), "belongs to no trust domain"),
        ("a federated bundle of an ID with a path", w => Federated(w, "spiffe://other.org/a"), "belongs to no trust domain"),
        ("B-13 two federated bundles of one", w => Federated(w, "spiffe://other.org", "other.org"), "two bundles of other.org"),
        ("65 federated bundles", w => Federated(w, [.. Enumerable.Range(0, 65).Select(i => $"spiffe://td{i}")]), "65 bundles"),
        ("64 federated bundles and our own", w => Federated(w, [.. Enumerable.Range(0, 64).Select(i => $"spiffe://td{i}")]), "65 bundles"),
    ];

    public static IEnumerable<TheoryDataRow<int>> UnusableOnes =>
        Enumerable.Range(0, Unusable.Length).Select(i => new TheoryDataRow<int>(i) { TestDisplayName = $"Refused: {Unusable[i].What}" });

    private static X509SVIDResponse Federated(WorkloadWorld world, params string[] keys)
    {
        var response = WorkloadWorld.Response(world.Svid("a"));
        foreach (var key in keys)
        {
            response.FederatedBundles[key] = ByteString.CopyFrom(world.Root.Der);
        }

        return response;
    }

    [Theory, MemberData(nameof(UnusableOnes))]
    public async Task A_message_that_cannot_be_used_is_said_and_what_was_there_stays(int index)
    {
        var (_, make, said) = Unusable[index];
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        api.Push(WorkloadWorld.Response(world.Svid("before")));
        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));
        await following.Said.SnapshotAsync();

        api.Push(make(world));

        var problem = await following.Said.FailureAsync();
        Assert.Contains(said, problem, StringComparison.Ordinal);
        Assert.Contains("W-10", problem, StringComparison.Ordinal);
        api.Push(WorkloadWorld.Response(world.Svid("after")));
        Assert.Equal("/after", (await following.Said.SnapshotAsync()).Svid!.Id.Path);
        Assert.Single(api.Calls);
    }

    [Fact]
    public async Task A_federated_bundle_that_cannot_be_read_costs_that_trust_and_not_our_identity()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        var response = Federated(world, "spiffe://other.org", "spiffe://example.org");
        response.FederatedBundles["spiffe://broken.org"] = ByteString.CopyFromUtf8("no DER");
        var stranger = world.Mint.Root("stranger");
        response.FederatedBundles["spiffe://example.org"] = ByteString.CopyFrom(stranger.Der);
        api.Push(response);

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        var snapshot = await following.Said.SnapshotAsync();
        Assert.NotNull(snapshot.Svid);
        Assert.NotNull(snapshot.Bundles.Find(Domain("other.org")));
        Assert.Null(snapshot.Bundles.Find(Domain("broken.org")));
        // The bundle beside our certificate is ours, whatever else is called so.
        Assert.Equal(world.Root.Der, Assert.Single(snapshot.Bundles.Find(Domain("example.org"))!.X509Authorities).Der.ToArray());
        Assert.Contains("nobody of broken.org is trusted", await following.Said.FailureAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_ends_the_stream_and_not_the_source()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        var huge = WorkloadWorld.Response(world.Svid("a"));
        huge.Crl.Add(ByteString.CopyFrom(new byte[WorkloadApiClient.MessageBytesMax]));
        api.Push(huge);

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        Assert.Contains($"at most {WorkloadApiClient.MessageBytesMax} are taken", await following.Said.FailureAsync(), StringComparison.Ordinal);
        api.Push(WorkloadWorld.Response(world.Svid("a")));
        object heard;
        while ((heard = await following.Said.NextAsync()) is string)
        {
        }

        Assert.Equal("/a", Assert.IsType<IdentitySnapshot>(heard).Svid!.Id.Path);
    }

    [Fact]
    public async Task A_message_almost_as_large_as_the_limit_arrives_through_many_windows()
    {
        var (socket, api) = (world.NewSocket(), new WorkloadServer());
        await using var server = await GrpcHost.StartAsync(api, socket);
        var large = WorkloadWorld.Response(world.Svid("a"));
        large.Crl.Add(ByteString.CopyFrom(new byte[WorkloadApiClient.MessageBytesMax - 8192]));
        api.Push(large);

        await using var following = WorkloadWorld.Follow(WorkloadWorld.Unix(socket));

        Assert.NotNull((await following.Said.SnapshotAsync()).Svid);
        api.Push(large);
        Assert.NotNull((await following.Said.SnapshotAsync()).Svid);
    }
}
