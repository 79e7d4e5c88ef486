using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Identity.Tests.Revocation;

/// <summary>A router with revocation files, at the machine's own time, and a peer that is connected to it.</summary>
public sealed class NodeRevocationTests(StatusWorld world) : IClassFixture<StatusWorld>, IAsyncLifetime
{
    /// <summary>What is promised: a list that comes ends connections within this time.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("x0-crl-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly HealthRegister _health = new(TimeProvider.System);
    private readonly List<Task> _runs = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_runs);
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private NodeRevocation Revocation(RevocationMode mode, string? staple = null, Uri? responder = null)
    {
        var clock = new ValidationClock(TimeProvider.System, DateTimeOffset.UnixEpoch);
        return new NodeRevocation(
            new RevocationPolicy { Mode = mode, Responder = responder }, new RevocationPaths([_folder], staple), clock, TimeProvider.System, _health,
            NullLogger.Instance);
    }

    private PeerConnections Router(Minted identity, NodeRevocation? revocation)
    {
        var metrics = new AgentMetrics(new BuildInfo("0", "test"), TimeProvider.System);
        var clock = new ValidationClock(TimeProvider.System, DateTimeOffset.UnixEpoch);
        var node = new NodeIdentity(
            "test", new SvidVerifier(new SvidPolicy()), clock, new SavedClock("/nowhere/clock"), TimeProvider.System, metrics, _health,
            NullLogger.Instance, revocation);
        node.Publish(new IdentitySnapshot(identity.ToLocal(world.Mint), world.Bundles));
        _runs.Add(node.Connections.WatchAsync(_stop.Token));
        if (revocation is not null)
        {
            revocation.Look();
            _runs.Add(revocation.RunAsync(_stop.Token));
        }

        return node.Connections;
    }

    private static async Task<(object Near, object Far)> ShakeAsync(PeerConnections nearRouter, PeerConnections farRouter)
    {
        var (near, far) = await Loopback.PairAsync();
        var all = new[] { TlsWorld.Pattern($"spiffe://{Mint.Domain}/*") };
        var connecting = TlsWorld.ResultAsync(nearRouter.ConnectAsync(near, all, [], CancellationToken.None));
        var accepting = TlsWorld.ResultAsync(farRouter.AcceptAsync(far, all, [], CancellationToken.None));
        return (await connecting, await accepting);
    }

    /// <summary>As a rotation does: beside it, then over it.</summary>
    private void Put(string name, byte[] content)
    {
        var beside = Path.Combine(_folder, $".{name}.new");
        File.WriteAllBytes(beside, content);
        File.Move(beside, Path.Combine(_folder, name), overwrite: true);
    }

    private byte[] List(int number, params IEnumerable<string> revoked) => world.Status.List(world.Root, l => l with
    {
        Number = number,
        Revoked = [.. revoked],
        ThisUpdate = StatusWorld.Now.AddHours(-2 + (0.1 * number)),
        NextUpdate = StatusWorld.Now.AddHours(3),
    });

    private static async Task<string> EndAsync(MutualTlsStream stream) =>
        (await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Promise))).Message;

    [Fact]
    public async Task A_list_that_comes_ends_a_live_connection_within_five_seconds()
    {
        Put("root.crl", List(1));
        var far = Router(world.Server, Revocation(RevocationMode.Crl));
        var near = Router(world.Client, revocation: null);
        var (_, accepted) = await ShakeAsync(near, far);
        var stream = Assert.IsType<MutualTlsStream>(accepted);
        var began = Stopwatch.GetTimestamp();

        Put("root.crl", List(2, StatusMint.SerialOf(world.Client)));

        Assert.Contains("was revoked", await EndAsync(stream), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Promise);
        var (_, again) = await ShakeAsync(near, far);
        Assert.Equal(SvidRefusalReason.Revoked, Assert.IsType<TlsHandshakeException>(again).Refusal!.Reason);
    }

    [Fact]
    public async Task A_newer_list_that_does_not_name_the_peer_leaves_the_connection_alone()
    {
        Put("root.crl", List(1));
        var revocation = Revocation(RevocationMode.Crl);
        var (near, accepted) = await ShakeAsync(Router(world.Client, revocation: null), Router(world.Server, revocation));
        var changed = revocation.Lists.Changed;

        Put("root.crl", List(2, "0102"));
        await changed.WaitAsync(Promise);

        var stream = Assert.IsType<MutualTlsStream>(accepted);
        await Assert.IsType<MutualTlsStream>(near).WriteAsync("x"u8.ToArray());
        await stream.ReadExactlyAsync(new byte[1]).AsTask().WaitAsync(Promise);
    }

    [Fact]
    public async Task Lists_that_are_removed_close_the_door_too()
    {
        Put("root.crl", List(1));
        var (_, accepted) = await ShakeAsync(Router(world.Client, revocation: null), Router(world.Server, Revocation(RevocationMode.Crl)));

        File.Delete(Path.Combine(_folder, "root.crl"));

        Assert.Contains("there is no revocation list", await EndAsync(Assert.IsType<MutualTlsStream>(accepted)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_ends_is_fetched_anew_and_the_connection_ends_with_a_revocation()
    {
        // Two answers: good for some seconds, the skew in it; then revoked.
        var asked = 0;
        await using var responder = new FakeResponder(_ => FakeResponder.Http(OcspForge.Make(
            world.Client, world.Root, world.Root, StatusWorld.Now, f => f with
            {
                Status = Interlocked.Increment(ref asked) == 1 ? 0 : 1,
                NextUpdate = StatusWorld.Now.AddSeconds(-57),
            })));
        var far = Router(world.Server, Revocation(RevocationMode.Ocsp, responder: responder.Url));
        var (_, accepted) = await ShakeAsync(Router(world.Client, revocation: null), far);
        var stream = Assert.IsType<MutualTlsStream>(accepted);

        var end = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Contains("was revoked", end.Message, StringComparison.Ordinal);
        Assert.Equal(2, asked);
    }

    [Fact]
    public void A_file_that_is_none_is_a_symptom_and_what_was_read_stays()
    {
        Put("root.crl", List(1));
        var revocation = Revocation(RevocationMode.Crl);
        revocation.Look();
        var before = revocation.Lists.Value;

        Put("root.crl", "no list"u8.ToArray());
        revocation.Look();

        Assert.Same(before, revocation.Lists.Value);
        Assert.Contains(Path.Combine(_folder, "root.crl"), Symptom("revocation.files"), StringComparison.Ordinal);
        Put("root.crl", List(2));
        revocation.Look();
        Assert.Equal("", Symptom("revocation.files"));
    }

    [Fact]
    public void An_old_list_shown_again_is_a_symptom_and_left_out()
    {
        Put("root.crl", List(2, StatusMint.SerialOf(world.Client)));
        var revocation = Revocation(RevocationMode.Crl);
        revocation.Look();
        Certificate[] path = [Certificate.Read(world.Client.Der), Certificate.Read(world.Root.Der)];
        Assert.Equal(SvidRefusalReason.Revoked, revocation.Check!.Judge(path, [null], StatusWorld.Now).Refusal!.Reason);

        Put("root.crl", List(1));
        revocation.Look();
        revocation.Look();

        Assert.Contains("older than the one in use", Symptom("revocation.files"), StringComparison.Ordinal);
        Assert.Equal(SvidRefusalReason.Revoked, revocation.Check.Judge(path, [null], StatusWorld.Now).Refusal!.Reason);
    }

    [Fact]
    public void A_list_that_is_about_to_end_is_a_symptom()
    {
        Put("root.crl", world.Status.List(world.Root, l => l with
        {
            ThisUpdate = StatusWorld.Now.AddHours(-10),
            NextUpdate = StatusWorld.Now.AddMinutes(30),
        }));

        Revocation(RevocationMode.Crl).Look();

        Assert.Contains("then every peer below it is refused", Symptom("revocation.list-ending"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_response_is_shown_and_one_of_another_certificate_is_not()
    {
        var path = world.Status.Write("own.der", world.Status.Response(world.Client, world.Root, world.Delegate));
        var near = Router(world.Client, Revocation(RevocationMode.Off, path));
        var far = Router(world.Server, Revocation(RevocationMode.OcspStapled));
        var other = Router(world.Leaf("other"), Revocation(RevocationMode.Off, path));

        Assert.IsType<MutualTlsStream>((await ShakeAsync(near, far)).Far);
        var refused = Assert.IsType<TlsHandshakeException>((await ShakeAsync(other, far)).Far);
        Assert.Contains("no OCSP response", refused.Message, StringComparison.Ordinal);
    }

    private string Symptom(string code) => _health.Current.Value.FirstOrDefault(s => s.Code == code)?.Text ?? "";
}
