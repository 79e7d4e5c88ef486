using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// Makes API tokens, signed with Ed25519 (EdDSA, RFC 8037). What it makes, <see cref="ApiTokenVerifier"/> takes. Thread-safe.
/// </summary>
public sealed class ApiTokenIssuer
{
    /// <summary>Bytes of the private key (RFC 8032, section 5.1.5).</summary>
    public const int KeyBytes = 32;

    /// <summary>Random bytes of a token's number (jti): 128 bits, so that none comes twice.</summary>
    private const int TokenIdBytes = 16;

    private static readonly UTF8Encoding Unicode = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Ed25519PrivateKeyParameters _key;
    private readonly JsonWebKey _publicKey;
    private readonly string _issuer;

    /// <param name="key">The private key of Ed25519, <see cref="KeyBytes"/> random bytes. Copied: clear it afterwards.</param>
    /// <param name="issuer">Our name in the tokens (iss).</param>
    /// <exception cref="ArgumentException">No key, or no name within the limits.</exception>
    public ApiTokenIssuer(ReadOnlySpan<byte> key, string issuer)
        : this(
            key.Length == KeyBytes
                ? new Ed25519PrivateKeyParameters(key)
                : throw new ArgumentException($"the key has {key.Length} bytes, {KeyBytes} are needed", nameof(key)),
            issuer)
    {
    }

    private ApiTokenIssuer(Ed25519PrivateKeyParameters key, string issuer)
    {
        _issuer = Named(issuer, nameof(issuer));
        _key = key;
        _publicKey = new JsonWebKey(JwkKind.Ed25519, key.GeneratePublicKey().GetEncoded(), [], JwsAlgorithm.EdDSA);
        KeyId = _publicKey.Thumbprint;
    }

    /// <summary>What the tokens call the key: its JWK thumbprint (RFC 7638).</summary>
    public string KeyId { get; }

    /// <summary>Takes the key from PKCS #8.</summary>
    /// <param name="der">The key. Clear it afterwards.</param>
    /// <param name="issuer">Our name in the tokens.</param>
    /// <exception cref="CertificateFormatException">It is no Ed25519 key; the message never holds any of it.</exception>
    /// <exception cref="ArgumentException">No name within the limits.</exception>
    public static ApiTokenIssuer FromPkcs8(ReadOnlyMemory<byte> der, string issuer) =>
        PrivateKey.ReadPkcs8(der) is Ed25519PrivateKeyParameters key
            ? new ApiTokenIssuer(key, issuer)
            : throw new CertificateFormatException("the key is not Ed25519, which API tokens are signed with");

    /// <summary>Makes a token. It is a secret: whoever shows it is the subject, until it ends.</summary>
    /// <param name="subject">For whom it speaks.</param>
    /// <param name="audience">Who is to believe it.</param>
    /// <param name="scopes">What it allows, in words of the API; may be empty.</param>
    /// <param name="lifetime">Whole seconds, at most <see cref="ApiTokenPolicy.DefaultLifetimeMax"/>.</param>
    /// <param name="now">The time; a fraction of a second is cut.</param>
    /// <exception cref="ArgumentException">Something the verifier would not take.</exception>
    public string Issue(string subject, string audience, IReadOnlyCollection<string> scopes, TimeSpan lifetime, DateTimeOffset now)
    {
        if (Named(subject, nameof(subject)).Any(char.IsControl))
        {
            throw new ArgumentException("the subject has control characters", nameof(subject));
        }

        if (scopes.Count > JwtLimits.ScopesMax || !scopes.All(word => ApiTokenVerifier.IsScope(word)))
        {
            throw new ArgumentException(
                $"at most {JwtLimits.ScopesMax} words of 1 to {JwtLimits.ScopeCharsMax} printable characters", nameof(scopes));
        }

        if (lifetime < TimeSpan.FromSeconds(1) || lifetime > ApiTokenPolicy.DefaultLifetimeMax)
        {
            throw new ArgumentOutOfRangeException(
                nameof(lifetime), lifetime, $"1 s to {ApiTokenPolicy.DefaultLifetimeMax.TotalSeconds:0} s");
        }

        var begin = now.ToUnixTimeSeconds();
        if (begin < 0 || begin > JwtClaims.NumericDateMax - ApiTokenPolicy.DefaultLifetimeMax.TotalSeconds)
        {
            throw new ArgumentOutOfRangeException(nameof(now), now, "from 1970 to 9999");
        }

        var header = Part(writer =>
        {
            writer.WriteString("alg", nameof(JwsAlgorithm.EdDSA));
            writer.WriteString("typ", "JWT");
            writer.WriteString("kid", KeyId);
        });
        var claims = Part(writer =>
        {
            writer.WriteString("iss", _issuer);
            writer.WriteString("sub", subject);
            writer.WriteString("aud", Named(audience, nameof(audience)));
            writer.WriteNumber("iat", begin);
            writer.WriteNumber("nbf", begin);
            writer.WriteNumber("exp", begin + (long)lifetime.TotalSeconds);
            writer.WriteString("jti", StrictBase64Url.Encode(RandomNumberGenerator.GetBytes(TokenIdBytes)));
            if (scopes.Count > 0)
            {
                writer.WriteString("scope", string.Join(' ', scopes));
            }
        });
        var signed = $"{header}.{claims}";
        var token = $"{signed}.{StrictBase64Url.Encode(Sign(Encoding.ASCII.GetBytes(signed)))}";
        return token.Length <= JwtLimits.TokenCharsMax
            ? token
            : throw new ArgumentException($"the token would have {token.Length} characters, at most {JwtLimits.TokenCharsMax} are accepted", nameof(subject));
    }

    /// <summary>The JWK set with the public key, for those who verify.</summary>
    public byte[] PublicKeySet()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys");
            _publicKey.Write(writer, KeyId, ApiTokenKeySet.Use);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_issuer}, key {KeyId}";

    private byte[] Sign(byte[] input)
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(input, 0, input.Length);
        return signer.GenerateSignature();
    }

    private static string Named(string text, string parameter)
    {
        if (text.Length is 0 or > JwtLimits.NameCharsMax)
        {
            throw new ArgumentException($"1 to {JwtLimits.NameCharsMax} characters are needed", parameter);
        }

        // Half a character would be written as another one: a token of somebody else.
        _ = Unicode.GetByteCount(text);
        return text;
    }

    private static string Part(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return StrictBase64Url.Encode(buffer.WrittenSpan);
    }
}
