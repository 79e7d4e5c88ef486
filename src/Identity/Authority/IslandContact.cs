using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>How an island authority stays in touch with the site authority it stands in for.</summary>
/// <param name="addresses">HOST:PORT of the site authority, tried in turn.</param>
/// <param name="state">What it brings home.</param>
/// <param name="now">The time.</param>
/// <param name="time">For time-outs.</param>
/// <param name="dial">Reaches an address; null: TCP.</param>
public sealed class IslandContact(
    IReadOnlyList<string> addresses, IslandState state, Func<DateTimeOffset> now, TimeProvider time, DialAddress? dial = null)
{
    /// <summary>How often it should be in touch.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>A new certificate is fetched when an eighth of the old one's life is over: an absence may begin at any time.</summary>
    private const double RenewAt = 0.125;

    private readonly EnrolmentClient _client = new(now, time, dial ?? EnrolmentClient.DialTcpAsync);

    /// <summary>Fetches the nodes, and a certificate when it is time.</summary>
    /// <param name="current">Who we are: a node that may be an island authority.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many nodes were left out, for there is a limit to what is kept.</returns>
    /// <exception cref="IdentityRefusedException">The site authority says no.</exception>
    /// <exception cref="IOException">It cannot be reached, or what it said could not be kept.</exception>
    public async Task<int> GetInTouchAsync(IdentitySnapshot current, CancellationToken cancellationToken)
    {
        if (current is not { Svid: { } svid, IsIslandIssued: false })
        {
            throw new IOException("there is no identity from the real authority to show to it");
        }

        List<string> problems = [];
        foreach (var address in addresses)
        {
            try
            {
                return await AskAsync(address, svid, current.Bundles, cancellationToken);
            }
            catch (EnrolmentRefusedException refused) when (!EnrolmentRefusals.PassesByItself(refused.Refusal))
            {
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

    /// <summary>True when the site authority answers at one of its addresses. Needs no identity of ours.</summary>
    public async Task<bool> IsAuthorityThereAsync(TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        // All at once: one that does not answer must not take the time of the others.
        var server = EnrolmentServerId.Of(state.TrustDomain, EnrolmentProtocol.AuthorityPath);
        var attempts = addresses.Select(a => _client.IsThereAsync(a, server, bundles, cancellationToken)).ToList();
        while (attempts.Count > 0)
        {
            var first = await Task.WhenAny(attempts);
            if (await first)
            {
                return true;
            }

            attempts.Remove(first);
        }

        return false;
    }

    private async Task<int> AskAsync(string address, LocalSvid svid, TrustBundleSet bundles, CancellationToken cancellationToken)
    {
        var key = IsTimeForNew() ? SigningKey.Generate(KeyKind.P256) : null;
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

    private bool IsTimeForNew() =>
        state.Key is not { } key || now() >= key.Certificate.NotBefore + ((key.NotAfter - key.Certificate.NotBefore) * RenewAt);
}
