using System.Text.Json;
using System.Text.Unicode;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// JSON from strangers that can be read in one way only: UTF-8 without a byte order mark, Unicode in every text, no member
/// twice in any object (two readers would take different ones, RFC 8725, section 2.4), no comments, bounded depth and number of
/// members. What comes out can be looked at without an exception.
/// </summary>
internal static class StrictJson
{
    /// <summary>Reads one object.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="value">The object, when the answer is null.</param>
    /// <returns>Null, or what is wrong, without any of the text.</returns>
    public static string? Problem(ReadOnlySpan<byte> utf8, out JsonElement value)
    {
        value = default;
        // The reader looks at the bytes of a text only when it is asked for it.
        if (!Utf8.IsValid(utf8))
        {
            return "is no UTF-8";
        }

        try
        {
            if (ShapeProblem(utf8) is { } problem)
            {
                return problem;
            }

            value = JsonElement.Parse(
                utf8, new JsonDocumentOptions { MaxDepth = JwtLimits.JsonDepthMax, AllowDuplicateProperties = false });
            return null;
        }
        catch (JsonException)
        {
            return $"is no JSON, has a member twice, or is nested over {JwtLimits.JsonDepthMax} deep";
        }
        catch (InvalidOperationException)
        {
            return "has text that is no Unicode";
        }
    }

    /// <summary>The text of a member; null when it is absent or no text.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? ShapeProblem(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = JwtLimits.JsonDepthMax });
        var members = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped)
            {
                // Throws for an escape that is half a character: "\ud800".
                _ = reader.GetString();
            }

            if (reader.TokenType == JsonTokenType.PropertyName && ++members > JwtLimits.JsonMembersMax)
            {
                return $"has over {JwtLimits.JsonMembersMax} members";
            }

            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
            {
                return "is no JSON object";
            }
        }

        return null;
    }
}
