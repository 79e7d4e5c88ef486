using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// What an authority's server shows of itself: an SVID that it issued itself, of a path nobody else is enrolled under. Its key
/// lives in memory alone; a new one is made when half of its life is over. Thread-safe.
/// </summary>
internal sealed class SelfIssuedIdentity(string path, TimeSpan lifetime, bool isIsland, Func<DateTimeOffset> now)
{
    private readonly Lock _lock = new();
    private LocalSvid? _svid;
    private IssuingKey? _by;
    private DateTimeOffset _renewAt;

    /// <exception cref="IdentityAuthorityException">The authority's own certificate does not hold now.</exception>
    public LocalSvid By(IssuingKey authority)
    {
        lock (_lock)
        {
            var time = now();
            // A clock that was set back makes the certificate one of the future.
            if (_svid is { } current && ReferenceEquals(authority, _by) && time < _renewAt && time >= current.Chain[0].NotBefore)
            {
                return current;
            }

            if (SpiffeId.Parse($"{SpiffeId.Scheme}{authority.TrustDomain}{path}", out var id) is { } problem)
            {
                throw new InvalidOperationException(problem.ToString());
            }

            var key = SigningKey.Beside(authority.Key.Kind);
            var chain = authority.IssueSvid(id, PublicKey.Read(key.PublicInfo), lifetime, time, isIsland);
            _svid = LocalSvid.Create([.. chain.Select(c => c.Der)], key.Private);
            _by = authority;
            _renewAt = time + ((_svid.NotAfter - time) / 2);
            return _svid;
        }
    }
}
