using X0tta6bl4.Identity.Grpc;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>Why SPIRE Server does not take an agent any more (<c>PermissionDeniedDetails</c>).</summary>
internal enum AgentRefusal
{
    Unknown = 0,
    Expired = 1,
    NotAttested = 2,
    NotActive = 3,
    Banned = 4,
    MustReattest = 5,
}

/// <summary>Reads the reason out of a status.</summary>
internal static class AgentRefusals
{
    private const string TypeUrl = "type.googleapis.com/spire.api.types.PermissionDeniedDetails";

    /// <summary>The reason; null when the error is about something else than the agent.</summary>
    public static AgentRefusal? Of(GrpcException exception)
    {
        if (exception is not { Code: GrpcCode.PermissionDenied, IsFromServer: true })
        {
            return null;
        }

        try
        {
            return Read(exception.Details);
        }
        catch (ProtobufFormatException)
        {
            // The details only explain a refusal that stands without them.
            return AgentRefusal.Unknown;
        }
    }

    /// <summary><c>google.rpc.Status</c>, whose third field holds <c>google.protobuf.Any</c>.</summary>
    private static AgentRefusal Read(ReadOnlyMemory<byte> status)
    {
        var reader = new ProtobufReader(status);
        while (reader.Next())
        {
            if (reader.Field != 3)
            {
                reader.Skip();
                continue;
            }

            // An Any is a pair of a type and its bytes, laid out as the entry of a map.
            var (type, value) = reader.ReadMapEntry();
            if (type != TypeUrl)
            {
                continue;
            }

            return ReadReason(value);
        }

        return AgentRefusal.Unknown;
    }

    private static AgentRefusal ReadReason(ReadOnlyMemory<byte> message)
    {
        var reason = 0L;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                reason = reader.ReadInteger();
            }
            else
            {
                reader.Skip();
            }
        }

        return reason is > 0 and <= (int)AgentRefusal.MustReattest ? (AgentRefusal)reason : AgentRefusal.Unknown;
    }
}
