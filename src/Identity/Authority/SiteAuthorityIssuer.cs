using Microsoft.Extensions.Logging;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// Gets this router's identity from the site authority: with a token the first time, then with the identity it has, and after
/// an absence with the key it kept.
/// </summary>
/// <remarks>
/// The key is sealed before the token is sent: when the answer gets lost, with the token used up, the router comes back with
/// that key, for the authority has written it down with the token. Not thread-safe: one renewal at a time.
/// </remarks>
public sealed partial class SiteAuthorityIssuer : IIdentityIssuer
{
    /// <summary>An identity with less left than this is not taken up again after a reboot.</summary>
    private static readonly TimeSpan WorthKeeping = TimeSpan.FromMinutes(5);

    private readonly SiteAuthorityIssuerOptions _options;
    private readonly ISecretStore _store;
    private readonly Func<DateTimeOffset> _now;
    private readonly ILogger _logger;
    private readonly EnrolmentClient _client;
    private readonly SvidVerifier _verifier = new(new SvidPolicy());
    private KeptIdentity? _kept;
    private KeptIdentity? _pending;
    private bool _isRead;
    private DateTimeOffset _keptAt;

    /// <param name="options">Where and how.</param>
    /// <param name="store">Where the identity is kept.</param>
    /// <param name="now">The time by which certificates are judged.</param>
    /// <param name="time">For time-outs.</param>
    /// <param name="logger">Where it is said what happened.</param>
    public SiteAuthorityIssuer(
        SiteAuthorityIssuerOptions options, ISecretStore store, Func<DateTimeOffset> now, TimeProvider time, ILogger logger)
    {
        _options = options;
        _store = store;
        _now = now;
        _logger = logger;
        _client = new EnrolmentClient(now, time, options.Dial);
    }

    /// <inheritdoc/>
    public string Kind => "site";

    /// <summary>
    /// HOST:PORT of the authority as known now: of the configuration, the join string, and what was kept. Empty before the first
    /// attempt.
    /// </summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <inheritdoc/>
    public async Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken)
    {
        var isFirst = !_isRead;
        ReadKept();
        var join = ReadJoin();
        // A join string for another ID, or of another trust domain or root, is a new beginning.
        var known = new[] { _kept, _pending }.OfType<KeptIdentity>().Where(k => join is null || Fits(k, join)).ToList();
        if (isFirst && current?.Svid is null && known.Contains(_kept!) && TakeUp() is { } again)
        {
            Addresses = AddressesOf(null, known);
            return again;
        }

        return await AttemptAsync(current, known, join, cancellationToken);
    }

    /// <summary>The join string. One that cannot be read is in the way of an enrolment, and of nothing else.</summary>
    private JoinString? ReadJoin()
    {
        try
        {
            return _options.Join();
        }
        catch (IOException exception) when (_kept is not null || _pending is not null)
        {
            Log.JoinUnreadable(_logger, exception.Message);
            return null;
        }
    }

    private static bool Fits(KeptIdentity kept, JoinString join) =>
        kept.Id == join.Id && kept.Bundle.X509Authorities.Any(a => a.Der.Span.SequenceEqual(join.Root.Der.Span));

    private void ReadKept()
    {
        if (_isRead)
        {
            return;
        }

        _kept = KeptIdentity.Read(_store, KeptIdentity.Name);
        _pending = KeptIdentity.Read(_store, KeptIdentity.PendingName);
        _keptAt = _kept is { Chain: [var leaf, ..] } ? leaf.NotBefore : DateTimeOffset.UnixEpoch;
        _isRead = true;
    }

    /// <summary>The identity of before the reboot, when it is still believed.</summary>
    private IdentitySnapshot? TakeUp()
    {
        if (_kept is not { Chain: [_, ..] chain } kept)
        {
            return null;
        }

        var bundles = new TrustBundleSet(kept.Bundle);
        var verdict = _verifier.Verify([.. chain.Select(c => c.Der)], bundles, _now());
        if (verdict.Refusal is not null || verdict.Svid!.NotAfter - _now() < WorthKeeping)
        {
            return null;
        }

        Log.TakenUp(_logger, kept.Id.ToString(), verdict.Svid.NotAfter.ToString("u"));
        return new IdentitySnapshot(kept.ToSvid(), bundles);
    }

    private async Task<IdentitySnapshot> AttemptAsync(
        IdentitySnapshot? current, List<KeptIdentity> known, JoinString? join, CancellationToken cancellationToken)
    {
        if (known.Count == 0 && join is null)
        {
            throw new IdentityRefusedException(
                "this router is not enrolled: make a join string at the authority (x0tta6bl4 ca token --id ID) and put it where the configuration says");
        }

        Addresses = AddressesOf(join, known);
        if (Addresses.Count == 0)
        {
            throw new IOException("no address of the site authority is known: neither the configuration nor a join string names one");
        }

        List<string> problems = [];
        foreach (var address in Addresses)
        {
            try
            {
                return await AskAsync(address, current, known, join, cancellationToken);
            }
            catch (EnrolmentRefusedException refused) when (!EnrolmentRefusals.PassesByItself(refused.Refusal))
            {
                if (refused.Refusal == EnrolmentRefusal.Denied)
                {
                    _options.Denied();
                }

                throw new IdentityRefusedException($"the site authority refuses ({EnrolmentProtocol.Label(refused.Refusal)}): {refused.Message}", refused);
            }
            catch (Exception exception) when (exception is IOException or EnrolmentRefusedException)
            {
                problems.Add(exception.Message);
            }
        }

        throw new IOException($"the site authority issues nothing: {string.Join("; ", problems)}");
    }

    private List<string> AddressesOf(JoinString? join, IEnumerable<KeptIdentity> known) =>
        [.. _options.Addresses.Concat(join?.Addresses ?? []).Concat(known.SelectMany(k => k.Addresses))
            .Distinct(StringComparer.Ordinal).Take(2 * JoinString.AddressesMax)];

    /// <summary>The ways to a certificate at one address, the best first.</summary>
    private async Task<IdentitySnapshot> AskAsync(
        string address, IdentitySnapshot? current, List<KeptIdentity> known, JoinString? join, CancellationToken cancellationToken)
    {
        if (known is [var kept, ..] && current is { Svid: { } svid, IsIslandIssued: false } && svid.Id == kept.Id && svid.NotAfter > _now())
        {
            try
            {
                return await RenewAsync(address, svid, kept, join, cancellationToken);
            }
            catch (EnrolmentRefusedException refused) when (refused.Refusal == EnrolmentRefusal.NotRenewable)
            {
                Log.Fallback(_logger, refused.Message);
            }
            catch (IOException exception) when (exception is not UnreachableException)
            {
                // Reached, and the connection came to nothing: its clock may be ahead of ours and our certificate have ended there.
                Log.Fallback(_logger, exception.Message);
            }
        }

        for (var i = 0; i < known.Count; i++)
        {
            try
            {
                return await ReturnAsync(address, known[i], join, cancellationToken);
            }
            catch (EnrolmentRefusedException refused) when ((join is not null || i + 1 < known.Count) && refused.Refusal
                is EnrolmentRefusal.NotEnrolled or EnrolmentRefusal.BadProof or EnrolmentRefusal.AwayTooLong)
            {
                Log.Fallback(_logger, refused.Message);
            }
        }

        return await EnrolAsync(address, join!, cancellationToken);
    }

    private async Task<IdentitySnapshot> EnrolAsync(string address, JoinString join, CancellationToken cancellationToken)
    {
        if (_pending is null || !Fits(_pending, join))
        {
            // On flash before the token is used: see the remarks.
            var pending = new KeptIdentity(
                join.Id, SigningKey.Beside(join.Root.Key.Kind), [], new TrustBundle(join.Id.TrustDomain, [join.Root]))
            {
                Addresses = join.Addresses,
            };
            pending.Write(_store, KeptIdentity.PendingName);
            _pending = pending;
        }

        var key = _pending.Key;
        var answer = await _client.AskAsync(
            address, Server(join.Id), null, new TrustBundleSet(new TrustBundle(join.Id.TrustDomain, [join.Root])),
            _ => new EnrolmentRequest.Enrol { Csr = SvidRequest.Create(key, join.Id), Token = join.Token },
            cancellationToken);
        Log.Enrolled(_logger, join.Id.ToString(), address);
        return TakeOver(address, answer, join.Id, key, keeps: true, join);
    }

    private async Task<IdentitySnapshot> RenewAsync(
        string address, LocalSvid svid, KeptIdentity kept, JoinString? join, CancellationToken cancellationToken)
    {
        var key = SigningKey.Beside(kept.Key.Kind);
        var keeps = (_now() - _keptAt).Duration() >= _options.KeepEvery;
        var answer = await _client.AskAsync(
            address, Server(kept.Id), svid, new TrustBundleSet(kept.Bundle),
            _ => new EnrolmentRequest.Renew
            {
                Csr = SvidRequest.Create(key, kept.Id),
                ReplacesKey = keeps ? (ReadOnlyMemory<byte>?)kept.Key.PublicHash : null,
            },
            cancellationToken);
        return TakeOver(address, answer, kept.Id, key, keeps, join);
    }

    private async Task<IdentitySnapshot> ReturnAsync(
        string address, KeptIdentity kept, JoinString? join, CancellationToken cancellationToken)
    {
        var key = SigningKey.Beside(kept.Key.Kind);
        var csr = SvidRequest.Create(key, kept.Id);
        var answer = await _client.AskAsync(
            address, Server(kept.Id), null, new TrustBundleSet(kept.Bundle),
            binding => new EnrolmentRequest.Return
            {
                Csr = csr,
                Key = kept.Key.PublicInfo.GetDerEncoded(),
                Proof = kept.Key.Sign(EnrolmentProtocol.ReturnProof(binding.Span, csr)),
                Replaces = true,
            },
            cancellationToken);
        Log.Returned(_logger, kept.Id.ToString(), address);
        return TakeOver(address, answer, kept.Id, key, keeps: true, join);
    }

    /// <summary>Believes the answer only as far as any other chain: it must be ours, and lead to the bundle that came with it.</summary>
    private IdentitySnapshot TakeOver(
        string address, EnrolmentAnswer answer, SpiffeId id, SigningKey key, bool keeps, JoinString? join)
    {
        LocalSvid svid;
        TrustBundle bundle;
        try
        {
            bundle = new TrustBundle(id.TrustDomain, [.. answer.Bundle.Select(TrustBundleReader.Authority)]);
            svid = LocalSvid.Create(answer.Chain, key.Private);
        }
        catch (CertificateFormatException exception)
        {
            throw new IOException($"{address}: the authority's answer cannot be used: {exception.Message}", exception);
        }

        var bundles = new TrustBundleSet(bundle);
        var verdict = _verifier.Verify(answer.Chain, bundles, _now());
        if (verdict.Refusal is { } refusal || svid.Id != id)
        {
            throw new IOException($"{address}: the authority issued what nobody would believe: {verdict.Refusal?.ToString() ?? svid.Id.ToString()}");
        }

        if (keeps)
        {
            var others = (join?.Addresses ?? []).Concat(_kept?.Addresses ?? []).Concat(_pending?.Addresses ?? []);
            Keep(new KeptIdentity(id, key, svid.Chain, bundle)
            {
                Addresses = [.. others.Prepend(address).Distinct(StringComparer.Ordinal).Take(JoinString.AddressesMax)],
            });
        }

        return new IdentitySnapshot(svid, bundles) { IsIslandIssued = svid.Chain[0].IsIslandIssued };
    }

    private void Keep(KeptIdentity kept)
    {
        try
        {
            kept.Write(_store, KeptIdentity.Name);
            (_kept, _keptAt) = (kept, _now());
            if (_pending is not null)
            {
                _store.Remove(KeptIdentity.PendingName);
                _pending = null;
            }
        }
        catch (IOException exception)
        {
            // The identity is good all the same. The key on flash stays one the authority accepts: it keeps the one that was proven.
            Log.NotKept(_logger, exception.Message);
        }
    }

    private static SpiffeId Server(SpiffeId of) => EnrolmentServerId.Of(of.TrustDomain, EnrolmentProtocol.AuthorityPath);
}
