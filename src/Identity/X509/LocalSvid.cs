using Org.BouncyCastle.Crypto;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.X509;

/// <summary>Our own identity: the certificates we send and the key that proves them. Immutable; replaced whole on rotation.</summary>
public sealed class LocalSvid
{
    internal LocalSvid(SpiffeId id, IReadOnlyList<Certificate> chain, KeyKind keyKind, AsymmetricKeyParameter key)
    {
        Id = id;
        Chain = chain;
        KeyKind = keyKind;
        Key = key;
    }

    /// <summary>Who we are.</summary>
    public SpiffeId Id { get; }

    /// <summary>What we send, our own certificate first.</summary>
    public IReadOnlyList<Certificate> Chain { get; }

    /// <summary>When peers stop believing it: the earliest end of all certificates of the chain.</summary>
    public DateTimeOffset NotAfter => Chain.Min(c => c.NotAfter);

    /// <summary>Kind of our key.</summary>
    public KeyKind KeyKind { get; }

    /// <summary>The private key. Never logged, never written anywhere but sealed.</summary>
    internal AsymmetricKeyParameter Key { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} until {NotAfter:u}";

    /// <summary>Puts a chain and its key together.</summary>
    /// <param name="chain">DER certificates, our own first.</param>
    /// <param name="key">Private key.</param>
    /// <exception cref="CertificateFormatException">No chain, no SVID, or a key of another certificate.</exception>
    internal static LocalSvid Create(IReadOnlyList<ReadOnlyMemory<byte>> chain, AsymmetricKeyParameter key)
    {
        if (chain.Count is 0 or > SvidPolicy.ChainCertificatesMax)
        {
            throw new CertificateFormatException($"a chain has 1 to {SvidPolicy.ChainCertificatesMax} certificates, found {chain.Count}");
        }

        var certificates = chain.Select(Certificate.Read).ToList();
        if (Leaf.Check(certificates[0], out var id) is { } refusal)
        {
            throw new CertificateFormatException($"our own certificate is no SVID: {refusal}");
        }

        if (SvidVerifier.KeyOf(certificates[0], out var publicKey) is { } unusable)
        {
            throw new CertificateFormatException($"our own certificate is no SVID: {unusable}");
        }

        if (!PrivateKey.PublicOf(key).Equals(publicKey!.Parameters))
        {
            throw new CertificateFormatException("the private key does not belong to the certificate");
        }

        return new LocalSvid(id, certificates, publicKey.Kind, key);
    }
}
