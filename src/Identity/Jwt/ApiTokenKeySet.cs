using System.Collections.Frozen;
using System.Text.Json;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// Whose signatures prove API tokens: Ed25519 and P-256 keys, each for one algorithm alone, EdDSA or ES256. Never the keys of a
/// SPIFFE bundle: a key with a use other than "sig" is ignored. Immutable: its keys are checked once in its life.
/// </summary>
public sealed class ApiTokenKeySet
{
    /// <summary>Most bytes of a key set.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>Most keys.</summary>
    public const int KeysMax = 16;

    internal const string Use = "sig";

    private readonly FrozenDictionary<string, NamedKey> _keys;

    private ApiTokenKeySet(FrozenDictionary<string, NamedKey> keys) => _keys = keys;

    /// <summary>The IDs of the keys; a key that has none has its thumbprint (RFC 7638).</summary>
    public IReadOnlyCollection<string> KeyIds => _keys.Keys;

    /// <summary>Reads a JWK set.</summary>
    /// <param name="json">The document, at most <see cref="BytesMax"/>.</param>
    /// <exception cref="JwkSetFormatException">It is none, or has no key of ours; the message says why.</exception>
    public static ApiTokenKeySet Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > BytesMax)
        {
            throw new JwkSetFormatException($"the key set has {json.Length} bytes, at most {BytesMax} are read");
        }

        var keys = JwkSet.Read(json, "key set", KeysMax, Key).Keys;
        if (keys.Count == 0)
        {
            throw new JwkSetFormatException("the key set has no key for API tokens (Ed25519 or P-256, use absent or \"sig\")");
        }

        return keys.GroupBy(k => k.KeyId, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new JwkSetFormatException($"the key set has two keys of the ID \"{Certificate.Clean(twice.Key)}\"")
            : new ApiTokenKeySet(keys.ToFrozenDictionary(k => k.KeyId, StringComparer.Ordinal));
    }

    /// <summary>The key of that ID; without one the only key, and none where there are several .</summary>
    internal NamedKey? Find(string? keyId) => keyId is null
        ? _keys.Count == 1 ? _keys.Values[0] : null
        : _keys.GetValueOrDefault(keyId);

    private static NamedKey? Key(JsonElement jwk)
    {
        if ((jwk.TryGetProperty("use", out _) && StrictJson.Text(jwk, "use") != Use)
            || JsonWebKey.Read(jwk) is not { Kind: JwkKind.Ed25519 or JwkKind.P256 } key)
        {
            return null;
        }

        if (!jwk.TryGetProperty("kid", out _))
        {
            return new NamedKey(key.Thumbprint, key);
        }

        return StrictJson.Text(jwk, "kid") is { Length: > 0 and <= JwtLimits.IdCharsMax } keyId
            ? new NamedKey(keyId, key)
            : throw new JwkSetFormatException($"the kid of a key is no text of 1 to {JwtLimits.IdCharsMax} characters");
    }
}
