using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <content>What its operator does with it: the <c>ca</c> verb.</content>
public sealed partial class SiteAuthority
{
    /// <summary>Makes a token for one router.</summary>
    /// <param name="id">Whom it enrols.</param>
    /// <param name="lifetime">At most <see cref="AuthorityPolicy.TokenLifetimeMax"/>.</param>
    /// <param name="addresses">Where the authority is, HOST:PORT.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IdentityAuthorityException">The authority does not do that; the message says why.</exception>
    /// <exception cref="IOException">The ledger could not be read or written; no token was made.</exception>
    public async Task<JoinString> MakeTokenAsync(
        SpiffeId id, TimeSpan lifetime, IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        RequireName(id);
        if (lifetime <= TimeSpan.Zero || lifetime > AuthorityPolicy.TokenLifetimeMax)
        {
            throw new IdentityAuthorityException($"a token lives up to {AuthorityPolicy.TokenLifetimeMax.TotalDays:0} days");
        }

        if (addresses.Count > JoinString.AddressesMax)
        {
            throw new IdentityAuthorityException($"{addresses.Count} addresses, at most {JoinString.AddressesMax} fit a join string");
        }

        foreach (var address in addresses)
        {
            if (JoinString.ParseAddress(address, out _) is { } problem)
            {
                throw new IdentityAuthorityException(problem);
            }
        }

        var token = EnrolmentToken.Random();
        await TransactAsync(
            state =>
            {
                RequireRoom(state, id);
                if (state.Nodes.TryGetValue(id, out var node) && node.IsDenied)
                {
                    throw new IdentityAuthorityException($"{id} is on the deny list; take it off first: x0tta6bl4 ca allow --id {id}");
                }

                return state.Tokens.Values.Count(t => t.NotAfter >= _now()) < LedgerState.TokensMax
                    ? new LedgerDecision<bool>(true, new LedgerRecord.TokenMade(token.Selector, token.SecretHash, id, Time(state) + lifetime))
                    : throw new IdentityAuthorityException($"{LedgerState.TokensMax} tokens wait to be used already; deny an ID to take its tokens back");
            },
            cancellationToken);
        return new JoinString(token, id, addresses, _key.Certificate);
    }

    /// <summary>Issues a certificate for somebody else's key, by file.</summary>
    /// <param name="id">Whose.</param>
    /// <param name="request">The request, PKCS #10 in DER. It names this ID or none.</param>
    /// <param name="lifetime">Over an hour it is refused by our peers (U-1).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CertificateFormatException">The request cannot be believed.</exception>
    /// <exception cref="IdentityAuthorityException">The authority does not do that; the message says why.</exception>
    /// <exception cref="IOException">The ledger could not be read or written; nothing was issued.</exception>
    public async Task<IReadOnlyList<Certificate>> IssueAsync(
        SpiffeId id, ReadOnlyMemory<byte> request, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var csr = SvidRequest.Read(request);
        return csr.Id is { } asked && asked != id
            ? throw new CertificateFormatException($"the request is for {asked}, not for {id}")
            : await IssueAsync(id, csr.Key, lifetime, cancellationToken);
    }

    /// <summary>Makes a key here and issues a certificate for it into three files, see <see cref="NewSvidFiles"/>.</summary>
    /// <inheritdoc cref="IssueAsync(SpiffeId, ReadOnlyMemory{byte}, TimeSpan, CancellationToken)"/>
    public async Task<IReadOnlyList<Certificate>> IssueToFilesAsync(
        SpiffeId id, string folder, KeyKind kind, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var key = SigningKey.Generate(kind);
        var chain = await IssueAsync(id, PublicKey.Read(key.PublicInfo), lifetime, cancellationToken);
        NewSvidFiles.WriteKey(Path.Combine(folder, NewSvidFiles.KeyName), key);
        return chain;
    }

    /// <summary>Stops issuing for an ID, and forgets its tokens and keys. Its certificate ends within the hour.</summary>
    /// <returns>The end of a certificate that was issued for it by file; long ago when there was none.</returns>
    public async Task<DateTimeOffset> DenyAsync(SpiffeId id, CancellationToken cancellationToken)
    {
        await RecordAsync(id, new LedgerRecord.Denied(id, _now()), cancellationToken);
        return await _ledger.ReadAsync(state => state.Nodes[id].IssuedNotAfter, cancellationToken);
    }

    /// <summary>Takes an ID off the deny list. It needs a new token to come back.</summary>
    public Task AllowAsync(SpiffeId id, CancellationToken cancellationToken) =>
        RecordAsync(id, new LedgerRecord.Allowed(id), cancellationToken);

    /// <summary>Lets a node be an island authority, with certificates of so many days; 0 takes it back from the next one on.</summary>
    public Task GrantIslandAsync(SpiffeId id, int days, CancellationToken cancellationToken) =>
        days is < 0 or > AuthorityPolicy.IslandDaysMax
            ? throw new IdentityAuthorityException($"an island authority's certificate lives up to {AuthorityPolicy.IslandDaysMax} days")
            : RecordAsync(id, new LedgerRecord.IslandGranted(id, days), cancellationToken);

    private Task<bool> RecordAsync(SpiffeId id, LedgerRecord record, CancellationToken cancellationToken)
    {
        RequireName(id);
        return TransactAsync(
            state =>
            {
                RequireRoom(state, id);
                return record is LedgerRecord.IslandGranted { Days: > 0 } && state.Nodes.TryGetValue(id, out var node) && node.IsDenied
                    ? throw new IdentityAuthorityException($"{id} is on the deny list; take it off first: x0tta6bl4 ca allow --id {id}")
                    : new LedgerDecision<bool>(true, record);
            },
            cancellationToken);
    }

    private async Task<IReadOnlyList<Certificate>> IssueAsync(
        SpiffeId id, PublicKey key, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        RequireName(id);
        var chain = _key.IssueSvid(id, key, lifetime, _now(), isIsland: false);
        await TransactAsync(
            state =>
            {
                RequireRoom(state, id);
                return state.Nodes.TryGetValue(id, out var node) && node.IsDenied
                    ? throw new IdentityAuthorityException($"{id} is on the deny list; take it off first: x0tta6bl4 ca allow --id {id}")
                    : new LedgerDecision<bool>(true, new LedgerRecord.Issued(id, chain[0].SerialNumber, chain[0].NotAfter, _now()));
            },
            cancellationToken);
        return chain;
    }

    private void RequireName(SpiffeId id)
    {
        if (EnrolmentChecks.ProblemOf(id, _key.TrustDomain) is { } problem)
        {
            throw new IdentityAuthorityException(problem);
        }
    }

    /// <summary>Room for one ID more, counting those that have a token alone: these have their room, to be denied as well.</summary>
    private void RequireRoom(LedgerState state, SpiffeId id)
    {
        var waiting = state.Tokens.Values.Where(t => t.NotAfter >= _now() && !state.Nodes.ContainsKey(t.Id)).Select(t => t.Id).ToHashSet();
        if (!state.Nodes.ContainsKey(id) && !waiting.Contains(id) && state.Nodes.Count + waiting.Count >= LedgerState.NodesMax)
        {
            throw new IdentityAuthorityException($"the authority knows {LedgerState.NodesMax} IDs, and has room for no more");
        }
    }
}
