using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>How an island authority stays in touch with the real authority it stands in for.</summary>
public interface IIslandContact
{
    /// <summary>How often it should be in touch.</summary>
    static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Brings home what the real authority has for an island: a certificate when it is time, the nodes where it lists them.</summary>
    /// <param name="current">Who we are: a node that may be an island authority.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many nodes were left out, for there is a limit to what is kept.</returns>
    /// <exception cref="IdentityRefusedException">
    /// The real authority says no. When it means that this router is no island any more, what it brought home before is forgotten.
    /// </exception>
    /// <exception cref="IOException">It cannot be reached, or what it said could not be kept.</exception>
    Task<int> GetInTouchAsync(IdentitySnapshot current, CancellationToken cancellationToken);

    /// <summary>
    /// True when the real authority answers; false when it cannot be reached, not in time, or says itself that it cannot issue.
    /// Needs no identity of ours.
    /// </summary>
    /// <exception cref="IOException">
    /// It cannot be said: nobody knows where it is, or something is there that is not believed to be the authority, be it for
    /// want of a bundle here. An island must not take that for an absence.
    /// </exception>
    Task<bool> IsAuthorityThereAsync(TrustBundleSet bundles, CancellationToken cancellationToken);
}
