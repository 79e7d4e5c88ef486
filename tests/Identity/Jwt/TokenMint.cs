using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using X0tta6bl4.Identity.Tests.Minting;

namespace X0tta6bl4.Identity.Tests.Jwt;

/// <summary>
/// Mints keys and tokens with the openssl tool, so that the code under test had no part in them. JWKs are written here from what the
/// class library reads out of the keys.
/// </summary>
internal sealed class TokenMint : IDisposable
{
    private readonly OpenSsl _openSsl = new();
    private int _count;

    /// <summary>A new key; the answer is its file.</summary>
    /// <param name="kind">P-256, P-384, P-521, secp256k1, ED25519, or the bits of an RSA key.</param>
    public string Key(string kind)
    {
        var file = _openSsl.PathOf($"{++_count}.key");
        _openSsl.Run(kind switch
        {
            "ED25519" => ["genpkey", "-algorithm", "ED25519", "-out", file],
            "P-256" or "P-384" or "P-521" or "secp256k1" =>
                ["genpkey", "-algorithm", "EC", "-pkeyopt", $"ec_paramgen_curve:{kind}", "-out", file],
            _ => ["genpkey", "-algorithm", "RSA", "-pkeyopt", $"rsa_keygen_bits:{kind}", "-out", file],
        });
        return file;
    }

    /// <summary>The public key as a JWK, with more members at its beginning.</summary>
    public string Jwk(string keyFile, string members = "")
    {
        var own = Members(keyFile);
        return members.Length > 0 ? $"{{{members},{own}}}" : $"{{{own}}}";
    }

    /// <summary>Header and claims as they are given, and a signature of that algorithm.</summary>
    public string Token(string header, string claims, string algorithm, string keyFile)
    {
        var input = $"{Encode(header)}.{Encode(claims)}";
        return $"{input}.{Encode(Sign(input, algorithm, keyFile))}";
    }

    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static byte[] Decode(string text)
    {
        var base64 = text.Replace('-', '+').Replace('_', '/');
        return Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '='));
    }

    /// <summary>The signature as JOSE has it, or as <paramref name="algorithm"/> says instead: ES256-DER, HS256.</summary>
    public byte[] Sign(string input, string algorithm, string keyFile)
    {
        var (inFile, outFile) = (_openSsl.PathOf("sign.in"), _openSsl.PathOf("sign.out"));
        File.WriteAllText(inFile, input);
        var bits = algorithm[2..].Split('-')[0];
        _openSsl.Run(algorithm[..2] switch
        {
            "Ed" => ["pkeyutl", "-sign", "-rawin", "-inkey", keyFile, "-in", inFile, "-out", outFile],
            "HS" =>
            [
                "dgst", $"-sha{bits}", "-mac", "HMAC", "-macopt", $"hexkey:{Convert.ToHexString(File.ReadAllBytes(keyFile))}", "-binary",
                "-out", outFile, inFile,
            ],
            "PS" =>
            [
                "dgst", $"-sha{bits}", "-sign", keyFile, "-sigopt", "rsa_padding_mode:pss",
                "-sigopt", $"rsa_pss_saltlen:{(algorithm.EndsWith("-salt20", StringComparison.Ordinal) ? "20" : "digest")}",
                "-out", outFile, inFile,
            ],
            _ => ["dgst", $"-sha{bits}", "-sign", keyFile, "-out", outFile, inFile],
        });
        var signature = File.ReadAllBytes(outFile);
        return algorithm is "ES256" or "ES384" or "ES512" ? Halves(signature, keyFile) : signature;
    }

    /// <summary>True when OpenSSL says the Ed25519 key of 32 bytes signed the token.</summary>
    public bool IsSignedBy(string token, byte[] publicKey)
    {
        var parts = token.Split('.');
        var (key, inFile, signature) = (_openSsl.PathOf("outside.pub"), _openSsl.PathOf("outside.in"), _openSsl.PathOf("outside.sig"));
        // SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4) up to the key.
        File.WriteAllBytes(key, [.. Convert.FromHexString("302A300506032B6570032100"), .. publicKey]);
        File.WriteAllText(inFile, $"{parts[0]}.{parts[1]}");
        File.WriteAllBytes(signature, Decode(parts[2]));
        try
        {
            _openSsl.Run(
                "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", key, "-in", inFile, "-sigfile", signature);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The public key in PEM: what an attacker who plays HS256 takes for the secret.</summary>
    public string PublicPem(string keyFile)
    {
        var file = $"{keyFile}.pub";
        _openSsl.Run("pkey", "-in", keyFile, "-pubout", "-out", file);
        return file;
    }

    /// <summary>The private key, PKCS #8 in DER.</summary>
    public byte[] Pkcs8(string keyFile)
    {
        var file = _openSsl.PathOf("p8");
        _openSsl.Run("pkcs8", "-topk8", "-nocrypt", "-in", keyFile, "-outform", "DER", "-out", file);
        return File.ReadAllBytes(file);
    }

    public string Write(string name, string text)
    {
        var file = _openSsl.PathOf(name);
        File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => _openSsl.Dispose();

    private string Members(string keyFile)
    {
        var pem = File.ReadAllText(keyFile);
        _openSsl.Run("pkey", "-in", keyFile, "-pubout", "-outform", "DER", "-out", _openSsl.PathOf("pub.der"));
        var der = File.ReadAllBytes(_openSsl.PathOf("pub.der"));
        // Ed25519: the key is the last 32 of 44 bytes (RFC 8410, section 4).
        if (der.Length == 44)
        {
            return $"\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{Encode(der[12..])}\"";
        }

        if (der.AsSpan().IndexOf(Convert.FromHexString("2A864886F70D010101")) >= 0)
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            return $"\"kty\":\"RSA\",\"n\":\"{Encode(parameters.Modulus!)}\",\"e\":\"{Encode(parameters.Exponent!)}\"";
        }

        using var ec = ECDsa.Create();
        ec.ImportFromPem(pem);
        var q = ec.ExportParameters(includePrivateParameters: false).Q;
        var curve = ec.KeySize switch { 384 => "P-384", 521 => "P-521", _ => "P-256" };
        return $"\"kty\":\"EC\",\"crv\":\"{curve}\",\"x\":\"{Encode(q.X!)}\",\"y\":\"{Encode(q.Y!)}\"";
    }

    private static byte[] Halves(byte[] der, string keyFile)
    {
        using var ec = ECDsa.Create();
        ec.ImportFromPem(File.ReadAllText(keyFile));
        var reader = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        var length = (ec.KeySize + 7) / 8;
        return [.. Padded(reader.ReadInteger(), length), .. Padded(reader.ReadInteger(), length)];
    }

    public static byte[] Padded(BigInteger value, int length)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[length - bytes.Length], .. bytes];
    }
}
