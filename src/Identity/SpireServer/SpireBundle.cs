using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary><c>spire.api.types.Bundle</c>: the X.509 authorities of a trust domain.</summary>
internal static class SpireBundle
{
    /// <summary>The fields we ask for, by <c>BundleMask</c>: x509_authorities, refresh_hint, sequence_number.</summary>
    private static readonly ProtobufWriter Mask = new ProtobufWriter().Bool(2, true).Bool(4, true).Bool(5, true);

    /// <summary>For the server's own trust domain.</summary>
    public static ReadOnlyMemory<byte> Request { get; } = new ProtobufWriter().Nested(1, Mask).Message;

    /// <summary>For another one.</summary>
    public static ReadOnlyMemory<byte> FederatedRequest(TrustDomain domain) =>
        new ProtobufWriter().String(1, domain.Name).Nested(2, Mask).Message;

    /// <summary>
    /// Reads it. Authorities that are called tainted are among them: they are withdrawn when nobody needs them any more.
    /// </summary>
    /// <exception cref="ProtobufFormatException">It is no such message, or of another trust domain.</exception>
    /// <exception cref="CertificateFormatException">An authority is none, or there are too many.</exception>
    public static TrustBundle Read(ReadOnlyMemory<byte> message, TrustDomain expected)
    {
        var authorities = new List<byte>();
        var (domain, refresh, sequence) = ("", 0L, 0L);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    domain = reader.ReadString();
                    break;
                case 2:
                    authorities.AddRange(ReadCertificate(reader.ReadBytes()).Span);
                    break;
                case 4:
                    refresh = reader.ReadInteger();
                    break;
                case 5:
                    sequence = reader.ReadInteger();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // By its name, or by its ID.
        if (domain != expected.Name && domain != SpiffeId.Scheme + expected.Name)
        {
            throw new ProtobufFormatException($"the server gives another bundle than that of {expected}");
        }

        return TrustBundleReader.Read(authorities.ToArray(), expected) with
        {
            Sequence = unchecked((ulong)sequence),
            RefreshHint = refresh is > 0 and <= int.MaxValue ? TimeSpan.FromSeconds(refresh) : null,
        };
    }

    private static ReadOnlyMemory<byte> ReadCertificate(ReadOnlyMemory<byte> message)
    {
        ReadOnlyMemory<byte> der = default;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                der = reader.ReadBytes();
            }
            else
            {
                reader.Skip();
            }
        }

        return der;
    }
}
