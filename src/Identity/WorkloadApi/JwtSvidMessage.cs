using System.Text;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>A JWT-SVID of ours, as the Workload API gave it.</summary>
/// <param name="Id">Whose it is.</param>
/// <param name="Token">The token (JWS compact). A secret: who has it is us until it expires.</param>
/// <param name="Hint">What it is for.</param>
public sealed record JwtSvidMessage(SpiffeId Id, string Token, string Hint)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => Id.ToString();

    internal static ReadOnlyMemory<byte> Request(IReadOnlyList<string> audiences, SpiffeId? id)
    {
        var request = new ProtobufWriter();
        foreach (var audience in audiences)
        {
            request.Element(1, Encoding.UTF8.GetBytes(audience));
        }

        return request.String(2, id?.ToString() ?? "").Message;
    }

    /// <exception cref="ProtobufFormatException">It is no such message, or lacks what it must have (W-10, W-20).</exception>
    internal static IReadOnlyList<JwtSvidMessage> ReadResponse(ReadOnlyMemory<byte> message)
    {
        var svids = new List<JwtSvidMessage>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var svid = Read(reader.ReadBytes());
            // Hints are unique; of two with the same one the first counts (W-16, W-20).
            if (svid.Hint.Length == 0 || svids.TrueForAll(known => known.Hint != svid.Hint))
            {
                svids.Add(svid);
            }

            if (svids.Count > WorkloadApiSource.SvidsMax)
            {
                throw new ProtobufFormatException($"the answer holds over {WorkloadApiSource.SvidsMax} JWT-SVIDs");
            }
        }

        return svids.Count > 0 ? svids : throw new ProtobufFormatException("the answer holds no JWT-SVID (W-20)");
    }

    private static JwtSvidMessage Read(ReadOnlyMemory<byte> message)
    {
        var (id, token, hint) = ("", "", "");
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.ReadString();
                    break;
                case 2:
                    token = reader.ReadString();
                    break;
                case 3:
                    hint = reader.ReadString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (SpiffeId.Parse(id, out var parsed) is { } problem)
        {
            throw new ProtobufFormatException($"a JWT-SVID has no SPIFFE ID: {problem} (W-10)");
        }

        return token.Length > 0
            ? new JwtSvidMessage(parsed, token, hint)
            : throw new ProtobufFormatException($"the JWT-SVID of {parsed} has no token (W-10)");
    }
}
