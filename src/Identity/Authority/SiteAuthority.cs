using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// The authority of a mesh that has no SPIRE: it decides who gets a certificate, and remembers it. Thread-safe; another process
/// may use the same ledger at the same time.
/// </summary>
/// <remarks>
/// Three ways lead to a certificate. A <b>token</b>, once, from the operator's hand. A certificate <b>this authority itself</b>
/// signed and that is still valid: one from an island authority does not count, so that whoever has stolen an island has
/// nothing here. And the <b>key the node kept</b>, for a node that was away. In each the ID is the one that was proven, never
/// the one that was asked for.
/// </remarks>
public sealed partial class SiteAuthority : IEnrolmentAuthority
{
    private readonly IssuingKey _key;
    private readonly AuthorityLedger _ledger;
    private readonly AuthorityPolicy _policy;
    private readonly Func<DateTimeOffset> _now;
    private readonly SelfIssuedIdentity _self;
    private volatile bool _cannotWrite;

    /// <param name="key">The root.</param>
    /// <param name="ledger">What it remembers; not disposed here.</param>
    /// <param name="policy">What it grants.</param>
    /// <param name="now">The time.</param>
    public SiteAuthority(IssuingKey key, AuthorityLedger ledger, AuthorityPolicy policy, Func<DateTimeOffset> now)
    {
        _key = key;
        _ledger = ledger;
        _policy = policy;
        _now = now;
        _self = new SelfIssuedIdentity(EnrolmentProtocol.AuthorityPath, policy.SvidLifetime, isIsland: false, now);
        Bundle = new TrustBundle(key.TrustDomain, [key.Certificate]);
        Bundles = new TrustBundleSet(Bundle);
    }

    /// <summary>Its trust domain's authorities: itself.</summary>
    public TrustBundle Bundle { get; }

    /// <inheritdoc/>
    public TrustBundleSet Bundles { get; }

    /// <inheritdoc/>
    public LocalSvid? ServerIdentity
    {
        get
        {
            try
            {
                return _self.By(_key);
            }
            catch (IdentityAuthorityException)
            {
                // The handshake then says that there is no identity; the server logs it.
                return null;
            }
        }
    }

    /// <inheritdoc/>
    async Task<EnrolmentAnswer> IEnrolmentAuthority.AnswerAsync(
        EnrolmentRequest request, VerifiedSvid? peer, ReadOnlyMemory<byte> channelBinding, CancellationToken cancellationToken)
    {
        try
        {
            return request switch
            {
                EnrolmentRequest.Enrol enrol => await EnrolAsync(enrol, cancellationToken),
                EnrolmentRequest.Renew renew => await RenewAsync(renew, Known(peer), cancellationToken),
                EnrolmentRequest.Return back => await ReturnAsync(back, channelBinding, cancellationToken),
                EnrolmentRequest.Island island => await IslandAsync(island, Known(peer), cancellationToken),
                EnrolmentRequest.Greet => await GreetAsync(cancellationToken),
                _ => throw new EnrolmentRefusedException(EnrolmentRefusal.BadRequest, "the request is of no kind that is known here"),
            };
        }
        catch (EnrolmentRefusedException refused)
        {
            return EnrolmentAnswer.No(refused.Refusal, refused.Message);
        }
    }

    /// <summary>
    /// Whether it could issue now. An island stands in for an authority whose ledger is damaged, or whose flash is full: of the
    /// latter only a record that is written tells.
    /// </summary>
    /// <exception cref="IOException">The ledger cannot be read, which is an answer too.</exception>
    private async Task<EnrolmentAnswer> GreetAsync(CancellationToken cancellationToken) =>
        await _ledger.ReadAsync(_ => _cannotWrite, cancellationToken)
            ? throw new EnrolmentRefusedException(EnrolmentRefusal.Unavailable, "the authority could not write to its ledger: its own log says why")
            : new EnrolmentAnswer();

    private async Task<T> TransactAsync<T>(Func<LedgerState, LedgerDecision<T>> decide, CancellationToken cancellationToken)
    {
        var writes = false;
        try
        {
            var result = await _ledger.TransactAsync(
                state =>
                {
                    var decision = decide(state);
                    writes = decision.Record is not null;
                    return decision;
                },
                cancellationToken);
            _cannotWrite = _cannotWrite && !writes;
            return result;
        }
        catch (Exception exception) when (writes && exception is IOException or UnauthorizedAccessException)
        {
            _cannotWrite = true;
            throw;
        }
    }

    private static VerifiedSvid Known(VerifiedSvid? peer) => peer
        ?? throw new EnrolmentRefusedException(EnrolmentRefusal.BadRequest, "this is granted to who shows a certificate, and none was shown");

    private async Task<EnrolmentAnswer> EnrolAsync(EnrolmentRequest.Enrol request, CancellationToken cancellationToken)
    {
        // First what is cheap: a wrong token costs one hash.
        var id = await _ledger.ReadAsync(state => Redeemable(state, request.Token).Id, cancellationToken);
        var csr = EnrolmentChecks.ReadCsr(request.Csr);
        EnrolmentChecks.RequireId(csr, id);
        // Signed before the token is used up: an authority that cannot sign must not take it. Nobody sees it before.
        var answer = Issue(id, csr);
        await TransactAsync(
            state =>
            {
                var token = Redeemable(state, request.Token);
                return new LedgerDecision<bool>(true, new LedgerRecord.Enrolled(token.Selector, id, csr.KeyHash, _now()));
            },
            cancellationToken);
        return answer;
    }

    private LedgerToken Redeemable(LedgerState state, EnrolmentToken token)
    {
        if (!state.Tokens.TryGetValue(token.Selector, out var waiting) || !token.Matches(waiting))
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.BadToken, "the token is not known here, or was used");
        }

        if (Time(state) > waiting.NotAfter)
        {
            throw new EnrolmentRefusedException(
                EnrolmentRefusal.TokenExpired, $"the token ended {waiting.NotAfter:u}: ask for a new one (ca token)");
        }

        // Denying removes the tokens of an ID; this is the second lock on the same door.
        return state.Nodes.TryGetValue(waiting.Id, out var node) && node.IsDenied ? throw IsDenied(waiting.Id) : waiting;
    }

    private async Task<EnrolmentAnswer> RenewAsync(
        EnrolmentRequest.Renew request, VerifiedSvid peer, CancellationToken cancellationToken)
    {
        RequireOwnSignature(peer);
        var csr = EnrolmentChecks.ReadCsr(request.Csr);
        EnrolmentChecks.RequireId(csr, peer.Id);
        var answer = Issue(peer.Id, csr);
        await TransactAsync(
            state => new LedgerDecision<bool>(
                true, Touched(state, Renewable(state, peer), request.ReplacesKey is { } replaced ? [replaced.ToArray(), csr.KeyHash] : null)),
            cancellationToken);
        return answer;
    }

    private async Task<EnrolmentAnswer> ReturnAsync(
        EnrolmentRequest.Return request, ReadOnlyMemory<byte> channelBinding, CancellationToken cancellationToken)
    {
        var csr = EnrolmentChecks.ReadCsr(request.Csr);
        var id = csr.Id ?? throw new EnrolmentRefusedException(EnrolmentRefusal.BadRequest, "the request for a certificate names no ID");
        var known = await _ledger.ReadAsync(state => Returnable(state, id), cancellationToken);
        EnrolmentChecks.RequireProof(request, known.Keys, channelBinding);
        var answer = Issue(id, csr);
        var proven = Sha256.Hash(request.Key.Span);
        await TransactAsync(
            state =>
            {
                var node = Returnable(state, id);
                return node.Keys.Any(k => k.AsSpan().SequenceEqual(proven))
                    ? new LedgerDecision<bool>(true, Touched(state, node, request.Replaces ? [proven, csr.KeyHash] : null))
                    : throw new EnrolmentRefusedException(EnrolmentRefusal.BadProof, "the key was replaced a moment ago");
            },
            cancellationToken);
        return answer;
    }

    private async Task<EnrolmentAnswer> IslandAsync(
        EnrolmentRequest.Island request, VerifiedSvid peer, CancellationToken cancellationToken)
    {
        RequireOwnSignature(peer);
        var (days, nodes) = await _ledger.ReadAsync(
            state =>
            {
                var node = Renewable(state, peer);
                return node.IslandDays > 0
                    ? (node.IslandDays, state.Nodes.Values.Where(n => n.IsEnrolled && !n.IsDenied)
                        .Select(n => new KnownNode(n.Id, n.Keys, n.EnrolledAt)).ToList())
                    : throw new EnrolmentRefusedException(
                        EnrolmentRefusal.NoIsland, $"{peer.Id} may not be an island authority: x0tta6bl4 ca island --id {peer.Id} --days N");
            },
            cancellationToken);
        var answer = new EnrolmentAnswer { Bundle = [_key.Certificate.Der], Nodes = nodes };
        if (request.NodesOnly)
        {
            return answer;
        }

        var csr = EnrolmentChecks.ReadCsr(request.Csr);
        if (csr.Id is not { Path.Length: 0 } id || id.TrustDomain != _key.TrustDomain)
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.OtherId, "an authority's certificate is for the ID of the trust domain (X-7)");
        }

        return answer with
        {
            Chain = Sign(() => _key.IssueAuthority(csr.Key, TimeSpan.FromDays(days), _now())),
        };
    }

    /// <summary>
    /// What others signed counts for nothing here, though it is believed everywhere else: an island authority could sign for
    /// any ID.
    /// </summary>
    private void RequireOwnSignature(VerifiedSvid peer)
    {
        if (!peer.Signer.Der.Span.SequenceEqual(_key.Certificate.Der.Span))
        {
            throw new EnrolmentRefusedException(
                EnrolmentRefusal.NotRenewable, "the certificate was not signed by this authority itself: come back with the key that was kept");
        }
    }

    private static LedgerNode Renewable(LedgerState state, VerifiedSvid peer)
    {
        var node = Enrolled(state, peer.Id);
        return peer.Leaf.NotBefore + IssuingKey.Backdate >= Seconds(node.EnrolledAt)
            ? node
            : throw new EnrolmentRefusedException(
                EnrolmentRefusal.NotRenewable, $"the certificate is older than the last enrolment of {peer.Id}: come back with the key that was kept");
    }

    private LedgerNode Returnable(LedgerState state, SpiffeId id)
    {
        var node = Enrolled(state, id);
        return Time(state) - node.LastContact <= _policy.ReturnWithin
            ? node
            : throw new EnrolmentRefusedException(
                EnrolmentRefusal.AwayTooLong,
                $"{id} was away since {node.LastContact:u}, over {_policy.ReturnWithin.TotalDays:0.#} days: it needs a new token (ca token)");
    }

    private static LedgerNode Enrolled(LedgerState state, SpiffeId id)
    {
        var node = state.Nodes.GetValueOrDefault(id);
        return node switch
        {
            { IsDenied: true } => throw IsDenied(id),
            { IsEnrolled: true } => node,
            _ => throw new EnrolmentRefusedException(EnrolmentRefusal.NotEnrolled, $"{id} was never enrolled here: it needs a token (ca token)"),
        };
    }

    private static EnrolmentRefusedException IsDenied(SpiffeId id) =>
        new(EnrolmentRefusal.Denied, $"{id} is on the deny list of the authority");

    /// <summary>What a contact leaves in the ledger: new keys, or once a day that there was one, or nothing.</summary>
    /// <param name="state">The ledger as it is.</param>
    /// <param name="node">Who.</param>
    /// <param name="keys">The key it has on flash, if it says the truth, and the one it puts in its place; null: it keeps what it has.</param>
    private LedgerRecord? Touched(LedgerState state, LedgerNode node, byte[][]? keys)
    {
        var now = Time(state);
        if (keys is [var replaced, var added])
        {
            // The old one stays until the new one was used: the answer may get lost, and the node with it.
            return new LedgerRecord.KeysKept(node.Id, [.. node.Keys.Where(k => k.AsSpan().SequenceEqual(replaced)).Append(added)], now);
        }

        return (now - node.LastContact).Duration() >= _policy.SeenEvery ? new LedgerRecord.Seen(node.Id, now) : null;
    }

    /// <summary>
    /// The time of tokens and absences: never before the newest contact. An authority without a clock chip boots in the past, where
    /// what has ended would count again. Certificates are not dated by it: a clock that was ahead once must be able to recover.
    /// </summary>
    private DateTimeOffset Time(LedgerState state) => _now() is var now && now > state.NewestContact ? now : state.NewestContact;

    private EnrolmentAnswer Issue(SpiffeId id, SvidRequest csr) => new()
    {
        Chain = Sign(() => _key.IssueSvid(id, csr.Key, _policy.SvidLifetime, _now(), isIsland: false)),
        Bundle = [_key.Certificate.Der],
    };

    private static List<ReadOnlyMemory<byte>> Sign(Func<IReadOnlyList<Certificate>> issue)
    {
        try
        {
            return [.. issue().Select(c => c.Der)];
        }
        catch (IdentityAuthorityException exception)
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.Unavailable, exception.Message);
        }
    }

    // The ledger has whole seconds.
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
