using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Identity.Tests;

public sealed class NodeIdentityTests : IClassFixture<TlsWorld>, IDisposable
{
    private readonly TlsWorld _world;
    private readonly FakeTimeProvider _time = new(Mint.Now);
    private readonly HealthRegister _health;
    private readonly AgentMetrics _metrics;
    private readonly string _folder = Directory.CreateTempSubdirectory("x0-node-").FullName;

    public NodeIdentityTests(TlsWorld world)
    {
        _world = world;
        _health = new HealthRegister(_time);
        _metrics = new AgentMetrics(new BuildInfo("0", "test"), _time);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private NodeIdentity Node(TimeProvider? time = null, string folder = "", ILogger? logger = null)
    {
        var node = new NodeIdentity(
            "test", new SvidVerifier(new SvidPolicy()), new ValidationClock(time ?? _time, DateTimeOffset.UnixEpoch),
            new SavedClock(Path.Combine(folder.Length > 0 ? folder : _folder, "clock")), time ?? _time, _metrics, _health,
            logger ?? NullLogger.Instance);
        _metrics.OnScrape("identity", node.Refresh);
        return node;
    }

    private IEnumerable<string> Symptoms => _health.Current.Value.Select(s => $"{s.Code} {s.Severity}");

    private async Task<string> MetricAsync(string name)
    {
        using var text = new MemoryStream();
        await _metrics.WriteTextAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n').Single(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ')[1];
    }

    private async Task UntilAsync(string symptom)
    {
        for (var i = 0; !Symptoms.Contains(symptom); i++)
        {
            Assert.True(i < 200, $"no {symptom}; there is {string.Join(", ", Symptoms)}");
            await Task.Delay(20);
        }
    }

    /// <summary>A life of an hour without a renewal, and then the authority comes back.</summary>
    [Fact]
    public async Task It_is_never_healthy_without_a_valid_identity()
    {
        var node = Node();
        using var stop = new CancellationTokenSource();
        var run = node.RunAsync(new Silent(), stop.Token);
        await UntilAsync("identity.absent Degraded");

        node.Publish(new IdentitySnapshot(_world.Client, _world.Bundles));
        for (var i = 0; Symptoms.Any(); i++)
        {
            Assert.True(i < 200, string.Join(", ", Symptoms));
            await Task.Delay(20);
        }

        Assert.Equal("3000", await MetricAsync("x0tta6bl4_identity_expiry_seconds"));
        Assert.Equal("3000", await MetricAsync("x0tta6bl4_identity_outage_budget_seconds"));
        await PassAsync(TimeSpan.FromMinutes(37));
        await UntilAsync("identity.expiring Degraded");
        await PassAsync(TimeSpan.FromMinutes(20));
        await UntilAsync("identity.expired Critical");
        Assert.False(node.IsUsable(node.Current.Value));
        Assert.Equal("0", await MetricAsync("x0tta6bl4_identity_expiry_seconds"));

        var next = _world.Mint.Leaf(
            _world.Authorities.Root, w => w with { NotBefore = _time.GetUtcNow(), NotAfter = _time.GetUtcNow().AddHours(1) });
        node.Publish(new IdentitySnapshot(next.ToLocal(_world.Mint), _world.Bundles));
        for (var i = 0; Symptoms.Any(); i++)
        {
            Assert.True(i < 200, string.Join(", ", Symptoms));
            await Task.Delay(20);
        }

        Assert.True(node.IsUsable(node.Current.Value));
        Assert.Equal("2", await MetricAsync("x0tta6bl4_identity_rotations_total"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    /// <summary>The clock becomes right again, and while that is noticed the source takes the identity back: that is what lasts.</summary>
    [Fact]
    public async Task An_identity_that_is_taken_back_as_the_clock_recovers_stays_taken_back()
    {
        var time = new WrongTime(_time);
        NodeIdentity? node = null;
        var logger = new Heard("ClockBehind", () => node!.Publish(new IdentitySnapshot(null, _world.Bundles)));
        node = Node(time, logger: logger);
        using var stop = new CancellationTokenSource();
        var run = node.RunAsync(new Silent(), stop.Token);
        node.Publish(new IdentitySnapshot(_world.Client, _world.Bundles));
        time.Ahead = TimeSpan.FromHours(2);
        await PassAsync(TimeSpan.FromMinutes(2));
        await UntilAsync("identity.expired Critical");

        time.Ahead = TimeSpan.FromDays(-3650);
        await PassAsync(TimeSpan.FromMinutes(2));
        await UntilAsync("identity.absent Degraded");

        Assert.True(logger.HasHeard);
        Assert.Null(node.Current.Value.Svid);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public void An_identity_that_peers_would_refuse_is_a_symptom_with_their_reason()
    {
        var day = _world.Mint.Leaf(_world.Authorities.Root, w => w with { NotAfter = Mint.Now.AddDays(1) });
        Node().Publish(new IdentitySnapshot(day.ToLocal(_world.Mint), _world.Bundles));

        var symptom = Assert.Single(_health.Current.Value);
        Assert.Equal("identity.not-believed", symptom.Code);
        Assert.Contains("it is valid for 87000 s, at most 3600 s", symptom.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_own_certificate_tells_a_router_from_1970_the_time_also_after_a_reboot()
    {
        var node = Node(new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        node.Publish(new IdentitySnapshot(_world.Client, _world.Bundles));

        Assert.Equal(Mint.Now.AddMinutes(-10), node.Clock.Now);
        Assert.True(node.IsUsable(node.Current.Value));
        Assert.Equal(Mint.Now.AddMinutes(-10), new SavedClock(Path.Combine(_folder, "clock")).Read(out _));
    }

    [Fact]
    public void A_certificate_of_somebody_who_is_not_trusted_tells_nothing()
    {
        var node = Node(new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        node.Publish(new IdentitySnapshot(_world.Client, new TrustBundleSet()));

        Assert.Equal(DateTimeOffset.UnixEpoch, node.Clock.Now);
        Assert.False(File.Exists(Path.Combine(_folder, "clock")));
    }

    [Fact]
    public void A_failure_is_counted_and_said_and_the_next_success_takes_it_back()
    {
        var node = Node();
        node.Publish(new IdentitySnapshot(_world.Client, _world.Bundles));
        node.Failed("the authority is away");

        Assert.Equal(("the authority is away", "identity.source-failing Info"), (node.LastProblem, Symptoms.Single()));
        Assert.True(node.IsUsable(node.Current.Value));
        node.Publish(new IdentitySnapshot(_world.Client, _world.Bundles));
        Assert.Empty(Symptoms);
        Assert.Equal("", node.LastProblem);
    }

    /// <summary>In steps, each of which gives the loops the time to take note of it.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMinutes(1))
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5);
        }
    }

    private sealed class Silent : IIdentitySource
    {
        public string Kind => "test";

        public Task RunAsync(IIdentitySink sink, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    /// <summary>A wall clock that errs; waiting goes by the right one.</summary>
    private sealed class WrongTime(TimeProvider right) : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override long TimestampFrequency => right.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Ahead;

        public override long GetTimestamp() => right.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            right.CreateTimer(callback, state, dueTime, period);
    }

    /// <summary>Does something in the middle of whoever says this for the first time.</summary>
    private sealed class Heard(string name, Action then) : ILogger
    {
        public bool HasHeard { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == name && !HasHeard)
            {
                HasHeard = true;
                then();
            }
        }
    }
}
