using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>Who decides about requests: the site authority, or an island authority in its place.</summary>
internal interface IEnrolmentAuthority
{
    /// <summary>What the server shows of itself; null while it cannot issue anything.</summary>
    LocalSvid? ServerIdentity { get; }

    /// <summary>By which the certificates that nodes show are believed.</summary>
    TrustBundleSet Bundles { get; }

    /// <summary>Answers one request. A refusal is an answer; it never throws for what a stranger sent.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="peer">Who showed a certificate; null when nobody did.</param>
    /// <param name="channelBinding">Of the connection it came over.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<EnrolmentAnswer> AnswerAsync(
        EnrolmentRequest request, VerifiedSvid? peer, ReadOnlyMemory<byte> channelBinding, CancellationToken cancellationToken);
}
