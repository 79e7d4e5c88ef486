using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <content>
/// By whom the server is believed.
/// </content>
public sealed partial class SpireServerIssuer
{
    /// <summary>Name of the secret that holds the newest bundle: no secret, but nobody may change it.</summary>
    private const string BundleSecretName = "spire-bundle";

    /// <summary>Name of the secret that says, by its hash, which configured bundle has served.</summary>
    private const string ServedSecretName = "spire-bundle-served";

    private TrustBundle? _bundle;
    private byte[]? _storedBundle;
    private byte[]? _configured;
    private byte[]? _served;

    /// <summary>
    /// The newest bundle. The configured one counts beside it until the server has given us one, and again when all authorities of
    /// the newest have ended or somebody has changed the file. If it always did, an authority that was withdrawn would be believed
    /// again at each attestation.
    /// </summary>
    private TrustBundle Trust()
    {
        _bundle ??= LoadBundle();
        var newest = _bundle;
        var isAlive = newest?.X509Authorities.Any(a => a.NotAfter > settings.Now()) is true;
        TrustBundle configured;
        try
        {
            configured = settings.Bootstrap();
        }
        catch (Exception exception) when (exception is CertificateFormatException or IOException or UnauthorizedAccessException)
        {
            return isAlive ? newest! : throw new IOException(
                $"the configured bundle of {settings.TrustDomain} cannot be used: {exception.Message}", exception);
        }

        _configured = Sha256.Hash(SpireAgent.Concatenated(configured.X509Authorities));
        _served ??= settings.Store.Get(ServedSecretName);
        if (isAlive && _configured.AsSpan().SequenceEqual(_served))
        {
            return newest!;
        }

        return newest is null
            ? configured
            : configured with
            {
                X509Authorities = [.. configured.X509Authorities.Concat(newest.X509Authorities).DistinctBy(c => Convert.ToHexString(c.Der.Span))],
            };
    }

    private TrustBundle? LoadBundle()
    {
        try
        {
            _storedBundle = settings.Store.Get(BundleSecretName);
            return _storedBundle is null ? null : TrustBundleReader.Read(_storedBundle, settings.TrustDomain);
        }
        catch (CertificateFormatException exception)
        {
            throw new IOException($"the sealed secret \"{BundleSecretName}\" holds no bundle: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Keeps the newest bundle, and that the configured one has served; flash is written only when one has changed. Gives what went
    /// wrong, or null.
    /// </summary>
    private string? Remember(TrustBundle bundle)
    {
        _bundle = bundle;
        return Stored(() =>
        {
            var der = SpireAgent.Concatenated(bundle.X509Authorities);
            if (!der.AsSpan().SequenceEqual(_storedBundle))
            {
                settings.Store.Put(BundleSecretName, der);
                _storedBundle = der;
            }

            if (_configured is { } configured && !configured.AsSpan().SequenceEqual(_served))
            {
                settings.Store.Put(ServedSecretName, configured);
                _served = configured;
            }
        });
    }
}
