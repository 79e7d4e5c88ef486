using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace X0tta6bl4.Identity.Sealed;

/// <summary>
/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2). Chosen over AES-GCM because BouncyCastle's AES looks into tables,
/// whose timing tells on ARM, and because 24 random bytes of nonce never repeat, however often a secret is written.
/// </summary>
internal static class XChaChaBox
{
    public const int KeyBytes = 32;
    public const int NonceBytes = 24;
    public const int TagBytes = 16;

    /// <summary>Encrypts and authenticates into <paramref name="sealedText"/>, which is longer by the tag.</summary>
    public static void Seal(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> sealedText) =>
        Run(forSealing: true, key, nonce, associated, plain, sealedText);

    /// <summary>Opens into <paramref name="plain"/>, which is shorter by the tag; when it fails nothing is left there.</summary>
    /// <returns>False when key, nonce, associated data or text are not those it was sealed with.</returns>
    public static bool Open(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> plain)
    {
        try
        {
            Run(forSealing: false, key, nonce, associated, sealedText, plain);
            return true;
        }
        catch (InvalidCipherTextException)
        {
            // BouncyCastle decrypts as it reads and checks the tag last.
            CryptographicOperations.ZeroMemory(plain);
            return false;
        }
    }

    private static void Run(
        bool forSealing, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> input, Span<byte> output)
    {
        var cipher = new XChaCha20Poly1305();
        cipher.Init(forSealing, new ParametersWithIV(new KeyParameter(key), nonce));
        try
        {
            cipher.ProcessAadBytes(associated);
            var done = cipher.ProcessBytes(input, output);
            cipher.DoFinal(output[done..]);
        }
        finally
        {
            // The cipher keeps the key; a key of zeros takes its place. The KeyParameter's own copy cannot be reached
            // (docs/secrets.md, what cannot be cleared).
            cipher.Init(true, new ParametersWithIV(new KeyParameter(new byte[KeyBytes]), new byte[NonceBytes]));
        }
    }
}
