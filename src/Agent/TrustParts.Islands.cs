using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent;

/// <content>Islands: standing in for an authority that is away, and being known to those who do.</content>
internal sealed partial class TrustParts
{
    /// <summary>After the real authority, or an island, was not reached.</summary>
    private static readonly TimeSpan ContactRetry = TimeSpan.FromMinutes(5);

    private IslandState? _islandState;

    /// <summary>Stands in for the real authority; null when this router does not.</summary>
    public Part? Island(AgentOptions options)
    {
        if (options is not { Island: { } island, Identity: { } identity })
        {
            return null;
        }

        return new Part("island", Critical: false, island, stop =>
        {
            var clock = Clock(options);
            var contact = Contact(options, island, identity);
            var policy = new IslandPolicy
            {
                StandInFor = island.StandInFor,
                SvidLifetime = island.SvidLifetime,
                LearnsNodes = identity.Spire is not null,
            };
            var authority = new IslandAuthority(
                IslandState(options, identity), policy, () => state.Identity!.Current.Value.Bundles,
                token => contact.IsAuthorityThereAsync(state.Identity!.Current.Value.Bundles, token),
                () => state.Identity!.Current.Value.Svid, () => clock.Now, time);
            return ServeAsync(new EnrolmentServer(authority, () => clock.Now, time, _logger) { Counters = _enrolments }, island, stop);
        });
    }

    /// <summary>Keeps an island in touch with the real authority, while that can be reached.</summary>
    public Part? IslandContact(AgentOptions options)
    {
        if (options is not { Island: { } island, Identity: { } identity })
        {
            return null;
        }

        return new Part("island-contact", Critical: false, island, stop =>
        {
            var contact = Contact(options, island, identity);
            return WithRealIdentityAsync(
                async snapshot => await GetInTouchAsync(contact, snapshot, stop) ? IIslandContact.Every : ContactRetry, stop);
        });
    }

    /// <summary>Makes this router known to the islands it would turn to, while the real authority is there.</summary>
    public Part? IslandGreeting(AgentOptions options)
    {
        if (options.Identity is not { Islands.Count: > 0 } identity)
        {
            return null;
        }

        return new Part("island-greeting", Critical: false, identity, stop =>
        {
            var islands = Islands(options, identity);
            return WithRealIdentityAsync(
                async snapshot => await GreetAsync(islands, snapshot, stop) ? IIslandContact.Every : ContactRetry, stop);
        });
    }

    /// <summary>
    /// Does something again and again, with an identity of the real authority: who is on an island himself has nothing to show.
    /// </summary>
    private async Task WithRealIdentityAsync(Func<IdentitySnapshot, Task<TimeSpan>> act, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var changed = state.Identity!.Current.Changed;
            var snapshot = state.Identity.Current.Value;
            if (!state.Identity.IsUsable(snapshot) || snapshot.IsIslandIssued)
            {
                await changed.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            await Task.Delay(await act(snapshot), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> GetInTouchAsync(IIslandContact contact, IdentitySnapshot snapshot, CancellationToken stop)
    {
        try
        {
            var leftOut = await contact.GetInTouchAsync(snapshot, stop);
            EnrolmentEvents.IslandInTouch(_logger, leftOut);
            health.Clear("island.out-of-touch");
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
                "island.out-of-touch", "", Severity.Info, $"this island cannot reach the real authority: {exception.Message}",
                "it stands in for the authority for the days of island.days from its last contact");
            return false;
        }
    }

    /// <summary>
    /// This router is denied, and an island no more. As an island it would not hear of that once its own certificate has ended.
    /// </summary>
    private void ForgetIsland(AgentOptions options, IdentityOptions identity)
    {
        if (options.Island is null)
        {
            return;
        }

        try
        {
            IslandState(options, identity).Forget();
        }
        catch (IOException exception)
        {
            EnrolmentEvents.IslandOutOfTouch(_logger, exception.Message);
        }
    }

    /// <summary>True when every island would renew this router; what is wrong with the others is said.</summary>
    private async Task<bool> GreetAsync(IslandIssuer islands, IdentitySnapshot snapshot, CancellationToken stop)
    {
        try
        {
            var (until, problems) = await islands.GreetAsync(snapshot, stop);
            state.Identity!.IslandUntil = until;
            foreach (var problem in problems)
            {
                EnrolmentEvents.IslandNotGreeted(_logger, problem);
            }

            health.Set(
                until is null, "island.none-knows-us", "", Severity.Info,
                $"no island authority would renew this router now: {string.Join("; ", problems)}",
                "an island learns of a new router within the hour; see its log, and identity.island_addresses here");
            return problems.Count == 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private IslandIssuer Islands(AgentOptions options, IdentityOptions identity)
    {
        var clock = Clock(options);
        return new IslandIssuer(identity.Islands, Store(options), () => clock.Now, time);
    }

    private IIslandContact Contact(AgentOptions options, AuthorityOptions island, IdentityOptions identity)
    {
        var clock = Clock(options);
        var kept = IslandState(options, identity);
        return identity.Spire is not null
            ? new SpireIslandContact(_spireIssuer!, kept, island.StandInFor, () => clock.Now)
            : new SiteIslandContact(() => _siteIssuer!.Addresses, kept, () => clock.Now, time);
    }

    private IslandState IslandState(AgentOptions options, IdentityOptions identity)
    {
        lock (_lock)
        {
            return _islandState ??= new IslandState(identity.TrustDomain, StoreLocked(options));
        }
    }
}
