using X0tta6bl4.Identity.X509;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Identity.Revocation;

/// <summary>What is known of a peer whose chain has been proven.</summary>
/// <param name="Refusal">Null: not revoked. Else that it is, or that nobody says.</param>
/// <param name="Until">When it must be known anew; the clock skew is not in it.</param>
/// <param name="MayBeAsked">A responder can still be asked.</param>
/// <param name="Shown">What OCSP said of each certificate, the leaf's first; kept with the connection.</param>
internal sealed record RevocationVerdict(
    SvidRefusal? Refusal, DateTimeOffset Until, bool MayBeAsked, IReadOnlyList<StatusVerdict?> Shown);

/// <summary>
/// Decides whether the certificates of a proven chain were revoked (U-2). Each certificate below the authority of the bundle must
/// be shown not to be, by who signed it; whatever is missing, late or wrong is a refusal.
/// </summary>
/// <remarks>
/// A list that names a certificate counts in every mode. With OCSP, a list serves for an authority in the middle of the chain,
/// which most responders are not asked about; a peer's own certificate needs a response.
/// </remarks>
public sealed class RevocationCheck(RevocationPolicy policy, Latest<RevocationLists> lists, OcspFetcher fetcher)
{
    /// <summary>Largest response a peer may show for one certificate, in bytes.</summary>
    public const int StapleBytesMax = 16 * 1024;

    /// <summary>How.</summary>
    public RevocationPolicy Policy => policy;

    /// <summary>The lists that count now.</summary>
    public Latest<RevocationLists> Lists => lists;

    /// <summary>Peers are asked to show a response.</summary>
    public bool WantsStaples => policy.Mode is RevocationMode.OcspStapled or RevocationMode.Ocsp;

    /// <summary>What the responses a peer has shown say.</summary>
    /// <param name="path">Its chain and the authority.</param>
    /// <param name="staples">A response for each certificate sent, or null.</param>
    /// <param name="now">The time.</param>
    internal IReadOnlyList<StatusVerdict?> Read(
        IReadOnlyList<Certificate> path, IReadOnlyList<ReadOnlyMemory<byte>?> staples, DateTimeOffset now)
    {
        var shown = new StatusVerdict?[path.Count - 1];
        for (var i = 0; WantsStaples && i < shown.Length && i < staples.Count; i++)
        {
            shown[i] = staples[i] is { } staple ? Read(path[i], path[i + 1], staple, now) : null;
        }

        return shown;
    }

    /// <summary>Decides by what is in memory; never waits.</summary>
    /// <param name="path">The chain and the authority.</param>
    /// <param name="shown">What OCSP has said of each.</param>
    /// <param name="now">The time.</param>
    internal RevocationVerdict Judge(IReadOnlyList<Certificate> path, IReadOnlyList<StatusVerdict?> shown, DateTimeOffset now)
    {
        var until = DateTimeOffset.MaxValue;
        SvidRefusal? missing = null;
        for (var i = 0; i + 1 < path.Count; i++)
        {
            var status = Status(path[i], path[i + 1], shown[i], isLeaf: i == 0, now);
            if (status.IsRevoked || (!status.IsGood && policy.Mode != RevocationMode.Ocsp))
            {
                return new RevocationVerdict(status.Refusal, DateTimeOffset.MinValue, MayBeAsked: false, shown);
            }

            missing ??= status.Refusal;
            until = status.IsGood && status.Until < until ? status.Until : until;
        }

        return new RevocationVerdict(missing, missing is null ? until : DateTimeOffset.MinValue, missing is not null, shown);
    }

    /// <summary>Decides, after asking the responders for what is missing.</summary>
    internal async Task<RevocationVerdict> AskAsync(
        IReadOnlyList<Certificate> path, IReadOnlyList<StatusVerdict?> shown, Func<DateTimeOffset> now, CancellationToken cancellationToken)
    {
        var asked = shown.ToArray();
        for (var i = 0; i + 1 < path.Count; i++)
        {
            if (!Status(path[i], path[i + 1], asked[i], isLeaf: i == 0, now()).IsGood)
            {
                asked[i] = await fetcher.AskAsync(path[i], path[i + 1], now, cancellationToken).ConfigureAwait(false);
            }
        }

        return Judge(path, asked, now()) with { MayBeAsked = false };
    }

    private StatusVerdict Status(
        Certificate certificate, Certificate issuer, StatusVerdict? shown, bool isLeaf, DateTimeOffset now)
    {
        var listed = lists.Value.Check(certificate, issuer, now, policy.ClockSkew);
        if (listed.IsRevoked || policy.Mode == RevocationMode.Crl || (listed.IsGood && !isLeaf))
        {
            return listed;
        }

        var remembered = policy.Mode == RevocationMode.Ocsp ? fetcher.Find(certificate, issuer, now) : null;
        if (Better(shown, remembered) is not { } said)
        {
            return StatusVerdict.Unknown($"{certificate.Label}: no OCSP response says that it is not revoked");
        }

        // A connection may outlive what was said when it began.
        return said.IsGood && now - policy.ClockSkew > said.Until
            ? StatusVerdict.Unknown($"{certificate.Label}: the OCSP response was good until {said.Until:u}, it is {now:u} here")
            : said;
    }

    /// <summary>A revocation before all, then the newest that says something.</summary>
    private static StatusVerdict? Better(StatusVerdict? one, StatusVerdict? other) => (one, other) switch
    {
        (null, _) => other,
        (_, null) => one,
        ({ IsRevoked: true }, _) => one,
        (_, { IsRevoked: true }) or ({ IsGood: false }, _) => other,
        (_, { IsGood: false }) => one,
        var (a, b) => b!.Value.AsOf > a!.Value.AsOf ? b : a,
    };

    private StatusVerdict Read(Certificate certificate, Certificate issuer, ReadOnlyMemory<byte> staple, DateTimeOffset now)
    {
        if (staple.Length > StapleBytesMax)
        {
            return StatusVerdict.Unknown(
                $"{certificate.Label}: the OCSP response shown has {staple.Length} bytes, at most {StapleBytesMax} are looked at");
        }

        try
        {
            return OcspResponse.Read(staple).Check(certificate, issuer, now, policy);
        }
        catch (CertificateFormatException exception)
        {
            return StatusVerdict.Unknown($"{certificate.Label}: the OCSP response shown is none: {exception.Message}");
        }
    }
}
