using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// Decides whether a chain of certificates proves a SPIFFE ID (X509-SVID, section 5; RFC 5280, section 6).
/// </summary>
/// <remarks>
/// The chain is taken as it was sent, leaf first, each signed by the next, the last by an authority of the ID's own trust
/// domain. Nothing is searched, fetched or reordered: the work is one pass over at most
/// <see cref="SvidPolicy.ChainCertificatesMax"/> certificates, and what is cheap is checked before any signature.
/// No clock, no files, and no state but <see cref="Known"/>, which changes what a verdict costs and never the verdict. Thread-safe.
/// </remarks>
public sealed class SvidVerifier(SvidPolicy policy)
{
    /// <summary>
    /// Most authorities of one name and key that are tried: a bundle has two while its authority is replaced.
    /// </summary>
    private const int AuthoritiesTriedMax = 8;

    /// <summary>What is demanded beyond the standard.</summary>
    public SvidPolicy Policy => policy;

    /// <summary>Certificates of peers that were believed before.</summary>
    internal KnownCertificates Known { get; } = new();

    /// <summary>Verifies what a peer sent.</summary>
    /// <param name="chain">DER certificates, the peer's own first.</param>
    /// <param name="bundles">Whom we trust, by trust domain.</param>
    /// <param name="now">The time.</param>
    public SvidVerdict Verify(IReadOnlyList<ReadOnlyMemory<byte>> chain, TrustBundleSet bundles, DateTimeOffset now) =>
        Verify(chain, Known.Find, bundles, now);

    /// <summary>The same, for certificates that have been read already.</summary>
    /// <param name="chain">DER certificates, the peer's own first.</param>
    /// <param name="alreadyRead">Gives the certificate of such bytes; null for one that has not been read.</param>
    /// <param name="bundles">Whom we trust, by trust domain.</param>
    /// <param name="now">The time.</param>
    internal SvidVerdict Verify(
        IReadOnlyList<ReadOnlyMemory<byte>> chain, Func<ReadOnlyMemory<byte>, Certificate?> alreadyRead, TrustBundleSet bundles,
        DateTimeOffset now)
    {
        var certificates = new List<Certificate>();
        SpiffeId id = default;
        Certificate? authority = null;
        var refusal = Read(chain, alreadyRead, certificates)
            ?? Leaf.Check(certificates[0], out id)
            ?? CheckLifetime(certificates[0])
            ?? FindAuthority(certificates, id, bundles, now, out authority)
            ?? CheckPath([.. certificates.Skip(1).Append(authority!).Reverse()], certificates[0], id, now)
            ?? KeyOf(certificates[0], out _);
        if (refusal is not null)
        {
            return new SvidVerdict(null, refusal);
        }

        Certificate[] path = [.. certificates, authority!];
        Known.Remember(path);
        return new SvidVerdict(
            new VerifiedSvid(id, path[0].SerialNumber, path.Min(c => c.NotAfter), authority!) { Leaf = path[0], Signer = path[1] }, null)
        {
            Path = path,
        };
    }

    private static SvidRefusal? Read(
        IReadOnlyList<ReadOnlyMemory<byte>> chain, Func<ReadOnlyMemory<byte>, Certificate?> alreadyRead, List<Certificate> into)
    {
        if (chain.Count == 0)
        {
            return SvidRefusal.Of(SvidRefusalReason.NoCertificate, "the peer sent no certificate");
        }

        if (chain.Count > SvidPolicy.ChainCertificatesMax)
        {
            return SvidRefusal.Of(
                SvidRefusalReason.TooLarge,
                $"the chain has {chain.Count} certificates, at most {SvidPolicy.ChainCertificatesMax} are looked at");
        }

        var bytes = chain.Sum(c => (long)c.Length);
        if (bytes > SvidPolicy.ChainBytesMax)
        {
            return SvidRefusal.Of(
                SvidRefusalReason.TooLarge,
                $"the chain has {bytes} bytes, at most {SvidPolicy.ChainBytesMax} are looked at");
        }

        for (var i = 0; i < chain.Count; i++)
        {
            try
            {
                into.Add(alreadyRead(chain[i]) ?? Certificate.Read(chain[i]));
            }
            catch (CertificateFormatException exception)
            {
                return SvidRefusal.Of(SvidRefusalReason.Malformed, $"certificate {i + 1} of the chain: {exception.Message}");
            }

            if (into.SkipLast(1).Any(c => c.Der.Span.SequenceEqual(chain[i].Span)))
            {
                return SvidRefusal.Of(SvidRefusalReason.Malformed, $"certificate {i + 1} of the chain stands there twice");
            }
        }

        return null;
    }

    private SvidRefusal? CheckLifetime(Certificate leaf)
    {
        var lifetime = leaf.NotAfter - leaf.NotBefore;
        return lifetime <= policy.LifetimeMax + policy.LifetimeTolerance
            ? null
            : SvidRefusal.Of(
                SvidRefusalReason.LifetimeTooLong,
                $"{leaf.Label}: it is valid for {lifetime.TotalSeconds:0} s, at most {policy.LifetimeMax.TotalSeconds:0} s "
                + $"and {policy.LifetimeTolerance.TotalSeconds:0} s of tolerance are accepted");
    }

    /// <summary>
    /// The authority that signed the top of the chain. A peer may send the authority itself along; it is taken from the
    /// bundle all the same.
    /// </summary>
    private SvidRefusal? FindAuthority(
        List<Certificate> chain, SpiffeId id, TrustBundleSet bundles, DateTimeOffset now, out Certificate? authority)
    {
        authority = null;
        if (bundles.Find(id.TrustDomain) is not { X509Authorities.Count: > 0 } bundle)
        {
            return SvidRefusal.Of(
                SvidRefusalReason.UnknownTrustDomain, $"{id}: there is no bundle of the trust domain {id.TrustDomain}");
        }

        if (chain.Count > 1 && bundle.X509Authorities.Any(a => a.Der.Span.SequenceEqual(chain[^1].Der.Span)))
        {
            chain.RemoveAt(chain.Count - 1);
        }

        var top = chain[^1];
        SvidRefusal? refusal = null;
        // An authority that was renewed stands there twice: the one that is valid now first.
        var candidates = bundle.X509Authorities
            .Where(a => MaySign(a, top))
            .OrderBy(a => CheckTime(a, now) is null ? 0 : 1)
            .Take(AuthoritiesTriedMax);
        foreach (var candidate in candidates)
        {
            refusal = CheckSignature(top, candidate);
            if (refusal is null)
            {
                authority = candidate;
                return null;
            }
        }

        return refusal ?? SvidRefusal.Of(
            SvidRefusalReason.UnknownAuthority,
            $"{top.Label}: its issuer \"{Certificate.Clean(top.Issuer.ToString())}\" is no authority of the trust domain {bundle.TrustDomain}");
    }

    /// <summary>From the authority down to the leaf, which is not part of <paramref name="path"/>.</summary>
    private SvidRefusal? CheckPath(Certificate[] path, Certificate leaf, SpiffeId id, DateTimeOffset now)
    {
        var below = int.MaxValue;
        for (var i = 0; i < path.Length; i++)
        {
            var issuer = path[i];
            var child = i + 1 < path.Length ? path[i + 1] : leaf;
            // The signature of the first below the authority was checked when the authority was found.
            var refusal = CheckTime(issuer, now)
                ?? Issuer.Check(issuer, id, isAuthorityOfBundle: i == 0)
                ?? Issuer.CheckDepth(issuer, isAuthorityOfBundle: i == 0, ref below)
                ?? (i == 0 ? null : CheckSignature(child, issuer))
                ?? CheckNames(issuer, path[(i + 1)..], leaf);
            if (refusal is not null)
            {
                return refusal;
            }
        }

        return CheckTime(leaf, now);
    }

    private SvidRefusal? CheckSignature(Certificate child, Certificate issuer)
    {
        if (!issuer.SubjectDer.AsSpan().SequenceEqual(child.IssuerDer))
        {
            return SvidRefusal.Of(
                SvidRefusalReason.UnknownAuthority,
                $"{child.Label}: its issuer is \"{Certificate.Clean(child.Issuer.ToString())}\", the next of the chain is {issuer.Label}");
        }

        return Known.IsSigned(child, issuer) ? null : KeyOf(issuer, out var key) ?? CertificateSignature.Check(child, key!);
    }

    /// <summary>Its subject is the child's issuer, and its key the one the child names, where both name one.</summary>
    private static bool MaySign(Certificate issuer, Certificate child) =>
        issuer.SubjectDer.AsSpan().SequenceEqual(child.IssuerDer)
        && (issuer.KeyId is null || child.IssuerKeyId is null || issuer.KeyId.AsSpan().SequenceEqual(child.IssuerKeyId));

    /// <summary>A certificate's key; a refusal when it is none that is accepted, or none at all.</summary>
    internal static SvidRefusal? KeyOf(Certificate certificate, out PublicKey? key)
    {
        PublicKey? read = null;
        var refusal = Usable(certificate, () => read = certificate.Key);
        key = read;
        return refusal;
    }

    /// <summary>Does something with a certificate's key; null when it went well.</summary>
    internal static SvidRefusal? Usable(Certificate certificate, Action use)
    {
        try
        {
            use();
            return null;
        }
        catch (WeakKeyException exception)
        {
            return SvidRefusal.Of(SvidRefusalReason.WeakKey, $"{certificate.Label}: {exception.Message}");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // BouncyCastle's word for a point off the curve, a modulus with a small factor, bytes that are no key.
            return SvidRefusal.Of(
                SvidRefusalReason.WeakKey, $"{certificate.Label}: its key cannot be used ({exception.GetType().Name})");
        }
    }

    /// <summary>Everything below an authority with constraints; a self-issued one in between is exempt (RFC 5280, 6.1.3 b).</summary>
    private static SvidRefusal? CheckNames(Certificate issuer, Certificate[] between, Certificate leaf)
    {
        if (issuer.NameConstraints is not { } constraints)
        {
            return null;
        }

        foreach (var certificate in between.Where(c => !Issuer.IsSelfIssued(c)).Append(leaf))
        {
            if (constraints.Problem(certificate) is { } problem)
            {
                return SvidRefusal.Of(
                    SvidRefusalReason.NameConstraint, $"{certificate.Label}: {problem} of its authority {issuer.Label}");
            }
        }

        return null;
    }

    private SvidRefusal? CheckTime(Certificate certificate, DateTimeOffset now)
    {
        if (now + policy.ClockSkew < certificate.NotBefore)
        {
            return SvidRefusal.Of(
                SvidRefusalReason.NotYetValid,
                $"{certificate.Label}: it is valid from {certificate.NotBefore:u}, it is {now:u} here");
        }

        return now - policy.ClockSkew > certificate.NotAfter
            ? SvidRefusal.Of(
                SvidRefusalReason.Expired,
                $"{certificate.Label}: it was valid until {certificate.NotAfter:u}, it is {now:u} here")
            : null;
    }
}
