using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.Sealed;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Authority;

/// <summary>
/// What a router keeps, sealed, so that it comes back after a reboot without a new token: a key the authority remembers, its
/// certificate, and the authorities it trusts.
/// </summary>
/// <param name="Id">Who it is.</param>
/// <param name="Key">The key.</param>
/// <param name="Chain">Its certificate and those above it; empty before the first.</param>
/// <param name="Bundle">The authorities.</param>
internal sealed record KeptIdentity(SpiffeId Id, SigningKey Key, IReadOnlyList<Certificate> Chain, TrustBundle Bundle)
{
    /// <summary>
    /// HOST:PORT of the authority, the last one that answered first: the join string that named them may be gone by the next boot.
    /// </summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Name of the secret.</summary>
    public const string Name = "site-identity";

    /// <summary>
    /// Name of the one that is being enrolled: a token that turns out to be no good must not cost the router what it had.
    /// </summary>
    public const string PendingName = "site-identity-pending";

    /// <summary>The identity itself; null before the first.</summary>
    public LocalSvid? ToSvid() => Chain.Count == 0 ? null : LocalSvid.Create([.. Chain.Select(c => c.Der)], Key.Private);

    /// <exception cref="IOException">It is there and cannot be opened, or is none.</exception>
    public static KeptIdentity? Read(ISecretStore store, string name)
    {
        var secret = store.Get(name);
        if (secret is null)
        {
            return null;
        }

        try
        {
            var fields = SecretFields.Unpack(secret);
            if (fields.Count < 4 || SpiffeId.Parse(Encoding.ASCII.GetString(fields[0].Span), out var id) is not null)
            {
                throw new CertificateFormatException("the secret is not what was written");
            }

            // Authorities and links of the chain are told apart by the number of links, which stands before them.
            var links = fields[2].Span is [var count] ? count : throw new CertificateFormatException("the secret is not what was written");
            var certificates = fields.Skip(4).Select(f => Certificate.Read(f.ToArray())).ToList();
            return links <= certificates.Count
                ? new KeptIdentity(
                    id, SigningKey.Read(fields[1]), certificates[..links], new TrustBundle(id.TrustDomain, certificates[links..]))
                {
                    Addresses = Encoding.ASCII.GetString(fields[3].Span).Split('\n', StringSplitOptions.RemoveEmptyEntries),
                }
                : throw new CertificateFormatException("the secret is not what was written");
        }
        catch (CertificateFormatException exception)
        {
            throw new IOException(
                $"the sealed secret \"{name}\" holds no identity: {exception.Message}; remove it and enrol with a new token", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <exception cref="IOException">It could not be stored; what was there stays.</exception>
    public void Write(ISecretStore store, string name)
    {
        var key = Key.ToPkcs8();
        try
        {
            SecretFields.PackFor(
                packed => store.Put(name, packed),
                [
                    Encoding.ASCII.GetBytes(Id.ToString()), key, new[] { (byte)Chain.Count },
                    Encoding.ASCII.GetBytes(string.Join('\n', Addresses)),
                    .. Chain.Select(c => c.Der), .. Bundle.X509Authorities.Select(c => c.Der),
                ]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"kept identity of {Id}";
}
