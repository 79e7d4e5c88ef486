using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace X0tta6bl4.Identity.Tests.Minting;

/// <summary>What a response is to say. The defaults are a flawless one about the certificate asked for.</summary>
internal sealed record ResponseWish
{
    /// <summary>good 0, revoked 1, unknown 2; any other is no status.</summary>
    public int Status { get; init; }

    public DateTimeOffset ThisUpdate { get; init; }

    public DateTimeOffset? NextUpdate { get; init; }

    public DateTimeOffset ProducedAt { get; init; }

    /// <summary>Of the CertID.</summary>
    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA1;

    public byte[]? Serial { get; init; }

    public byte[]? Nonce { get; init; }

    public bool IsKeyNamed { get; init; }

    /// <summary>How often the answer stands there.</summary>
    public int Times { get; init; } = 1;

    /// <summary>A critical extension nobody knows: in the answer, or in the response.</summary>
    public bool HasCriticalInAnswer { get; init; }

    public bool HasCritical { get; init; }

    public int Version { get; init; }

    public int ResponseStatus { get; init; }

    public string Kind { get; init; } = "1.3.6.1.5.5.7.48.1.1";

    public IReadOnlyList<Minted> Certificates { get; init; } = [];
}

/// <summary>
/// OCSP responses the openssl tool would not make, in the platform's DER and with its signatures: our code has no part in them.
/// </summary>
internal static class OcspForge
{
    public static byte[] Make(Minted about, Minted issuer, Minted signer, DateTimeOffset now, Func<ResponseWish, ResponseWish> change)
    {
        var wish = change(new ResponseWish { ThisUpdate = now.AddMinutes(-5), NextUpdate = now.AddHours(1), ProducedAt = now.AddMinutes(-5) });
        using var subject = X509CertificateLoader.LoadCertificate(about.Der);
        using var authority = X509CertificateLoader.LoadCertificate(issuer.Der);
        using var responder = X509CertificateLoader.LoadCertificate(signer.Der);
        var data = Data(wish, subject, authority, responder);
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(signer.KeyFile));
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(data);
            using (basic.PushSequence())
            {
                basic.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            }

            basic.WriteBitString(key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            if (wish.Certificates.Count > 0)
            {
                using (basic.PushSequence(Tag(0)))
                using (basic.PushSequence())
                {
                    foreach (var certificate in wish.Certificates)
                    {
                        basic.WriteEncodedValue(certificate.Der);
                    }
                }
            }
        }

        var whole = new AsnWriter(AsnEncodingRules.DER);
        using (whole.PushSequence())
        {
            whole.WriteEncodedValue([0x0A, 1, (byte)wish.ResponseStatus]);
            if (wish.ResponseStatus == 0)
            {
                using (whole.PushSequence(Tag(0)))
                using (whole.PushSequence())
                {
                    whole.WriteObjectIdentifier(wish.Kind);
                    whole.WriteOctetString(basic.Encode());
                }
            }
        }

        return whole.Encode();
    }

    private static byte[] Data(ResponseWish wish, X509Certificate2 subject, X509Certificate2 authority, X509Certificate2 responder)
    {
        var data = new AsnWriter(AsnEncodingRules.DER);
        using (data.PushSequence())
        {
            if (wish.Version != 0)
            {
                using (data.PushSequence(Tag(0)))
                {
                    data.WriteInteger(wish.Version);
                }
            }

            using (data.PushSequence(Tag(wish.IsKeyNamed ? 2 : 1)))
            {
                if (wish.IsKeyNamed)
                {
                    data.WriteOctetString(CryptographicOperations.HashData(HashAlgorithmName.SHA1, responder.PublicKey.EncodedKeyValue.RawData));
                }
                else
                {
                    data.WriteEncodedValue(responder.SubjectName.RawData);
                }
            }

            data.WriteGeneralizedTime(wish.ProducedAt, omitFractionalSeconds: true);
            using (data.PushSequence())
            {
                for (var i = 0; i < wish.Times; i++)
                {
                    WriteAnswer(data, wish, subject, authority);
                }
            }

            if (wish.Nonce is not null || wish.HasCritical)
            {
                using (data.PushSequence(Tag(1)))
                using (data.PushSequence())
                {
                    if (wish.Nonce is { } nonce)
                    {
                        var inner = new AsnWriter(AsnEncodingRules.DER);
                        inner.WriteOctetString(nonce);
                        WriteExtension(data, "1.3.6.1.5.5.7.48.1.2", isCritical: false, inner.Encode());
                    }

                    if (wish.HasCritical)
                    {
                        WriteExtension(data, "1.2.3.4", isCritical: true, [5, 0]);
                    }
                }
            }
        }

        return data.Encode();
    }

    private static void WriteAnswer(AsnWriter data, ResponseWish wish, X509Certificate2 subject, X509Certificate2 authority)
    {
        using (data.PushSequence())
        {
            using (data.PushSequence())
            {
                using (data.PushSequence())
                {
                    data.WriteObjectIdentifier(CryptoConfig.MapNameToOID(wish.Hash.Name!)!);
                    data.WriteNull();
                }

                data.WriteOctetString(CryptographicOperations.HashData(wish.Hash, authority.SubjectName.RawData));
                data.WriteOctetString(CryptographicOperations.HashData(wish.Hash, authority.PublicKey.EncodedKeyValue.RawData));
                data.WriteInteger(wish.Serial ?? subject.SerialNumberBytes.ToArray());
            }

            if (wish.Status == 1)
            {
                using (data.PushSequence(Tag(1)))
                {
                    data.WriteGeneralizedTime(wish.ThisUpdate, omitFractionalSeconds: true);
                }
            }
            else
            {
                data.WriteNull(new Asn1Tag(TagClass.ContextSpecific, wish.Status));
            }

            data.WriteGeneralizedTime(wish.ThisUpdate, omitFractionalSeconds: true);
            if (wish.NextUpdate is { } next)
            {
                using (data.PushSequence(Tag(0)))
                {
                    data.WriteGeneralizedTime(next, omitFractionalSeconds: true);
                }
            }

            if (wish.HasCriticalInAnswer)
            {
                using (data.PushSequence(Tag(1)))
                using (data.PushSequence())
                {
                    WriteExtension(data, "1.2.3.4", isCritical: true, [5, 0]);
                }
            }
        }
    }

    private static void WriteExtension(AsnWriter writer, string oid, bool isCritical, byte[] value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (isCritical)
            {
                writer.WriteBoolean(true);
            }

            writer.WriteOctetString(value);
        }
    }

    private static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);
}
