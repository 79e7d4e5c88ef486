using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace X0tta6bl4.Api;

/// <summary>The answer to one request: a status and a body, either whole or written as a stream.</summary>
public sealed class ApiResponse
{
    /// <summary>Content type of everything but the metrics.</summary>
    public const string JsonContentType = "application/json";

    private ApiResponse(int status, string contentType)
    {
        Status = status;
        ContentType = contentType;
    }

    /// <summary>HTTP status code.</summary>
    public int Status { get; }

    /// <summary>Value of the Content-Type header.</summary>
    public string ContentType { get; }

    /// <summary>The whole body; empty when <see cref="WriteBodyAsync"/> is set.</summary>
    public ReadOnlyMemory<byte> Body { get; private init; }

    /// <summary>Writes the body piece by piece, or null.</summary>
    public Func<Stream, CancellationToken, Task>? WriteBodyAsync { get; private init; }

    /// <summary>Value of the Allow header of a 405, or null.</summary>
    internal string? Allow { get; private init; }

    /// <summary>True for a 503 that is worth another try soon.</summary>
    internal bool IsBusy { get; private init; }

    /// <summary>A JSON body written by hand.</summary>
    public static ApiResponse Json(Action<Utf8JsonWriter> write, int status = 200)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        return Json(body, status);
    }

    /// <summary>A JSON body from a source-generated serializer.</summary>
    public static ApiResponse Json<T>(T value, JsonTypeInfo<T> type, int status = 200) =>
        new(status, JsonContentType) { Body = JsonSerializer.SerializeToUtf8Bytes(value, type) };

    /// <summary>A JSON body that is already in bytes.</summary>
    public static ApiResponse Json(ArrayBufferWriter<byte> body, int status = 200) =>
        new(status, JsonContentType) { Body = body.WrittenMemory };

    /// <summary><c>{"error":…}</c></summary>
    /// <param name="status">4xx or 5xx.</param>
    /// <param name="message">What failed and what to do.</param>
    public static ApiResponse Error(int status, string message) =>
        new(status, JsonContentType) { Body = ErrorBody(message) };

    /// <summary>A body written piece by piece, of a length not known before.</summary>
    public static ApiResponse Streamed(string contentType, Func<Stream, CancellationToken, Task> writeBodyAsync) =>
        new(200, contentType) { WriteBodyAsync = writeBodyAsync };

    internal static ApiResponse NotAllowed(string allow, string message) =>
        new(405, JsonContentType) { Body = ErrorBody(message), Allow = allow };

    internal static ApiResponse Busy(string message) =>
        new(503, JsonContentType) { Body = ErrorBody(message), IsBusy = true };

    private static ReadOnlyMemory<byte> ErrorBody(string message)
    {
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("error", message);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }
}
