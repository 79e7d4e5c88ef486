using X0tta6bl4.Identity;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Peering.Mqtt;

namespace X0tta6bl4.Agent;

/// <summary>Reaches the broker over mutual TLS: it must prove to be one of those who may be the broker, and so must we.</summary>
internal sealed class TlsDialer(NodeIdentity identity, IReadOnlyList<SpiffeIdPattern> brokers, Random random)
{
    /// <summary>
    /// Part of the time both proofs have left after which the next connection is made, give or take a tenth: early enough for
    /// several attempts, and not by all routers of a site at once.
    /// </summary>
    private const double RenewAt = 0.7;

    /// <summary>
    /// With less left than this, nothing renews one of the proofs: the connection is used to the end, and not replaced ever more
    /// often.
    /// </summary>
    private static readonly TimeSpan LastStretch = TimeSpan.FromSeconds(10);

    /// <summary>How long an attempt waits for an identity to be there. Shorter than connecting may take.</summary>
    private static readonly TimeSpan IdentityPatience = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">Not reachable.</exception>
    /// <exception cref="BrokerException">Not who it should be, or it does not believe us.</exception>
    public async ValueTask<BrokerLink> DialAsync(string host, int port, CancellationToken cancellationToken)
    {
        await IdentityAsync(cancellationToken);
        var link = await PlainTcp.DialAsync(host, port, cancellationToken);
        try
        {
            var stream = await identity.Connections.ConnectAsync(link.Stream, brokers, [], cancellationToken);
            var left = stream.ProvenUntil - identity.Clock.Now;
            return new BrokerLink(stream, left < LastStretch ? left : left * (RenewAt + ((random.NextDouble() - 0.5) * 0.2)));
        }
        catch (TlsHandshakeException exception)
        {
            throw new BrokerException(exception.Message, exception);
        }
    }

    /// <summary>Before there is an identity nothing can be tried: just after the start it is about to come.</summary>
    private async Task IdentityAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = identity.Current.Changed;
            if (identity.IsUsable(identity.Current.Value))
            {
                return;
            }

            try
            {
                await changed.WaitAsync(IdentityPatience, cancellationToken);
            }
            catch (TimeoutException exception)
            {
                throw new BrokerException(
                    identity.Current.Value.Svid is null ? "this router has no identity yet" : "this router's identity has expired", exception);
            }
        }
    }
}
