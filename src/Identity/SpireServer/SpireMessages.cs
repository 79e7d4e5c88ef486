using System.Text;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary><c>spire.api.types.X509SVID</c>: a chain, the leaf first.</summary>
internal sealed record SpireX509Svid(IReadOnlyList<ReadOnlyMemory<byte>> Chain)
{
    public static SpireX509Svid Read(ReadOnlyMemory<byte> message)
    {
        var chain = new List<ReadOnlyMemory<byte>>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                chain.Add(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }

        return new SpireX509Svid(chain);
    }
}

/// <summary><c>AttestAgentResponse</c>: the agent's SVID, or a challenge.</summary>
internal sealed record AttestAgentStep(SpireX509Svid? Svid, bool IsReattestable, ReadOnlyMemory<byte>? Challenge)
{
    /// <summary>The first request. It may hold a join token: clear it after use.</summary>
    public static byte[] Request(string type, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> csr)
    {
        var data = new ProtobufWriter().String(1, type).Bytes(2, payload);
        var parameters = new ProtobufWriter().Nested(1, data).Nested(2, new ProtobufWriter().Bytes(1, csr));
        var request = new ProtobufWriter().Nested(1, parameters);
        var bytes = request.Message.ToArray();
        data.Clear();
        parameters.Clear();
        request.Clear();
        return bytes;
    }

    /// <summary>The answer to a challenge.</summary>
    public static ReadOnlyMemory<byte> Response(ReadOnlySpan<byte> answer) => new ProtobufWriter().Element(2, answer).Message;

    public static AttestAgentStep Read(ReadOnlyMemory<byte> message)
    {
        var step = new AttestAgentStep(null, false, null);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    step = ReadResult(reader.ReadBytes());
                    break;
                case 2:
                    step = new AttestAgentStep(null, false, reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return step;
    }

    private static AttestAgentStep ReadResult(ReadOnlyMemory<byte> message)
    {
        var svid = new SpireX509Svid([]);
        var isReattestable = false;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    svid = SpireX509Svid.Read(reader.ReadBytes());
                    break;
                case 2:
                    isReattestable = reader.ReadBool();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new AttestAgentStep(svid, isReattestable, null);
    }
}

/// <summary><c>spire.api.types.Entry</c>: an identity this agent may have issued.</summary>
internal sealed record SpireEntry(string EntryId, SpiffeId Id, IReadOnlyList<string> FederatesWith, string Hint)
{
    /// <summary>Most entries we look at.</summary>
    public const int EntriesMax = 256;

    /// <summary>The fields we ask for, by <c>EntryMask</c>: spiffe_id, federates_with, hint.</summary>
    public static ReadOnlyMemory<byte> Request { get; } =
        new ProtobufWriter().Nested(1, new ProtobufWriter().Bool(2, true).Bool(6, true).Bool(14, true)).Message;

    /// <exception cref="ProtobufFormatException">It is no such message.</exception>
    public static IReadOnlyList<SpireEntry> ReadResponse(ReadOnlyMemory<byte> message)
    {
        var entries = new List<SpireEntry>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
            }
            else if (entries.Count < EntriesMax)
            {
                entries.Add(Read(reader.ReadBytes()));
            }
            else
            {
                throw new ProtobufFormatException($"the agent has over {EntriesMax} registration entries");
            }
        }

        return entries;
    }

    private static SpireEntry Read(ReadOnlyMemory<byte> message)
    {
        var (entryId, id, hint) = ("", "", "");
        var federatesWith = new List<string>();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    entryId = reader.ReadString();
                    break;
                case 2:
                    id = ReadId(reader.ReadBytes());
                    break;
                case 6:
                    federatesWith.Add(reader.ReadString());
                    break;
                case 14:
                    hint = reader.ReadString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (SpiffeId.Parse(id, out var parsed) is { } problem)
        {
            throw new ProtobufFormatException($"a registration entry has no SPIFFE ID: {problem}");
        }

        return entryId.Length > 0
            ? new SpireEntry(entryId, parsed, federatesWith, hint)
            : throw new ProtobufFormatException($"the registration entry of {parsed} has no id");
    }

    /// <summary><c>spire.api.types.SPIFFEID</c>.</summary>
    private static string ReadId(ReadOnlyMemory<byte> message)
    {
        var (domain, path) = ("", "");
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    domain = reader.ReadString();
                    break;
                case 2:
                    path = reader.ReadString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return $"{SpiffeId.Scheme}{domain}{path}";
    }
}

/// <summary>One result of <c>BatchNewX509SVID</c>: a status and, when that is OK, an SVID.</summary>
internal sealed record NewX509SvidResult(GrpcCode Code, string Message, SpireX509Svid? Svid)
{
    public static ReadOnlyMemory<byte> Request(string entryId, ReadOnlySpan<byte> csr) =>
        new ProtobufWriter().Nested(1, new ProtobufWriter().String(1, entryId).Bytes(2, csr)).Message;

    /// <summary>The result of the one SVID that was asked for.</summary>
    /// <exception cref="ProtobufFormatException">It is no such message, or there are others.</exception>
    public static NewX509SvidResult ReadResponse(ReadOnlyMemory<byte> message)
    {
        NewX509SvidResult? result = null;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            result = result is null
                ? Read(reader.ReadBytes())
                : throw new ProtobufFormatException("the server gives more than the one SVID that was asked for");
        }

        return result ?? throw new ProtobufFormatException("the server gives no result for the SVID that was asked for");
    }

    private static NewX509SvidResult Read(ReadOnlyMemory<byte> message)
    {
        var (code, text) = (0L, "");
        SpireX509Svid? svid = null;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    (code, text) = ReadStatus(reader.ReadBytes());
                    break;
                case 2:
                    svid = SpireX509Svid.Read(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new NewX509SvidResult(
            code is >= 0 and <= (int)GrpcCode.Unauthenticated ? (GrpcCode)code : GrpcCode.Unknown, GrpcStatus.Clean(text), svid);
    }

    private static (long Code, string Message) ReadStatus(ReadOnlyMemory<byte> message)
    {
        var (code, text) = (0L, "");
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    code = reader.ReadInteger();
                    break;
                case 2:
                    text = reader.ReadString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (code, text);
    }
}

/// <summary><c>NewJWTSVID</c> and <c>NewDownstreamX509CA</c>.</summary>
internal static class OtherSvids
{
    public static ReadOnlyMemory<byte> JwtRequest(string entryId, IReadOnlyList<string> audiences)
    {
        var request = new ProtobufWriter().String(1, entryId);
        foreach (var audience in audiences)
        {
            request.Element(2, Encoding.UTF8.GetBytes(audience));
        }

        return request.Message;
    }

    /// <summary>The token.</summary>
    /// <exception cref="ProtobufFormatException">There is none.</exception>
    public static string ReadJwt(ReadOnlyMemory<byte> message)
    {
        var token = "";
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            var svid = new ProtobufReader(reader.ReadBytes());
            while (svid.Next())
            {
                if (svid.Field == 1)
                {
                    token = svid.ReadString();
                }
                else
                {
                    svid.Skip();
                }
            }
        }

        return token.Length > 0 ? token : throw new ProtobufFormatException("the server gives no token");
    }

    public static ReadOnlyMemory<byte> DownstreamRequest(ReadOnlySpan<byte> csr, TimeSpan lifetime) =>
        new ProtobufWriter().Bytes(1, csr).Integer(2, (int)Math.Min(lifetime.TotalSeconds, int.MaxValue)).Message;

    /// <summary>The chain of the authority, its own certificate first.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> ReadDownstream(ReadOnlyMemory<byte> message)
    {
        // The field of the chain has the number that the chain of an SVID has; the authorities are asked for elsewhere.
        return SpireX509Svid.Read(message).Chain;
    }
}
