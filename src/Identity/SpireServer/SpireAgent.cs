using System.Security.Cryptography;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>
/// What this router is to SPIRE Server: an agent, with an SVID that only the server and it ever see. Immutable.
/// </summary>
/// <param name="Svid">The agent SVID.</param>
/// <param name="Key">Its key.</param>
/// <param name="IsReattestable">It is renewed by attesting again, and not by RenewAgent.</param>
internal sealed record SpireAgent(LocalSvid Svid, SigningKey Key, bool IsReattestable)
{
    /// <summary>Name of the secret that holds it.</summary>
    public const string SecretName = "spire-agent";

    /// <summary>When half of its life is over: it is renewed then.</summary>
    public DateTimeOffset RenewalDue => Svid.Chain[0].NotBefore + ((Svid.Chain[0].NotAfter - Svid.Chain[0].NotBefore) / 2);

    /// <summary>Puts an answer of the server and the key that was made for it together.</summary>
    /// <exception cref="CertificateFormatException">They do not belong together, or it is no SVID of an agent.</exception>
    public static SpireAgent Create(IReadOnlyList<ReadOnlyMemory<byte>> chain, SigningKey key, bool isReattestable, SpireServerSettings settings)
    {
        var svid = LocalSvid.Create(chain, key.Private);
        return svid.Id.TrustDomain == settings.TrustDomain && svid.Id.Path != SpireServerSettings.ServerPath
            ? new SpireAgent(svid, key, isReattestable)
            : throw new CertificateFormatException($"the server gives an agent SVID for {svid.Id}, which is no agent of {settings.TrustDomain}");
    }

    /// <summary>The one that was stored; null when there is none.</summary>
    /// <exception cref="IOException">There is one, and it cannot be opened.</exception>
    public static SpireAgent? Load(SpireServerSettings settings)
    {
        var secret = settings.Store.Get(SecretName);
        if (secret is null)
        {
            return null;
        }

        try
        {
            return SecretFields.Unpack(secret) is [var flags, var key, var chain] && flags.Length == 1
                ? Create(
                    CertificateList.Read(chain.ToArray(), SvidPolicy.ChainCertificatesMax), SigningKey.Read(key), flags.Span[0] != 0, settings)
                : throw new CertificateFormatException("the secret is not what was written");
        }
        catch (CertificateFormatException exception)
        {
            throw new IOException($"the sealed secret \"{SecretName}\" holds no agent SVID, remove it to attest again: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Stores it in place of the one before.</summary>
    /// <exception cref="IOException">It could not be stored.</exception>
    public void Save(ISecretStore store)
    {
        var key = Key.ToPkcs8();
        try
        {
            SecretFields.PackFor(
                packed => store.Put(SecretName, packed),
                new byte[] { IsReattestable ? (byte)1 : (byte)0 }, key, Concatenated(Svid.Chain));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Certificates in DER, one after the other.</summary>
    public static byte[] Concatenated(IEnumerable<Certificate> certificates) => [.. certificates.SelectMany(c => c.Der.ToArray())];
}
