using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>The contact of an island authority with a site authority, which lists its nodes.</summary>
/// <param name="addresses">HOST:PORT of the site authority as known now, tried in turn.</param>
/// <param name="state">What it brings home.</param>
/// <param name="now">The time.</param>
/// <param name="time">For time-outs.</param>
/// <param name="dial">Reaches an address; null: TCP.</param>
public sealed class SiteIslandContact(
    Func<IReadOnlyList<string>> addresses, IslandState state, Func<DateTimeOffset> now, TimeProvider time, DialAddress? dial = null)
    : IIslandContact
{
    private readonly EnrolmentClient _client = new(now, time, dial ?? EnrolmentClient.DialTcpAsync);

    /// <inheritdoc/>
    public async Task<int> GetInTouchAsync(IdentitySnapshot current, CancellationToken cancellationToken)
    {
        if (current is not { Svid: { } svid, IsIslandIssued: false })
        {
            throw new IOException("there is no identity from the real authority to show to it");
        }

        List<string> problems = [];
        foreach (var address in Addresses())
        {
            try
            {
                return await AskAsync(address, svid, current.Bundles, cancellationToken);
            }
            catch (EnrolmentRefusedException refused) when (!EnrolmentRefusals.PassesByItself(refused.Refusal))
            {
                if (refused.Refusal is EnrolmentRefusal.NoIsland or EnrolmentRefusal.Denied or EnrolmentRefusal.NotEnrolled)
                {
                    state.Forget();
                }

                throw new IdentityRefusedException(
                    $"the site authority refuses an island authority ({EnrolmentProtocol.Label(refused.Refusal)}): {refused.Message}", refused);
            }
            catch (Exception exception) when (exception is IOException or EnrolmentRefusedException)
            {
                problems.Add(exception.Message);
            }
        }

        throw new IOException($"the site authority was not in touch: {string.Join("; ", problems)}");
    }

    /// <inheritdoc/>
    public async Task<bool> IsAuthorityThereAsync(TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        // All at once: one that does not answer must not take the time of the others.
        var server = EnrolmentServerId.Of(state.TrustDomain, EnrolmentProtocol.AuthorityPath);
        var attempts = Addresses().Select(a => LookAsync(a, server, bundles, cancellationToken)).ToList();
        List<string> problems = [];
        while (attempts.Count > 0)
        {
            var first = await Task.WhenAny(attempts);
            var (isThere, problem) = await first;
            if (isThere)
            {
                return true;
            }

            problems.AddRange(problem is null ? [] : [problem]);
            attempts.Remove(first);
        }

        return problems.Count == 0 ? false : throw new IOException(string.Join("; ", problems));
    }

    private async Task<(bool IsThere, string? Problem)> LookAsync(
        string address, Spiffe.SpiffeId server, TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.IsThereAsync(address, server, bundles, cancellationToken), null);
        }
        catch (IOException exception)
        {
            return (false, exception.Message);
        }
    }

    private async Task<int> AskAsync(string address, LocalSvid svid, TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        var key = state.IsKeyDue(now()) ? SigningKey.Beside(svid.KeyKind) : null;
        var answer = await _client.AskAsync(
            address, EnrolmentServerId.Of(state.TrustDomain, EnrolmentProtocol.AuthorityPath), svid, bundles,
            _ => new EnrolmentRequest.Island
            {
                Csr = key is null ? default(ReadOnlyMemory<byte>) : SvidRequest.Create(key, EnrolmentServerId.Of(state.TrustDomain, "")),
            },
            cancellationToken);
        if (key is not null)
        {
            try
            {
                state.Take(IssuingKey.Create(state.TrustDomain, key, answer.Chain));
            }
            catch (CertificateFormatException exception)
            {
                throw new IOException($"{address}: the site authority's answer cannot be used: {exception.Message}", exception);
            }
        }

        return state.Take(answer.Nodes ?? throw new IOException($"{address}: the site authority sent no nodes"), now());
    }

    /// <exception cref="IOException">There is none: an island that cannot look for the authority must not stand in for it.</exception>
    private IReadOnlyList<string> Addresses() => addresses() is { Count: > 0 } known
        ? known
        : throw new IOException("no address of the site authority is known");
}
