using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>What the peer's own certificate must be, whoever signed it (X509-SVID, sections 2 to 4).</summary>
internal static class Leaf
{
    /// <summary>Null and the ID it is for; else what is wrong.</summary>
    public static SvidRefusal? Check(Certificate leaf, out SpiffeId id)
    {
        var refusal = ReadId(leaf, out id);
        return refusal ?? (leaf.Version != 3 ? Of(SvidRefusalReason.Malformed, leaf, "it is no X.509 certificate of version 3")
            : !leaf.HasSoundSerial ? Of(SvidRefusalReason.Malformed, leaf, "its serial number is not positive, or longer than 20 bytes")
            : leaf.IsAuthority ? Of(SvidRefusalReason.LeafIsAuthority, leaf, "it is an authority's (cA is set)")
            : CheckUsage(leaf) ?? CheckExtendedUsage(leaf)
            ?? (leaf.UnknownCritical is { } oid
                ? Of(SvidRefusalReason.UnknownCriticalExtension, leaf, $"the critical extension {oid} is not known here")
                : CheckKey(leaf)));
    }

    private static SvidRefusal? ReadId(Certificate leaf, out SpiffeId id)
    {
        id = default;
        var uris = leaf.Uris.ToList();
        if (uris.Count != 1)
        {
            return Of(
                SvidRefusalReason.NotOneUri, leaf, $"it has {uris.Count} URIs among its alternative names, not one",
                uris.Count == 0 ? "X-1" : "X-2");
        }

        if (SpiffeId.Parse(uris[0], out id) is { } problem)
        {
            return SvidRefusal.Of(SvidRefusalReason.BadSpiffeId, $"its URI is no SPIFFE ID: {problem.Text}", problem.Requirement);
        }

        if (id.Path.Length == 0)
        {
            return Of(SvidRefusalReason.NoPath, leaf, "its ID has no path: it names the trust domain");
        }

        return leaf.Subject.IsEmpty && !leaf.AlternativeNamesAreCritical
            ? Of(SvidRefusalReason.NamesNotCritical, leaf, "its subject is empty and its alternative names are not critical")
            : null;
    }

    private static SvidRefusal? CheckUsage(Certificate leaf)
    {
        if (!leaf.HasKeyUsage)
        {
            return Of(SvidRefusalReason.LeafKeyUsage, leaf, "it has no key usage", "X-11");
        }

        if (!leaf.KeyUsageIsCritical)
        {
            return Of(SvidRefusalReason.LeafKeyUsage, leaf, "its key usage is not critical", "X-12");
        }

        if (!leaf.MaySign)
        {
            return Of(SvidRefusalReason.LeafKeyUsage, leaf, "its key usage lacks digitalSignature", "X-14");
        }

        return leaf.MaySignCertificates || leaf.MaySignRevocationLists
            ? Of(SvidRefusalReason.LeafKeyUsage, leaf, "its key usage has keyCertSign or cRLSign", "X-15")
            : null;
    }

    private static SvidRefusal? CheckExtendedUsage(Certificate leaf) =>
        leaf.ExtendedKeyUsages is { } usages
            && !(usages.Contains(KeyPurposeID.id_kp_serverAuth) && usages.Contains(KeyPurposeID.id_kp_clientAuth))
            ? Of(SvidRefusalReason.ExtendedKeyUsage, leaf, "its extended key usage lacks serverAuth or clientAuth")
            : null;

    /// <summary>Only its kind: its owner is a stranger yet.</summary>
    private static SvidRefusal? CheckKey(Certificate leaf) => SvidVerifier.Usable(leaf, () => PublicKey.CheckKind(leaf.KeyInfo));

    private static SvidRefusal Of(
        SvidRefusalReason reason, Certificate certificate, string text, string? requirement = null) =>
        SvidRefusal.Of(reason, $"{certificate.Label}: {text}", requirement);
}
