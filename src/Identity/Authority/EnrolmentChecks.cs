using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>What the site authority and an island authority check alike. Each throws the refusal it stands for.</summary>
internal static class EnrolmentChecks
{
    /// <summary>The request for a certificate, its signature verified.</summary>
    public static SvidRequest ReadCsr(ReadOnlyMemory<byte> csr)
    {
        try
        {
            return SvidRequest.Read(csr);
        }
        catch (CertificateFormatException exception)
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.BadCertificateRequest, exception.Message);
        }
    }

    /// <summary>The ID asked for is the one that was proven.</summary>
    public static void RequireId(SvidRequest csr, SpiffeId proven)
    {
        if (csr.Id is not { } id || id != proven)
        {
            throw new EnrolmentRefusedException(
                EnrolmentRefusal.OtherId,
                csr.Id is null ? "the request for a certificate names no ID" : "the request for a certificate is for another ID than the proof");
        }
    }

    /// <summary>Null when a node may be called so; else why not.</summary>
    public static string? ProblemOf(SpiffeId id, TrustDomain domain) =>
        id.TrustDomain != domain ? $"{id} is not of the trust domain {domain}"
            : id.Path.Length == 0 ? $"{id} names the trust domain itself; an ID needs a path (X-4)"
            : id.ToString().Length > EnrolmentProtocol.IdCharsMax ? $"the ID has {id.ToString().Length} characters, at most {EnrolmentProtocol.IdCharsMax} are enrolled"
            : id.Path == EnrolmentProtocol.ReservedPath || id.Path.StartsWith($"{EnrolmentProtocol.ReservedPath}/", StringComparison.Ordinal)
                ? $"{id} is kept for authorities; choose a path that does not begin with {EnrolmentProtocol.ReservedPath}/"
            : null;

    /// <summary>The key a node comes back with is one of those, and it signed this request on this connection.</summary>
    public static void RequireProof(
        EnrolmentRequest.Return request, IReadOnlyList<byte[]> keys, ReadOnlyMemory<byte> channelBinding)
    {
        var hash = Sha256.Hash(request.Key.Span);
        if (request.Key.Length > SvidRequest.BytesMax || !keys.Any(k => CryptographicOperations.FixedTimeEquals(k, hash)))
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.BadProof, "the key is none this node may come back with");
        }

        // The hash was of a key that was certified here: the bytes are no stranger's any more.
        var key = PublicKey.Read(SubjectPublicKeyInfo.GetInstance(Asn1Object.FromByteArray(request.Key.ToArray())));
        var algorithm = SigningKey.AlgorithmOf(key.Kind);
        var signer = CertificateSignature.Signer(algorithm.Algorithm, algorithm.Parameters, key.Kind)!;
        signer.Init(forSigning: false, key.Parameters);
        signer.BlockUpdate(EnrolmentProtocol.ReturnProof(channelBinding.Span, request.Csr.Span));
        if (!Verifies(signer, request.Proof))
        {
            throw new EnrolmentRefusedException(EnrolmentRefusal.BadProof, "the signature with the key that was kept is wrong");
        }
    }

    private static bool Verifies(Org.BouncyCastle.Crypto.ISigner signer, ReadOnlyMemory<byte> signature)
    {
        try
        {
            return signer.VerifySignature(signature.ToArray());
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // BouncyCastle's word for bytes that are no signature at all.
            return false;
        }
    }
}
