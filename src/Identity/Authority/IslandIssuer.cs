using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// Gets an identity from island authorities. Whom we trust does not change by it: an island's word on that counts for nothing.
/// </summary>
/// <param name="addresses">HOST:PORT of the island authorities, tried in turn.</param>
/// <param name="store">Where the key is kept by which this router comes back; of a SPIRE node there is none.</param>
/// <param name="now">The time.</param>
/// <param name="time">For time-outs.</param>
/// <param name="dial">Reaches an address; null: TCP.</param>
public sealed class IslandIssuer(
    IReadOnlyList<string> addresses, ISecretStore store, Func<DateTimeOffset> now, TimeProvider time,
    DialAddress? dial = null) : IIdentityIssuer
{
    private readonly EnrolmentClient _client = new(now, time, dial ?? EnrolmentClient.DialTcpAsync);
    private readonly SvidVerifier _verifier = new(new SvidPolicy());

    /// <inheritdoc/>
    public string Kind => "island";

    /// <inheritdoc/>
    public async Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken)
    {
        var kept = KeptIdentity.Read(store, KeptIdentity.Name);
        List<string> problems = [];
        foreach (var address in addresses)
        {
            try
            {
                return await AskAsync(address, current, kept, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or EnrolmentRefusedException)
            {
                // One island's no is not another's.
                problems.Add(exception.Message);
            }
        }

        throw new IOException(addresses.Count == 0 ? "there is no island authority" : $"no island authority issues: {string.Join("; ", problems)}");
    }

    /// <summary>Asks each island authority whether it would renew us; one that learns its nodes knows us from then on.</summary>
    /// <param name="current">Our identity, of the real authority.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// Until when the last of them would renew us, if the real authority were gone now; null when none would. And what is wrong
    /// with each that would not, or was not reached.
    /// </returns>
    public async Task<(DateTimeOffset? Until, IReadOnlyList<string> Problems)> GreetAsync(IdentitySnapshot current, CancellationToken cancellationToken)
    {
        var svid = current.Svid ?? throw new ArgumentException("nobody greets without an identity", nameof(current));
        DateTimeOffset? last = null;
        List<string> problems = [];
        foreach (var address in addresses)
        {
            try
            {
                var answer = await _client.AskAsync(
                    address, Server(svid), svid, current.Bundles,
                    _ => new EnrolmentRequest.Greet { Csr = default(ReadOnlyMemory<byte>) }, cancellationToken);
                var until = answer.StandsInUntil ?? throw new IOException($"{address}: the island authority does not say until when it stands in");
                last = until > last ? until : last ?? until;
            }
            catch (Exception exception) when (exception is IOException or EnrolmentRefusedException)
            {
                problems.Add(exception.Message);
            }
        }

        return (last, problems);
    }

    private async Task<IdentitySnapshot> AskAsync(
        string address, IdentitySnapshot? current, KeptIdentity? kept, CancellationToken cancellationToken)
    {
        if (current?.Svid is { } svid && svid.NotAfter > now())
        {
            try
            {
                var key = SigningKey.Beside(svid.KeyKind);
                var answer = await _client.AskAsync(
                    address, Server(svid), svid, current.Bundles,
                    _ => new EnrolmentRequest.Renew { Csr = SvidRequest.Create(key, svid.Id) }, cancellationToken);
                return TakeOver(address, answer, svid.Id, key, current.Bundles);
            }
            catch (EnrolmentRefusedException refused) when (refused.Refusal == EnrolmentRefusal.NotRenewable && kept is not null)
            {
                // Another island's certificate, or one from before the enrolment.
            }
            catch (IOException exception) when (exception is not UnreachableException && kept is not null)
            {
                // Its clock may be ahead of ours, and our certificate have ended there.
            }
        }

        return kept is not null
            ? await ReturnAsync(address, kept, cancellationToken)
            : throw new IOException($"{address}: there is neither a valid identity to show nor a key that was kept");
    }

    private async Task<IdentitySnapshot> ReturnAsync(string address, KeptIdentity kept, CancellationToken cancellationToken)
    {
        var key = SigningKey.Beside(kept.Key.Kind);
        var csr = SvidRequest.Create(key, kept.Id);
        var bundles = new TrustBundleSet(kept.Bundle);
        var answer = await _client.AskAsync(
            address, EnrolmentServerId.Of(kept.Id.TrustDomain, EnrolmentProtocol.IslandPath), null, bundles,
            binding => new EnrolmentRequest.Return
            {
                Csr = csr,
                Key = kept.Key.PublicInfo.GetDerEncoded(),
                Proof = kept.Key.Sign(EnrolmentProtocol.ReturnProof(binding.Span, csr)),
            },
            cancellationToken);
        return TakeOver(address, answer, kept.Id, key, bundles);
    }

    private IdentitySnapshot TakeOver(
        string address, EnrolmentAnswer answer, Spiffe.SpiffeId id, SigningKey key, TrustBundleSet bundles)
    {
        var verdict = _verifier.Verify(answer.Chain, bundles, now());
        if (verdict.Refusal is { } refusal || verdict.Svid!.Id != id)
        {
            throw new IOException($"{address}: the island authority issued what nobody would believe: {verdict.Refusal?.ToString() ?? "another ID"}");
        }

        try
        {
            return new IdentitySnapshot(LocalSvid.Create(answer.Chain, key.Private), bundles) { IsIslandIssued = true };
        }
        catch (CertificateFormatException exception)
        {
            throw new IOException($"{address}: the island authority's answer cannot be used: {exception.Message}", exception);
        }
    }

    private static Spiffe.SpiffeId Server(LocalSvid svid) => EnrolmentServerId.Of(svid.Id.TrustDomain, EnrolmentProtocol.IslandPath);
}
