using Microsoft.Extensions.Logging;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Agent.Control;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Revocation;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.WorkloadApi;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry.Health;
using X0tta6bl4.Telemetry.Logging;
using X0tta6bl4.Telemetry.Metrics;

namespace X0tta6bl4.Agent;

/// <summary>
/// The wiring of who is who: this router's identity, from the source the configuration names, and the authorities this router
/// serves as. Made once a process: these sections do not change while the agent runs.
/// </summary>
internal sealed partial class TrustParts(AgentState state, AgentMetrics metrics, HealthRegister health, AgentLog log, TimeProvider time) : IDisposable
{
    private readonly ILogger _logger = log.CreateLogger("identity");

    /// <summary>Parts start and restart on threads of their own, and share what follows.</summary>
    private readonly Lock _lock = new();
    private readonly EnrolmentCounters _enrolments = new();
    private EnrolmentMetrics? _enrolmentMetrics;
    private ValidationClock? _clock;
    private SavedClock? _saved;
    private SealedStore? _store;
    private SiteAuthorityIssuer? _siteIssuer;
    private SpireServerIssuer? _spireIssuer;
    private IIdentitySource? _source;

    /// <summary>Who this router is; null when no source of an identity is configured.</summary>
    public Part? Identity(AgentOptions options)
    {
        if (options.Identity is not { } identity)
        {
            return null;
        }

        var source = _source ??= Source(options, identity);
        if (state.Identity is null)
        {
            var verifier = new SvidVerifier(new SvidPolicy { LifetimeMax = identity.LifetimeMax });
            var revocation = new NodeRevocation(
                identity.Revocation, new RevocationPaths(identity.RevocationLists, identity.OcspStaple), Clock(options), time, health, _logger);
            state.Identity = new NodeIdentity(
                source.Kind, verifier, Clock(options), _saved!, time, metrics, health, _logger, revocation);
            metrics.OnScrape("identity", state.Identity.Refresh);
        }

        return new Part("identity", Critical: false, identity, stop => state.Identity.RunAsync(source, stop));
    }

    /// <summary>The site authority; null when this router is none.</summary>
    public Part? Authority(AgentOptions options) => options.Authority is not { } authority
        ? null
        : new Part("authority", Critical: false, authority, async stop =>
        {
            var key = AuthorityKeyStore.Read(Store(options), AuthorityKeyStore.SiteName)
                ?? throw new IOException($"there is no authority in {options.Secrets.Directory}: make one with x0tta6bl4 ca init");
            var clock = Clock(options);
            clock.Witness(key.Certificate.NotBefore);
            using var ledger = new AuthorityLedger(
                authority.Ledger!, () => clock.Now, problem => EnrolmentEvents.Ledger(_logger, problem));
            var site = new SiteAuthority(
                key, ledger, new AuthorityPolicy { SvidLifetime = authority.SvidLifetime }, () => clock.Now);
            await ServeAsync(new EnrolmentServer(site, () => clock.Now, time, _logger) { Counters = _enrolments }, authority, stop);
        });

    public void Dispose()
    {
        _spireIssuer?.Dispose();
        _store?.Dispose();
    }

    private IIdentitySource Source(AgentOptions options, IdentityOptions identity)
    {
        if (identity.Files is { } files)
        {
            return new FilesSource(files, time);
        }

        if (identity.WorkloadApi is { } workloadApi)
        {
            return new WorkloadApiSource(workloadApi.Endpoint, workloadApi.Hint, time, new Random());
        }

        var clock = Clock(options);
        IIdentityIssuer issuer = identity.Spire is { } spire
            ? _spireIssuer = new SpireServerIssuer(Spire(options, identity, spire))
            : _siteIssuer = new SiteAuthorityIssuer(
                new SiteAuthorityIssuerOptions
                {
                    Join = () => ReadJoin(identity.Authority!.JoinFile),
                    Addresses = identity.Authority!.Addresses,
                    Denied = () => ForgetIsland(options, identity),
                },
                Store(options), () => clock.Now, time, _logger);
        if (identity.Islands.Count > 0)
        {
            issuer = new IslandFallbackIssuer(issuer, Islands(options, identity), _logger, time);
        }

        return new IssuedSource(issuer, clock, time, new Random());
    }

    private SpireServerSettings Spire(AgentOptions options, IdentityOptions identity, SpireOptions spire)
    {
        var clock = Clock(options);
        var store = Store(options);
        return new SpireServerSettings
        {
            TrustDomain = identity.TrustDomain,
            Host = spire.Host,
            Port = spire.Port,
            Bootstrap = () => SvidFiles.ReadBundle(spire.TrustBundle, identity.TrustDomain),
            Attestor = spire.Provisioned is { } provisioned
                ? new ProvisionedAttestor(provisioned.Certificates, provisioned.Key)
                : new JoinTokenAttestor(store),
            Store = store,
            Verifier = new SvidVerifier(new SvidPolicy { LifetimeMax = identity.LifetimeMax }),
            Now = () => clock.Now,
            Hint = spire.Hint,
            Time = time,
        };
    }

    /// <summary>The join string; null when there is none, or an empty file.</summary>
    /// <exception cref="IOException">It is there and is no join string.</exception>
    internal static JoinString? ReadJoin(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return !file.Exists || file.Length == 0 ? null
                : file.Length <= JoinString.CharsMax ? JoinString.Parse(File.ReadAllText(path))
                : throw new IOException($"{path}: it has {file.Length} bytes, a join string has at most {JoinString.CharsMax}");
        }
        catch (Exception exception) when (exception is FormatException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: {exception.Message}", exception);
        }
    }

    private Task ServeAsync(EnrolmentServer server, AuthorityOptions options, CancellationToken stop)
    {
        // Once a process: a server that was restarted goes on with the counters of the one before.
        if (_enrolmentMetrics is null)
        {
            _enrolmentMetrics = new EnrolmentMetrics(metrics.Factory, options.Ledger is null ? "island" : "site", _enrolments);
            metrics.OnScrape("enrolment", _enrolmentMetrics.Refresh);
        }

        return server.RunAsync(options.Listen, stop);
    }

    private SealedStore Store(AgentOptions options)
    {
        lock (_lock)
        {
            return StoreLocked(options);
        }
    }

    private SealedStore StoreLocked(AgentOptions options) => _store ??= new SealedStore(options.Secrets);

    private ValidationClock Clock(AgentOptions options)
    {
        lock (_lock)
        {
            return _clock ??= MakeClock(options);
        }
    }

    private ValidationClock MakeClock(AgentOptions options)
    {
        var clock = new ValidationClock(time, BuildTime.Value);
        _saved = new SavedClock(Path.Combine(options.State.Directory, "clock"));
        clock.Witness(_saved.Read(out var problem));
        if (problem is not null)
        {
            health.Raise("agent.clock-not-read", _saved.Path, Severity.Info, problem, "nothing: it is learned anew");
        }

        return clock;
    }
}
