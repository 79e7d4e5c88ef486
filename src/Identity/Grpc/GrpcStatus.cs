using System.Globalization;
using System.Text;

namespace X0tta6bl4.Identity.Grpc;

/// <summary>How a server ended a call: <c>grpc-status</c>, <c>grpc-message</c> and <c>grpc-status-details-bin</c>.</summary>
internal sealed record GrpcStatus(GrpcCode Code, string Message, byte[] Details)
{
    /// <summary>Most characters of a server's message that are kept: it goes into logs.</summary>
    public const int MessageCharsMax = 512;

    /// <summary>The status among these trailers; null when there is none.</summary>
    public static GrpcStatus? Read(IReadOnlyDictionary<string, string> trailers)
    {
        if (!trailers.TryGetValue("grpc-status", out var text))
        {
            return null;
        }

        // A code that does not exist is Unknown (doc/PROTOCOL-HTTP2.md).
        var code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= (int)GrpcCode.Unauthenticated
            ? (GrpcCode)number
            : GrpcCode.Unknown;
        return new GrpcStatus(
            code, Decode(trailers.GetValueOrDefault("grpc-message") ?? ""), Binary(trailers.GetValueOrDefault("grpc-status-details-bin")));
    }

    /// <summary>What an answer that is no gRPC means (doc/http-grpc-status-mapping.md).</summary>
    public static GrpcException OfHttp(string status, string contentType, string where)
    {
        var code = status switch
        {
            "400" => GrpcCode.Internal,
            "401" => GrpcCode.Unauthenticated,
            "403" => GrpcCode.PermissionDenied,
            "404" => GrpcCode.Unimplemented,
            "429" or "502" or "503" or "504" => GrpcCode.Unavailable,
            _ => GrpcCode.Unknown,
        };
        return new GrpcException(code, $"{where}: the answer is no gRPC: HTTP status {Clean(status)}, type {Clean(contentType)}");
    }

    public GrpcException ToException(string where) =>
        new(Code, $"{where}: {Code}{(Message.Length > 0 ? $": {Message}" : "")}") { IsFromServer = true, Details = Details };

    /// <summary>
    /// Undoes the percent-encoding of <c>grpc-message</c>. What is encoded wrongly stays as it is: a message must not be lost
    /// to that (doc/PROTOCOL-HTTP2.md). Control characters and what is no UTF-8 become <c>?</c>.
    /// </summary>
    internal static string Decode(string value)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(Math.Min(value.Length, 4 * MessageCharsMax))];
        var length = 0;
        for (var i = 0; i < value.Length && length < bytes.Length - 4 && i < 4 * MessageCharsMax; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit(value[i + 1]) && char.IsAsciiHexDigit(value[i + 2]))
            {
                bytes[length++] = byte.Parse(value.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else
            {
                bytes[length++] = value[i] < 0x80 ? (byte)value[i] : (byte)'?';
            }
        }

        return Clean(Encoding.UTF8.GetString(bytes, 0, length));
    }

    /// <summary>Text of a stranger for logs: cut, without control characters.</summary>
    internal static string Clean(string text) =>
        string.Concat(text.Take(MessageCharsMax).Select(c => char.IsControl(c) || c == '\uFFFD' ? '?' : c));

    /// <summary>Base64, with or without padding; nothing when it is none: it only explains an error that is told anyway.</summary>
    private static byte[] Binary(string? value)
    {
        if (value is null)
        {
            return [];
        }

        var padded = value.TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? bytes[..length] : [];
    }
}
