using X0tta6bl4.Identity.Grpc;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>One identity of a <c>X509SVIDResponse</c>, as it was sent. Nothing of it is believed yet.</summary>
/// <param name="SpiffeId">Field 1.</param>
/// <param name="Chain">Field 2: certificates in DER, one after the other, the leaf first (W-12).</param>
/// <param name="Key">Field 3: PKCS #8 in DER, unencrypted (W-13). A part of the message: clear that after use.</param>
/// <param name="Bundle">Field 4: the authorities of its trust domain, in DER, one after the other.</param>
/// <param name="Hint">Field 5: what it is for.</param>
internal sealed record X509SvidMessage(
    string SpiffeId, ReadOnlyMemory<byte> Chain, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Bundle, string Hint)
{
    public static X509SvidMessage Read(ReadOnlyMemory<byte> message)
    {
        var (id, hint) = ("", "");
        ReadOnlyMemory<byte> chain = default, key = default, bundle = default;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.ReadString();
                    break;
                case 2:
                    chain = reader.ReadBytes();
                    break;
                case 3:
                    key = reader.ReadBytes();
                    break;
                case 4:
                    bundle = reader.ReadBytes();
                    break;
                case 5:
                    hint = reader.ReadString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new X509SvidMessage(id, chain, key, bundle, hint);
    }

    /// <summary>Without the key, which a generated one would show.</summary>
    public override string ToString() => SpiffeId;
}

/// <summary>
/// The full set of what we may use (W-5): <c>X509SVIDResponse</c> of the Workload API (section 5.2.1). The list of
/// certificate revocation lists (field 2) is not read: nothing is defined about it.
/// </summary>
internal sealed record X509SvidResponse(
    IReadOnlyList<X509SvidMessage> Svids, IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> FederatedBundles)
{
    /// <exception cref="ProtobufFormatException">The bytes are no such message.</exception>
    public static X509SvidResponse Read(ReadOnlyMemory<byte> message)
    {
        var svids = new List<X509SvidMessage>();
        var bundles = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    svids.Add(X509SvidMessage.Read(reader.ReadBytes()));
                    break;
                case 3:
                    bundles.Add(reader.ReadMapEntry());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new X509SvidResponse(svids, bundles);
    }
}
