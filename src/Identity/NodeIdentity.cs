using System.Globalization;
using Microsoft.Extensions.Logging;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Identity;

/// <summary>
/// Who this router is: what its source said last, judged by the clock, with symptoms while something is wrong with it. The one
/// place that the rest of the agent asks.
/// </summary>
public sealed class NodeIdentity : IIdentitySink
{
    /// <summary>Prefix of every symptom raised here.</summary>
    public const string SymptomPrefix = "identity.";

    /// <summary>Part of its life that is left when an identity that was not renewed raises an alarm.</summary>
    public const double AlarmAt = 0.25;

    private readonly string _source;
    private readonly SvidVerifier _verifier;
    private readonly ValidationClock _clock;
    private readonly SavedClock _saved;
    private readonly TimeProvider _time;
    private readonly HealthRegister _health;
    private readonly ILogger _logger;
    private readonly IdentityMetrics _metrics;
    private readonly TlsMetrics _tlsMetrics;
    private readonly NodeRevocation? _revocation;
    private bool _saidBehind;
    private bool _saidExpired;

    /// <param name="source">Kind of the source, for metrics and texts.</param>
    /// <param name="verifier">Judges peers, and ourselves as they would.</param>
    /// <param name="clock">The time to judge by.</param>
    /// <param name="saved">What that clock has learned, over a reboot.</param>
    /// <param name="time">The monotonic clock of waiting.</param>
    /// <param name="metrics">Where the figures go.</param>
    /// <param name="health">Where symptoms are raised.</param>
    /// <param name="logger">One line a change.</param>
    /// <param name="revocation">Whether peers were revoked; null: that is not looked at.</param>
    public NodeIdentity(
        string source, SvidVerifier verifier, ValidationClock clock, SavedClock saved, TimeProvider time, AgentMetrics metrics,
        HealthRegister health, ILogger logger, NodeRevocation? revocation = null)
    {
        _revocation = revocation;
        _source = source;
        _verifier = verifier;
        _clock = clock;
        _saved = saved;
        _time = time;
        _health = health;
        _logger = logger;
        _metrics = new IdentityMetrics(metrics.Factory);
        _tlsMetrics = new TlsMetrics(metrics.Factory);
        Connections = new PeerConnections(this, verifier, clock, time, _tlsMetrics, logger, revocation);
    }

    /// <summary>The time by which certificates are judged.</summary>
    public ValidationClock Clock => _clock;

    /// <summary>What the source said last, whole. It may have expired: see <see cref="IsUsable"/>.</summary>
    public Latest<IdentitySnapshot> Current { get; } = new(IdentitySnapshot.None);

    /// <summary>Where connections to peers begin and end.</summary>
    public PeerConnections Connections { get; }

    /// <summary>Kind of the source.</summary>
    public string Source => _source;

    /// <summary>The last problem of the source; empty when it last succeeded.</summary>
    public string LastProblem { get; private set; } = "";

    /// <summary>
    /// How long an island authority would go on renewing this router if the real authority were gone from now on; null when none
    /// said so.
    /// </summary>
    public DateTimeOffset? IslandUntil { get; set; }

    /// <summary>Peers would still believe it.</summary>
    public bool IsUsable(IdentitySnapshot snapshot) => snapshot.Svid is { } svid && Left(svid) > TimeSpan.Zero;

    /// <summary>Time until an identity expires, by the time certificates are judged by; zero or less when it has.</summary>
    public TimeSpan Left(LocalSvid svid) => svid.NotAfter - _clock.Now;

    /// <inheritdoc/>
    public void Publish(IdentitySnapshot snapshot)
    {
        var before = Current.Value;
        if (snapshot.Svid is { } svid)
        {
            Judge(svid, snapshot.Bundles);
            if (before.Svid?.Chain[0].Der.Span.SequenceEqual(svid.Chain[0].Der.Span) is not true)
            {
                _metrics.Rotations.WithLabels(_source).Inc();
                Say(svid, snapshot.Bundles.Count);
            }
        }
        else if (before.Svid is not null)
        {
            _logger.TakenBack(_source);
        }

        _health.Set(
            snapshot.IsIslandIssued, "identity.island", "", Severity.Degraded,
            "the authority cannot be reached; this router's identity is issued inside the mesh meanwhile",
            "bring the authority or the way to it back: docs/identity.md, islands");
        _health.Clear("identity.source-failing", _source);
        LastProblem = "";
        Current.Publish(snapshot);
    }

    /// <inheritdoc/>
    public void Failed(string problem)
    {
        LastProblem = problem;
        _metrics.Failures.WithLabels(_source).Inc();
        _logger.Failed(_source, problem);
        _health.Raise(
            "identity.source-failing", _source, Severity.Info, $"no new identity from {_source}: {problem}",
            "what is in use stays until it expires; see 'x0tta6bl4 identity'");
    }

    /// <summary>Runs a source, and watches over what it gives, until stopped.</summary>
    public async Task RunAsync(IIdentitySource source, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] parts =
        [
            source.RunAsync(this, both.Token), WatchAsync(both.Token), Connections.WatchAsync(both.Token),
            .. _revocation is { } revocation ? (Task[])[revocation.RunAsync(both.Token)] : [],
        ];
        try
        {
            await Task.WhenAny(parts).ConfigureAwait(false);
        }
        finally
        {
            await both.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _health.ClearAll(SymptomPrefix);
        }

        cancellationToken.ThrowIfCancellationRequested();
        // One of them ended, and why is what the supervisor wants to know.
        await Task.WhenAll(parts.Where(p => p.IsFaulted)).ConfigureAwait(false);
    }

    /// <summary>Sets the gauges, before each scrape.</summary>
    public void Refresh()
    {
        var snapshot = Current.Value;
        var left = snapshot.Svid is { } svid ? Math.Max(0, Left(svid).TotalSeconds) : 0;
        _metrics.ExpirySeconds.Set(left);
        _metrics.OutageBudgetSeconds.Set(
            IslandUntil is { } until ? Math.Max(left, (until - _clock.Now).TotalSeconds) : left);
        _metrics.IslandIssued.Set(snapshot.IsIslandIssued ? 1 : 0);
        _metrics.ClockBehind.Set(_clock.IsBehind ? 1 : 0);
        _metrics.ClockSetBack.Set(_clock.SetBack);
        _tlsMetrics.Connections(Connections.Count);
    }

    /// <summary>
    /// Would a peer that trusts what we trust believe us? Its certificate also proves that the moment it begins at is past.
    /// </summary>
    private void Judge(LocalSvid svid, TrustBundleSet bundles)
    {
        var begin = svid.Chain[0].NotBefore;
        var now = _clock.Now;
        var refusal = _verifier.Verify([.. svid.Chain.Select(c => c.Der)], bundles, begin > now ? begin : now).Refusal;
        if (refusal is null)
        {
            _clock.Witness(begin);
            var problem = _saved.Save(begin);
            _health.Set(
                problem is not null, "identity.clock-not-saved", _saved.Path, Severity.Info,
                $"the time learned is not kept over a reboot: {problem}", "make the state directory writable");
        }

        _health.Set(
            refusal is { Reason: not SvidRefusalReason.Expired }, "identity.not-believed", "", Severity.Degraded,
            $"peers with the same rules would refuse this router: {refusal}",
            "see that the bundle is the one of the authority that signs, and the clock right");
    }

    /// <summary>Raises and clears what hangs on the time alone.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var changed = Current.Changed;
            var wait = Look(Current.Value);
            await changed.WaitAsync(wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives the time until it must look again.</summary>
    private TimeSpan Look(IdentitySnapshot snapshot)
    {
        LookAtClock();
        if (snapshot.Svid is not { } svid)
        {
            _health.Raise(
                "identity.absent", "", Severity.Degraded, $"this router has no identity yet (source: {_source})",
                "no encrypted connection can be made until it has; see 'x0tta6bl4 identity'");
            return PeerConnections.LookInterval;
        }

        _health.Clear("identity.absent");
        var left = Left(svid);
        var alarm = (svid.NotAfter - svid.Chain[0].NotBefore) * AlarmAt;
        var isExpired = left <= TimeSpan.Zero;
        if (isExpired && !_saidExpired)
        {
            _logger.Expired(svid.Id.ToString(), Text(svid.NotAfter));
        }

        if (_saidExpired && !isExpired)
        {
            // The clock was wrong, and is right again: nothing new, but who gave up may try again.
            Current.Wake();
        }

        _saidExpired = isExpired;
        _health.Set(
            isExpired, "identity.expired", "", Severity.Critical,
            $"the identity {svid.Id} expired at {Text(svid.NotAfter)}: peers refuse this router",
            $"bring its source back ({_source}); nothing needs a restart then");
        _health.Set(
            !isExpired && left < alarm, "identity.expiring", "", Severity.Degraded,
            $"the identity {svid.Id} was not renewed and expires at {Text(svid.NotAfter)}",
            $"see why its source does not renew it ({_source}): 'x0tta6bl4 identity'");
        // While it lasts the clock is looked at from time to time: it may jump.
        var next = isExpired ? PeerConnections.LookInterval : (left < alarm ? left : left - alarm) + TimeSpan.FromMilliseconds(1);
        return next < ClockInterval ? next : ClockInterval;
    }

    /// <summary>Longest time between two looks at the clock.</summary>
    private static readonly TimeSpan ClockInterval = TimeSpan.FromMinutes(1);

    private void LookAtClock()
    {
        var isBehind = _clock.IsBehind;
        if (isBehind && !_saidBehind)
        {
            _logger.ClockBehind(Text(_time.GetUtcNow()), Text(_clock.Now));
        }

        _saidBehind = isBehind;
        _health.Set(
            isBehind, "identity.clock-behind", "", Severity.Info,
            "the clock shows a time that is past for certain; certificates are judged by a later one",
            "let the router learn the time (NTP, GPS); until then a peer's fresh certificate may look not yet valid");
    }

    private void Say(LocalSvid svid, int trustDomains)
    {
        if (_logger.IsEnabled(LogLevel.Information))
        {
            _logger.Rotated(svid.Id.ToString(), Text(svid.NotAfter), svid.Chain[0].SerialNumber, _source, trustDomains);
        }
    }

    private static string Text(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);
}
