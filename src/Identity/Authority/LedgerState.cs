using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Authority;

/// <summary>A token that waits for its node.</summary>
/// <param name="Selector">Its public half, by which it is found.</param>
/// <param name="SecretHash">SHA-256 of its secret half.</param>
/// <param name="Id">Whom it enrols, and nobody else.</param>
/// <param name="NotAfter">When it ends.</param>
public sealed record LedgerToken(string Selector, ReadOnlyMemory<byte> SecretHash, SpiffeId Id, DateTimeOffset NotAfter);

/// <summary>What the authority knows of one ID.</summary>
public sealed record LedgerNode(SpiffeId Id)
{
    /// <summary>SHA-256 of the keys by which it may come back, newest last; at most <see cref="LedgerState.KeysMax"/>.</summary>
    public IReadOnlyList<byte[]> Keys { get; init; } = [];

    /// <summary>When it was last in touch, to a day.</summary>
    public DateTimeOffset LastContact { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>When its newest token was used. Certificates from before do not renew: they may be another device's.</summary>
    public DateTimeOffset EnrolledAt { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>It used a token, and was not denied since.</summary>
    public bool IsEnrolled { get; init; }

    /// <summary>Nothing is issued for it.</summary>
    public bool IsDenied { get; init; }

    /// <summary>Life of its certificates as an island authority, in days; 0: it is none.</summary>
    public int IslandDays { get; init; }

    /// <summary>Serial number of the certificate last issued to it by file; empty when there was none.</summary>
    public string IssuedSerial { get; init; } = "";

    /// <summary>End of that certificate.</summary>
    public DateTimeOffset IssuedNotAfter { get; init; } = DateTimeOffset.UnixEpoch;
}

/// <summary>What all records of a ledger together say. Changed by <see cref="Apply"/> alone.</summary>
public sealed class LedgerState
{
    /// <summary>Most tokens that wait.</summary>
    public const int TokensMax = 1024;

    /// <summary>Most IDs it knows, denied ones among them.</summary>
    public const int NodesMax = 1024;

    /// <summary>Most keys by which one node may come back.</summary>
    public const int KeysMax = 2;

    private readonly Dictionary<string, LedgerToken> _tokens = [];
    private readonly Dictionary<SpiffeId, LedgerNode> _nodes = [];

    /// <summary>The tokens that wait, ended ones among them, by selector.</summary>
    public IReadOnlyDictionary<string, LedgerToken> Tokens => _tokens;

    /// <summary>Every ID it knows.</summary>
    public IReadOnlyDictionary<SpiffeId, LedgerNode> Nodes => _nodes;

    /// <summary>When any of them was last in touch; the Unix epoch when none was.</summary>
    public DateTimeOffset NewestContact => _nodes.Values.Select(n => n.LastContact).DefaultIfEmpty(DateTimeOffset.UnixEpoch).Max();

    internal void Apply(LedgerRecord record)
    {
        switch (record)
        {
            case LedgerRecord.TokenMade made:
                _tokens[made.Selector] = new LedgerToken(made.Selector, made.SecretHash, made.Id, made.NotAfter);
                break;
            case LedgerRecord.Enrolled enrolled:
                _tokens.Remove(enrolled.Selector);
                Change(enrolled.Id, n => n with
                {
                    IsEnrolled = true,
                    Keys = [enrolled.Key],
                    EnrolledAt = enrolled.At,
                    LastContact = enrolled.At,
                });
                break;
            case LedgerRecord.KeysKept kept:
                Change(kept.Id, n => n with { Keys = kept.Keys, LastContact = kept.At });
                break;
            case LedgerRecord.Seen seen:
                Change(seen.Id, n => n with { LastContact = seen.At });
                break;
            case LedgerRecord.Issued issued:
                Change(issued.Id, n => n with { IssuedSerial = issued.SerialNumber, IssuedNotAfter = issued.NotAfter });
                break;
            case LedgerRecord.Denied denied:
                // Forgotten, so that allowing the ID again takes a new token: whoever had the router has its key.
                foreach (var token in _tokens.Values.Where(t => t.Id == denied.Id).ToList())
                {
                    _tokens.Remove(token.Selector);
                }

                Change(denied.Id, n => n with { IsDenied = true, IsEnrolled = false, Keys = [], IslandDays = 0 });
                break;
            case LedgerRecord.Allowed allowed:
                Change(allowed.Id, n => n with { IsDenied = false });
                break;
            case LedgerRecord.IslandGranted island:
                Change(island.Id, n => n with { IslandDays = island.Days });
                break;
            case LedgerRecord.Node node:
                _nodes[node.Is.Id] = node.Is;
                break;
        }
    }

    /// <summary>
    /// The fewest records that say the same. Left out is what has ended: tokens, for unknown ones are refused too, and
    /// certificates by file of those who are nothing else here.
    /// </summary>
    internal IEnumerable<LedgerRecord> Records(DateTimeOffset now) =>
    [
        .. _nodes.Values.Where(n => n.IsEnrolled || n.IsDenied || n.IslandDays > 0 || n.IssuedNotAfter >= now).Select(n => new LedgerRecord.Node(n)),
        .. _tokens.Values.Where(t => t.NotAfter >= now)
            .Select(t => new LedgerRecord.TokenMade(t.Selector, t.SecretHash.ToArray(), t.Id, t.NotAfter)),
    ];

    private void Change(SpiffeId id, Func<LedgerNode, LedgerNode> change) =>
        _nodes[id] = change(_nodes.GetValueOrDefault(id) ?? new LedgerNode(id));
}
