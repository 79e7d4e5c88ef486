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
internal sealed class TrustParts(AgentState state, AgentMetrics metrics, HealthRegister health, AgentLog log, TimeProvider time) : IDisposable
{
    /// <summary>After an island could not reach the real authority.</summary>
    private static readonly TimeSpan ContactRetry = TimeSpan.FromMinutes(5);

    private readonly ILogger _logger = log.CreateLogger("identity");

    /// <summary>Parts start and restart on threads of their own, and share what follows.</summary>
    private readonly Lock _lock = new();
    private readonly EnrolmentCounters _enrolments = new();
    private EnrolmentMetrics? _enrolmentMetrics;
    private ValidationClock? _clock;
    private SavedClock? _saved;
    private SealedStore? _store;
    private IslandState? _islandState;
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

    /// <summary>Stands in for the site authority; null when this router does not.</summary>
    public Part? Island(AgentOptions options)
    {
        if (options is not { Island: { } island, Identity: { Authority: { } enrolment } identity })
        {
            return null;
        }

        return new Part("island", Critical: false, island, stop =>
        {
            var clock = Clock(options);
            var contact = Contact(options, identity, enrolment);
            var authority = new IslandAuthority(
                IslandState(options, identity), new IslandPolicy { StandInFor = island.StandInFor, SvidLifetime = island.SvidLifetime },
                () => state.Identity!.Current.Value.Bundles,
                token => contact.IsAuthorityThereAsync(state.Identity!.Current.Value.Bundles, token),
                () => state.Identity!.Current.Value.Svid, () => clock.Now, time);
            return ServeAsync(new EnrolmentServer(authority, () => clock.Now, time, _logger) { Counters = _enrolments }, island, stop);
        });
    }

    /// <summary>Keeps an island in touch with the real authority, while that can be reached.</summary>
    public Part? IslandContact(AgentOptions options) =>
        options is not { Island: { } island, Identity: { Authority: { } enrolment } identity }
            ? null
            : new Part("island-contact", Critical: false, island, async stop =>
            {
                var contact = Contact(options, identity, enrolment);
                while (!stop.IsCancellationRequested)
                {
                    var changed = state.Identity!.Current.Changed;
                    var snapshot = state.Identity.Current.Value;
                    if (!state.Identity.IsUsable(snapshot) || snapshot.IsIslandIssued)
                    {
                        // Who is on an island himself has nothing to show to the real authority.
                        await changed.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                        continue;
                    }

                    var wait = await GetInTouchAsync(contact, snapshot, stop) ? X0tta6bl4.Identity.Authority.IslandContact.Every : ContactRetry;
                    await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            });

    public void Dispose() => _store?.Dispose();

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
            ? new SpireServerIssuer(Spire(options, identity, spire))
            : new SiteAuthorityIssuer(
                new SiteAuthorityIssuerOptions
                {
                    Join = () => ReadJoin(identity.Authority!.JoinFile),
                    Addresses = identity.Authority!.Addresses,
                },
                Store(options), () => clock.Now, time, _logger);
        if (identity.Islands.Count > 0)
        {
            var islands = new IslandIssuer(identity.Islands, Store(options), () => clock.Now, time);
            issuer = new IslandFallbackIssuer(issuer, islands, _logger);
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

    /// <exception cref="IOException">It is there and is no join string.</exception>
    private static JoinString? ReadJoin(string path)
    {
        try
        {
            return File.Exists(path) && new FileInfo(path).Length is > 0 and <= JoinString.CharsMax
                ? JoinString.Parse(File.ReadAllText(path))
                : null;
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

    private async Task<bool> GetInTouchAsync(IslandContact contact, IdentitySnapshot snapshot, CancellationToken stop)
    {
        try
        {
            var leftOut = await contact.GetInTouchAsync(snapshot, stop);
            EnrolmentEvents.IslandInTouch(_logger, leftOut);
            health.Clear("identity.island-out-of-touch");
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or IdentityRefusedException)
        {
            EnrolmentEvents.IslandOutOfTouch(_logger, exception.Message);
            health.Raise(
                "identity.island-out-of-touch", "", Severity.Info, $"this island cannot reach the real authority: {exception.Message}",
                "it stands in for the authority for the days of island.days from its last contact");
            return false;
        }
    }

    private IslandContact Contact(AgentOptions options, IdentityOptions identity, EnrolmentOptions enrolment)
    {
        var clock = Clock(options);
        // A join file that cannot be read is the identity's trouble, and said there.
        var addresses = enrolment.Addresses.Count > 0 ? enrolment.Addresses : ReadJoin(enrolment.JoinFile)?.Addresses ?? [];
        return new IslandContact(addresses, IslandState(options, identity), () => clock.Now, time);
    }

    private IslandState IslandState(AgentOptions options, IdentityOptions identity)
    {
        lock (_lock)
        {
            return _islandState ??= new IslandState(identity.TrustDomain, StoreLocked(options));
        }
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
