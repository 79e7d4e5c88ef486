using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>
/// What one <c>X509SVIDResponse</c> makes of us: the whole picture, nothing kept from the one before (W-7, W-8).
/// </summary>
/// <param name="Snapshot">The picture.</param>
/// <param name="Problems">What in it could not be used and does not spoil the rest.</param>
internal sealed record X509SvidUpdate(IdentitySnapshot Snapshot, IReadOnlyList<string> Problems)
{
    /// <summary>First byte of a certificate in DER: the Workload API knows no other form.</summary>
    private const byte Sequence = 0x30;

    /// <summary>Reads a message.</summary>
    /// <param name="message">The message; it holds private keys, the caller clears it.</param>
    /// <param name="hint">Which identity is ours; null for the first (W-26).</param>
    /// <exception cref="ProtobufFormatException">It is no such message, or lacks what it must have (W-10).</exception>
    /// <exception cref="CertificateFormatException">Our certificates, key or bundle are none.</exception>
    public static X509SvidUpdate Read(ReadOnlyMemory<byte> message, string? hint)
    {
        var response = X509SvidResponse.Read(message);
        var svids = Check(response.Svids);
        var problems = new List<string>();
        var chosen = hint is null ? svids[0] : svids.FirstOrDefault(svid => svid.Hint == hint);
        if (chosen is null)
        {
            // Ours was taken back, or never given (W-18).
            problems.Add($"none of the {svids.Count} identities has the hint \"{hint}\": we are nobody");
        }

        var svid = chosen is null ? null : OurSvid(chosen);
        var bundles = new Dictionary<TrustDomain, TrustBundle>();
        foreach (var one in svids.OrderByDescending(one => ReferenceEquals(one, chosen)))
        {
            var domain = IdOf(one).TrustDomain;
            if (!bundles.ContainsKey(domain))
            {
                bundles.Add(domain, ReadBundle(one.Bundle, domain));
            }
        }

        AddFederated(response, bundles, problems);
        return new X509SvidUpdate(new IdentitySnapshot(svid, new TrustBundleSet([.. bundles.Values])), problems);
    }

    /// <summary>
    /// A bundle of somebody else's trust domain that cannot be read costs the trust in that domain and not our own identity.
    /// One that is called federated and is of our own domain does not replace the one beside our certificate.
    /// </summary>
    private static void AddFederated(X509SvidResponse response, Dictionary<TrustDomain, TrustBundle> bundles, List<string> problems)
    {
        foreach (var (domain, bytes) in BundleMap.ByTrustDomain(response.FederatedBundles))
        {
            try
            {
                bundles.TryAdd(domain, ReadBundle(bytes, domain));
            }
            catch (CertificateFormatException exception)
            {
                problems.Add($"{exception.Message}: nobody of {domain} is trusted");
            }
        }

        if (bundles.Count > TrustBundleSet.TrustDomainsMax)
        {
            throw new ProtobufFormatException(
                $"the answer holds {bundles.Count} bundles, at most {TrustBundleSet.TrustDomainsMax} are taken");
        }
    }

    private static LocalSvid OurSvid(X509SvidMessage message)
    {
        var key = message.Key.ToArray();
        try
        {
            var svid = LocalSvid.Create(
                CertificateList.Read(message.Chain, SvidPolicy.ChainCertificatesMax), PrivateKey.ReadPkcs8(key));
            return svid.Id == IdOf(message)
                ? svid
                : throw new CertificateFormatException($"the certificate is for {svid.Id}, and the answer says {IdOf(message)}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static TrustBundle ReadBundle(ReadOnlyMemory<byte> bytes, TrustDomain domain)
    {
        try
        {
            return bytes.Span is [Sequence, ..]
                ? TrustBundleReader.Read(bytes.ToArray(), domain)
                : throw new CertificateFormatException("it is no DER");
        }
        catch (CertificateFormatException exception)
        {
            throw new CertificateFormatException($"the bundle of {domain}: {exception.Message}", exception);
        }
    }

    /// <summary>Every mandatory field is there (W-10, W-15), and of several identities with one hint the first remains (W-16).</summary>
    private static List<X509SvidMessage> Check(IReadOnlyList<X509SvidMessage> svids)
    {
        if (svids.Count is 0 or > WorkloadApiSource.SvidsMax)
        {
            throw new ProtobufFormatException(
                $"the answer holds {svids.Count} identities, 1 to {WorkloadApiSource.SvidsMax} are taken (W-15)");
        }

        var kept = new List<X509SvidMessage>();
        foreach (var svid in svids)
        {
            _ = IdOf(svid);
            var lacking = svid.Chain.IsEmpty ? "certificates" : svid.Key.IsEmpty ? "key" : svid.Bundle.IsEmpty ? "bundle" : null;
            if (lacking is not null)
            {
                throw new ProtobufFormatException($"the identity {IdOf(svid)} has no {lacking}");
            }

            if (Encoding.UTF8.GetByteCount(svid.Hint) > WorkloadApiSource.HintBytesMax)
            {
                throw new ProtobufFormatException(
                    $"the identity {IdOf(svid)} has a hint of over {WorkloadApiSource.HintBytesMax} bytes (W-26)");
            }

            if (svid.Hint.Length == 0 || kept.TrueForAll(known => known.Hint != svid.Hint))
            {
                kept.Add(svid);
            }
        }

        return kept;
    }

    private static SpiffeId IdOf(X509SvidMessage svid) => SpiffeId.Parse(svid.SpiffeId, out var id) is { } problem
        ? throw new ProtobufFormatException($"an identity has no SPIFFE ID: {problem}")
        : id;
}
