using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>How far an island authority goes.</summary>
public sealed record IslandPolicy
{
    /// <summary>How long after the last contact with the real authority it still issues.</summary>
    public TimeSpan StandInFor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Life of what it issues. Half of it is how soon a node asks the real authority again.</summary>
    public TimeSpan SvidLifetime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The real authority gives no list of its nodes, as SPIRE does not: whoever shows a certificate it signed is known from
    /// then on.
    /// </summary>
    public bool LearnsNodes { get; init; }

    /// <summary>For how long an answer to "is the real one there?" holds.</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>
/// Stands in for an authority that cannot be reached. It renews nodes it knows, and enrols none; it does so only while the
/// real authority does not answer, and for a number of days only; what it issues says so.
/// </summary>
/// <remarks>
/// Its key can sign for every ID of the trust domain, which no X.509 constraint can narrow (a name constraint on URIs is about
/// the host). What limits the damage of a stolen one: its certificate has days, not years; the site authority renews nothing it
/// signed; and peers see the mark, if the thief leaves it in. So choose routers for it that are hard to steal. Thread-safe.
/// </remarks>
public sealed class IslandAuthority : IEnrolmentAuthority
{
    /// <summary>How long the real authority has to answer; the node that waits has <see cref="EnrolmentProtocol.ConnectionTimeout"/>.</summary>
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(4);

    private readonly IslandState _state;
    private readonly IslandPolicy _policy;
    private readonly Func<TrustBundleSet> _bundles;
    private readonly Func<CancellationToken, Task<bool>> _isAuthorityThere;
    private readonly Func<LocalSvid?> _own;
    private readonly Func<DateTimeOffset> _now;
    private readonly TimeProvider _time;
    private readonly SelfIssuedIdentity _self;
    private readonly Lock _probing = new();
    private (DateTimeOffset At, Task<bool> IsThere)? _probe;

    /// <param name="state">What the real authority said when it was last in touch.</param>
    /// <param name="policy">How far it goes.</param>
    /// <param name="bundles">By which the nodes' certificates are believed.</param>
    /// <param name="isAuthorityThere">Tries to reach the real authority.</param>
    /// <param name="own">
    /// This router's own identity, as it is now. Who signed it, when it was not an island, is the real authority too: of a SPIRE
    /// below another authority the root alone would not say so.
    /// </param>
    /// <param name="now">The time.</param>
    /// <param name="time">For time-outs.</param>
    public IslandAuthority(
        IslandState state, IslandPolicy policy, Func<TrustBundleSet> bundles,
        Func<CancellationToken, Task<bool>> isAuthorityThere, Func<LocalSvid?> own, Func<DateTimeOffset> now, TimeProvider time)
    {
        _state = state;
        _policy = policy;
        _bundles = bundles;
        _isAuthorityThere = isAuthorityThere;
        _own = own;
        _now = now;
        _time = time;
        _self = new SelfIssuedIdentity(EnrolmentProtocol.IslandPath, policy.SvidLifetime, isIsland: true, now);
    }

    /// <summary>Whose members it renews.</summary>
    public TrustDomain TrustDomain => _state.TrustDomain;

    /// <summary>When it stops, unless the real authority is in touch again before; null when it was never made an authority.</summary>
    public DateTimeOffset? StandsInUntil => _state.Key is { } key ? UntilWith(key) : null;

    /// <inheritdoc/>
    public LocalSvid? ServerIdentity
    {
        get
        {
            try
            {
                return _state.Key is { } key ? _self.By(key) : null;
            }
            catch (IdentityAuthorityException)
            {
                // Its time is over: the handshake says that there is no identity.
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public TrustBundleSet Bundles => _bundles();

    /// <inheritdoc/>
    async Task<EnrolmentAnswer> IEnrolmentAuthority.AnswerAsync(
        EnrolmentRequest request, VerifiedSvid? peer, ReadOnlyMemory<byte> channelBinding, CancellationToken cancellationToken)
    {
        try
        {
            if (request is EnrolmentRequest.Greet)
            {
                return Greet(peer);
            }

            var csr = EnrolmentChecks.ReadCsr(request.Csr);
            var id = Prove(request, csr, peer, channelBinding);
            // Last, for it takes a connection to the real authority: only who could get something causes one.
            if (await IsAuthorityThereAsync(cancellationToken))
            {
                throw new EnrolmentRefusedException(
                    EnrolmentRefusal.AuthorityReachable, "the real authority answers here: ask it, or find out why you cannot reach it");
            }

            var key = Key();
            return new EnrolmentAnswer
            {
                Chain = [.. key.IssueSvid(id, csr.Key, _policy.SvidLifetime, _now(), isIsland: true).Select(c => c.Der)],
            };
        }
        catch (EnrolmentRefusedException refused)
        {
            return EnrolmentAnswer.No(refused.Refusal, refused.Message);
        }
        catch (IdentityAuthorityException exception)
        {
            return EnrolmentAnswer.No(EnrolmentRefusal.Unavailable, exception.Message);
        }
    }

    /// <summary>A yes promises that this node would be renewed if the real authority were gone now.</summary>
    private EnrolmentAnswer Greet(VerifiedSvid? peer)
    {
        if (peer is null)
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.BadRequest, "who greets shows a certificate");
        }

        var key = Key();
        if (_policy.LearnsNodes && IsReal(peer) && !_state.Learn(peer))
        {
            throw new EnrolmentRefusedException(
                EnrolmentRefusal.Unavailable, $"this island authority knows {_state.NodeCount} routers already and keeps no more");
        }

        _ = KnownOf(peer.Id);
        return new EnrolmentAnswer { StandsInUntil = UntilWith(key) };
    }

    private DateTimeOffset UntilWith(IssuingKey key) => new[] { _state.LastContact + _policy.StandInFor, key.NotAfter }.Min();

    private IssuingKey Key()
    {
        if (_state.Key is not { } key)
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.Unavailable, "the real authority has not made this router an authority, or has taken that back");
        }

        var until = UntilWith(key);
        return _now() <= until
            ? key
            : throw new EnrolmentRefusedException(
                EnrolmentRefusal.IslandExpired, $"the real authority was last in touch {_state.LastContact:u}, and nothing is issued in its place since {until:u}");
    }

    private SpiffeId Prove(EnrolmentRequest request, SvidRequest csr, VerifiedSvid? peer, ReadOnlyMemory<byte> channelBinding)
    {
        _ = Key();
        switch (request)
        {
            case EnrolmentRequest.Renew when peer is not null:
                EnrolmentChecks.RequireId(csr, peer.Id);
                RequireRenewable(KnownOf(peer.Id), peer);
                return peer.Id;
            case EnrolmentRequest.Return back when csr.Id is { } id:
                EnrolmentChecks.RequireProof(back, KnownOf(id).Keys, channelBinding);
                return id;
            default:
                throw new EnrolmentRefusedException(
                    EnrolmentRefusal.BadRequest, "an island authority renews whom it knows; everything else is the real authority's");
        }
    }

    private KnownNode KnownOf(SpiffeId id) => _state.Find(id)
        ?? throw new EnrolmentRefusedException(EnrolmentRefusal.NotEnrolled, $"{id} was not known to the real authority when it was last in touch");

    /// <summary>What the real authority signed, or this one, or the key of which the real one told us. Not another island's.</summary>
    private void RequireRenewable(KnownNode node, VerifiedSvid peer)
    {
        var isKnownKey = Sha256.Hash(peer.Leaf.KeyInfo.GetDerEncoded()) is var hash && node.Keys.Any(k => k.AsSpan().SequenceEqual(hash));
        var isOurs = _state.Key is { } key && peer.Signer.Der.Span.SequenceEqual(key.Certificate.Der.Span);
        // One from before may be another device's, in whose place this one was enrolled: what we signed ourselves too.
        var isOfThisDevice = peer.Leaf.NotBefore + IssuingKey.Backdate >= node.EnrolledAt;
        if (!isKnownKey && !(isOfThisDevice && (isOurs || IsReal(peer))))
        {
            throw new EnrolmentRefusedException(
                EnrolmentRefusal.NotRenewable, "the certificate was signed by neither the real authority nor this one: come back with the key that was kept");
        }
    }

    private bool IsReal(VerifiedSvid peer) => ReferenceEquals(peer.Signer, peer.Authority)
        || (_own() is { Chain: [{ IsIslandIssued: false }, var signer, ..] } && peer.Signer.Der.Span.SequenceEqual(signer.Der.Span));

    /// <summary>One attempt for all who ask meanwhile. It goes on when the one who caused it has gone.</summary>
    private Task<bool> IsAuthorityThereAsync(CancellationToken cancellationToken)
    {
        lock (_probing)
        {
            if (_probe is not { } probe || (probe.IsThere.IsCompleted && (_now() - probe.At).Duration() >= _policy.ProbeEvery))
            {
                probe = (_now(), ProbeAsync());
                _probe = probe;
            }

            return probe.IsThere.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> ProbeAsync()
    {
        using var patience = new CancellationTokenSource(ProbeTimeout, _time);
        try
        {
            return await _isAuthorityThere(patience.Token);
        }
        catch (IOException exception)
        {
            throw new EnrolmentRefusedException(
                EnrolmentRefusal.Unavailable, $"this island authority cannot tell whether the real one is there: {exception.Message}");
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
