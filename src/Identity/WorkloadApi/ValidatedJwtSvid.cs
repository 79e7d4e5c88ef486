using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>A JWT-SVID that the Workload API has found good.</summary>
/// <param name="Id">Whose it is.</param>
/// <param name="Claims">
/// Its claims as the server gave them (W-22): the UTF-8 of a JSON object, empty when it gave none. Numbers are doubles.
/// </param>
public sealed record ValidatedJwtSvid(SpiffeId Id, ReadOnlyMemory<byte> Claims)
{
    /// <exception cref="ProtobufFormatException">It is no such message, or names nobody.</exception>
    internal static ValidatedJwtSvid Read(ReadOnlyMemory<byte> message)
    {
        var id = "";
        ReadOnlyMemory<byte> claims = default;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.ReadString();
                    break;
                case 2:
                    claims = reader.ReadBytes();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return SpiffeId.Parse(id, out var parsed) is { } problem
            ? throw new ProtobufFormatException($"the answer names no SPIFFE ID: {problem} (W-10)")
            : new ValidatedJwtSvid(parsed, StructJson.Read(claims));
    }
}
