using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>What a certificate must be that vouches for another one (X509-SVID, sections 3 and 4; RFC 5280, section 6.1.4).</summary>
internal static class Issuer
{
    /// <summary>Null when it may sign for this ID; else what is wrong.</summary>
    /// <param name="issuer">The certificate.</param>
    /// <param name="id">The ID it vouches for, through others perhaps.</param>
    /// <param name="isAuthorityOfBundle">
    /// It is trusted for being in the bundle: a root without key usage may be there, by the operator's word.
    /// </param>
    public static SvidRefusal? Check(Certificate issuer, SpiffeId id, bool isAuthorityOfBundle)
    {
        if (!issuer.IsAuthority)
        {
            return Of(SvidRefusalReason.IssuerIsNoAuthority, issuer, "it signs another one and is no authority (cA is not set)");
        }

        if (issuer.HasKeyUsage ? !issuer.MaySignCertificates : !isAuthorityOfBundle)
        {
            return Of(SvidRefusalReason.IssuerIsNoAuthority, issuer, "it signs another one and its key usage lacks keyCertSign", "X-13");
        }

        if (issuer.UnknownCritical is { } oid)
        {
            return Of(SvidRefusalReason.UnknownCriticalExtension, issuer, $"the critical extension {oid} is not known here");
        }

        return CheckId(issuer, id);
    }

    /// <summary>How many authorities may still follow (RFC 5280, 6.1.4 l and m).</summary>
    public static SvidRefusal? CheckDepth(Certificate issuer, bool isAuthorityOfBundle, ref int below)
    {
        if (!isAuthorityOfBundle && !IsSelfIssued(issuer))
        {
            if (below == 0)
            {
                return Of(SvidRefusalReason.PathTooLong, issuer, "an authority above it allows no further one (pathLenConstraint)");
            }

            below--;
        }

        below = Math.Min(below, issuer.PathLength ?? int.MaxValue);
        return null;
    }

    /// <summary>Issuer and subject are one name: the authority's own, with a new key.</summary>
    public static bool IsSelfIssued(Certificate certificate) => certificate.SubjectDer.AsSpan().SequenceEqual(certificate.IssuerDer);

    /// <summary>An authority need not have an ID; one that has names the trust domain and nothing below it.</summary>
    private static SvidRefusal? CheckId(Certificate issuer, SpiffeId id)
    {
        var uris = issuer.Uris.ToList();
        if (uris.Count == 0)
        {
            return null;
        }

        if (uris.Count > 1)
        {
            return Of(SvidRefusalReason.IssuerId, issuer, $"the authority has {uris.Count} URIs", "X-2");
        }

        if (SpiffeId.Parse(uris[0], out var own) is { } problem)
        {
            // Authorities of the world outside have URIs of other kinds.
            return uris[0].StartsWith("spiffe:", StringComparison.OrdinalIgnoreCase)
                ? Of(SvidRefusalReason.IssuerId, issuer, $"it is an authority whose URI is no SPIFFE ID: {problem.Text}")
                : null;
        }

        if (own.Path.Length > 0)
        {
            return Of(SvidRefusalReason.IssuerId, issuer, "it is an authority whose ID has a path");
        }

        return own.TrustDomain == id.TrustDomain
            ? null
            : Of(SvidRefusalReason.IssuerId, issuer, $"it is an authority of another trust domain than {id.TrustDomain}");
    }

    private static SvidRefusal Of(
        SvidRefusalReason reason, Certificate certificate, string text, string? requirement = null) =>
        SvidRefusal.Of(reason, $"{certificate.Label}: {text}", requirement);
}
