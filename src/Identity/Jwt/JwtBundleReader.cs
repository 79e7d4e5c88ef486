using System.Text.Json;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// JWT bundles: the JWK set of a trust domain, as the standard's bundle document has it and as the Workload API sends it. Whole or
/// not at all.
/// </summary>
public static class JwtBundleReader
{
    private const string JwtUse = "jwt-svid";

    /// <summary>Reads a bundle.</summary>
    /// <param name="json">The document, at most <see cref="JwtBundle.BytesMax"/>.</param>
    /// <param name="domain">Whose bundle it is: the document does not say.</param>
    /// <exception cref="JwkSetFormatException">It is none; the message says why.</exception>
    public static JwtBundle Read(ReadOnlyMemory<byte> json, TrustDomain domain)
    {
        if (json.Length > JwtBundle.BytesMax)
        {
            throw new JwkSetFormatException($"the bundle has {json.Length} bytes, at most {JwtBundle.BytesMax} are read");
        }

        var set = JwkSet.Read(json, "bundle", JwtBundle.KeysMax, Authority);
        if (set.Keys.GroupBy(a => a.KeyId, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new JwkSetFormatException($"the bundle has two keys of the ID \"{Certificate.Clean(twice.Key)}\" (J-10)");
        }

        return new JwtBundle(domain, set.Keys) { Sequence = set.Sequence, RefreshHint = set.RefreshHint };
    }

    /// <summary>
    /// One key, or null for what the standard says to ignore: other uses, kinds and curves that do not exist here (B-6, B-9, B-10,
    /// J-11). An Ed25519 key is ignored with them, for no JWT-SVID can be signed by it (J-3).
    /// </summary>
    private static NamedKey? Authority(JsonElement jwk)
    {
        if (StrictJson.Text(jwk, "use") != JwtUse || JsonWebKey.Read(jwk) is not { Kind: not JwkKind.Ed25519 } key)
        {
            return null;
        }

        return StrictJson.Text(jwk, "kid") is { Length: > 0 and <= JwtLimits.IdCharsMax } keyId
            ? new NamedKey(keyId, key)
            : throw new JwkSetFormatException($"a jwt-svid key of the bundle has no kid of 1 to {JwtLimits.IdCharsMax} characters (J-10)");
    }
}
