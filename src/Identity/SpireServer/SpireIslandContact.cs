using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>
/// The contact of an island authority with a SPIRE Server: a downstream authority of it, and no list of nodes, which the island
/// learns from those who greet it.
/// </summary>
/// <param name="server">The server, as this router is known to it.</param>
/// <param name="state">What it brings home.</param>
/// <param name="lifetime">
/// What is asked for; the server gives no more than its own certificate has left, a day unless <c>ca_ttl</c> says otherwise.
/// </param>
/// <param name="now">The time.</param>
public sealed class SpireIslandContact(SpireServerIssuer server, IslandState state, TimeSpan lifetime, Func<DateTimeOffset> now) : IIslandContact
{
    /// <inheritdoc/>
    public async Task<int> GetInTouchAsync(IdentitySnapshot current, CancellationToken cancellationToken)
    {
        if (current is not { Svid: { } svid, IsIslandIssued: false })
        {
            throw new IOException("there is no identity from the SPIRE Server to show to it");
        }

        if (state.IsKeyDue(now()))
        {
            try
            {
                state.Take(await server.NewDownstreamAuthorityAsync(svid, lifetime, cancellationToken));
            }
            catch (IdentityRefusedException)
            {
                state.Forget();
                throw;
            }
        }
        else if (!await server.IsThereAsync(cancellationToken))
        {
            throw new IOException("the SPIRE Server was not in touch");
        }

        state.Contacted(now());
        return 0;
    }

    /// <inheritdoc/>
    public Task<bool> IsAuthorityThereAsync(TrustBundleSet bundles, CancellationToken cancellationToken) => server.IsThereAsync(cancellationToken);
}
