using System.Security.Cryptography;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>An authority's key and certificates in the sealed store: one secret, so that they never disagree.</summary>
public static class AuthorityKeyStore
{
    /// <summary>Name of the site authority's secret.</summary>
    public const string SiteName = "site-authority";

    /// <summary>The authority of that name; null when there is none.</summary>
    /// <exception cref="IOException">It is there and cannot be opened, or is no authority.</exception>
    public static IssuingKey? Read(ISecretStore store, string name)
    {
        var secret = store.Get(name);
        if (secret is null)
        {
            return null;
        }

        try
        {
            var fields = SecretFields.Unpack(secret);
            return fields.Count >= 3 && TrustDomain.Parse(System.Text.Encoding.ASCII.GetString(fields[0].Span), out var domain) is null
                ? IssuingKey.Create(domain, SigningKey.Read(fields[1]), [.. fields.Skip(2).Select(f => (ReadOnlyMemory<byte>)f.ToArray())])
                : throw new CertificateFormatException("the secret is not what was written");
        }
        catch (CertificateFormatException exception)
        {
            throw new IOException($"the sealed secret \"{name}\" holds no authority: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Stores an authority in place of the one of that name.</summary>
    /// <exception cref="IOException">It could not be stored.</exception>
    public static void Write(ISecretStore store, string name, IssuingKey authority)
    {
        var key = authority.Key.ToPkcs8();
        try
        {
            SecretFields.PackFor(
                packed => store.Put(name, packed),
                [System.Text.Encoding.ASCII.GetBytes(authority.TrustDomain.Name), key, .. authority.Chain.Select(c => c.Der)]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
