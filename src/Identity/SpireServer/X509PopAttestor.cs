using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>
/// Attests with a certificate this router was provisioned with, and the proof that it holds its key (SPIRE's <c>x509pop</c>).
/// May be done again at any time, so that a router that was off for longer than its agent SVID lived comes back by itself.
/// ECDSA keys on P-256 and P-384.
/// </summary>
/// <remarks>
/// Both sides give a nonce, of 32 bytes; SHA-256 over the server's and ours is signed. Messages are JSON, bytes in it base64.
/// </remarks>
public sealed class X509PopAttestor : INodeAttestor
{
    /// <summary>Bytes of a nonce.</summary>
    public const int NonceBytes = 32;

    /// <summary>Most bytes of a challenge.</summary>
    public const int ChallengeBytesMax = 4096;

    private const int DepthMax = 4;

    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _chain;
    private readonly ECPrivateKeyParameters _key;

    private X509PopAttestor(IReadOnlyList<ReadOnlyMemory<byte>> chain, ECPrivateKeyParameters key)
    {
        _chain = chain;
        _key = key;
    }

    /// <inheritdoc/>
    public string Type => "x509pop";

    /// <summary>Puts the two together.</summary>
    /// <param name="certificates">The chain in PEM or DER, the router's own certificate first.</param>
    /// <param name="key">Its key, PKCS #8 in PEM or DER. Clear it after use.</param>
    /// <exception cref="CertificateFormatException">One is not what it should be, or they do not belong together.</exception>
    public static X509PopAttestor Create(ReadOnlyMemory<byte> certificates, ReadOnlyMemory<byte> key)
    {
        var chain = CertificateList.Read(certificates, SvidPolicy.ChainCertificatesMax);
        var leaf = Certificate.Read(chain[0]);
        var pkcs8 = CertificateList.ReadKey(key);
        try
        {
            if (PrivateKey.ReadPkcs8(pkcs8) is not ECPrivateKeyParameters read)
            {
                throw new CertificateFormatException("x509pop here takes keys on P-256 or P-384");
            }

            if (SvidVerifier.KeyOf(leaf, out var publicKey) is { } unusable)
            {
                throw new CertificateFormatException(unusable.ToString());
            }

            return PrivateKey.PublicOf(read).Equals(publicKey!.Parameters)
                ? new X509PopAttestor(chain, read)
                : throw new CertificateFormatException("the private key does not belong to the certificate");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <inheritdoc/>
    public byte[] Payload()
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteStartArray("certificates"u8);
        foreach (var certificate in _chain)
        {
            writer.WriteBase64StringValue(certificate.Span);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public byte[] Answer(ReadOnlyMemory<byte> challenge)
    {
        var theirs = NonceOf(challenge);
        var ours = RandomNumberGenerator.GetBytes(NonceBytes);
        var digest = new Sha256Digest();
        digest.BlockUpdate(theirs);
        digest.BlockUpdate(ours);
        var hash = new byte[digest.GetDigestSize()];
        digest.DoFinal(hash);

        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
        signer.Init(forSigning: true, _key);
        var signature = signer.GenerateSignature(hash);

        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteStartObject("ecdsa_signature"u8);
        writer.WriteBase64String("nonce"u8, ours);
        writer.WriteBase64String("r"u8, signature[0].ToByteArrayUnsigned());
        writer.WriteBase64String("s"u8, signature[1].ToByteArrayUnsigned());
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public void Attested()
    {
        // The certificate proves it again next time.
    }

    private static byte[] NonceOf(ReadOnlyMemory<byte> challenge)
    {
        if (challenge.Length > ChallengeBytesMax)
        {
            throw new IOException($"the x509pop challenge has {challenge.Length} bytes, at most {ChallengeBytesMax} are read");
        }

        try
        {
            using var document = JsonDocument.Parse(
                challenge, new JsonDocumentOptions { MaxDepth = DepthMax, AllowDuplicateProperties = false });
            return document.RootElement.TryGetProperty("ecdsa_signature", out var signature)
                && signature.ValueKind == JsonValueKind.Object && signature.TryGetProperty("nonce", out var text)
                && text.ValueKind == JsonValueKind.String && text.TryGetBytesFromBase64(out var nonce) && nonce.Length == NonceBytes
                    ? nonce
                    : throw new IOException($"the x509pop challenge has no ECDSA nonce of {NonceBytes} bytes");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new IOException("the x509pop challenge is no JSON object", exception);
        }
    }
}
