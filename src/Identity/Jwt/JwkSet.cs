using System.Globalization;
using System.Text.Json;

namespace X0tta6bl4.Identity.Jwt;

/// <summary>
/// A JWK set (RFC 7517, section 5), which a SPIFFE bundle is as well (SPIFFE Trust Domain and Bundle, section 4). Whole or not at
/// all.
/// </summary>
/// <param name="Keys">What was picked of its keys, in its order.</param>
/// <param name="Sequence">Version of its contents; null when it has none (B-3).</param>
/// <param name="RefreshHint">How soon to ask for a newer one; null when it does not say (B-4).</param>
/// <typeparam name="T">What a key is for the reader.</typeparam>
internal sealed record JwkSet<T>(IReadOnlyList<T> Keys, ulong? Sequence, TimeSpan? RefreshHint)
    where T : class;

/// <summary>Reads JWK sets, whatever their keys are for.</summary>
internal static class JwkSet
{
    private const int DepthMax = 8;

    /// <summary>Reads a set.</summary>
    /// <param name="json">The document.</param>
    /// <param name="name">What it is, for messages: "bundle".</param>
    /// <param name="keysMax">Most keys, the ignored ones included.</param>
    /// <param name="pick">What a key is; null for one that is to be ignored.</param>
    /// <exception cref="JwkSetFormatException">It is none; the message says why.</exception>
    public static JwkSet<T> Read<T>(ReadOnlyMemory<byte> json, string name, int keysMax, Func<JsonElement, T?> pick)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DepthMax, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
            {
                throw new JwkSetFormatException($"the {name} has no list \"keys\" (B-5)");
            }

            if (keys.GetArrayLength() > keysMax)
            {
                throw new JwkSetFormatException($"the {name} has {keys.GetArrayLength()} keys, at most {keysMax} are read");
            }

            return new JwkSet<T>(
                [.. keys.EnumerateArray().Where(key => key.ValueKind == JsonValueKind.Object).Select(pick).OfType<T>()],
                Integer(root, "spiffe_sequence", name, "B-3"),
                Integer(root, "spiffe_refresh_hint", name, "B-4") is { } seconds
                    ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue))
                    : null);
        }
        catch (InvalidOperationException exception)
        {
            // Text that is no Unicode shows only when it is looked at.
            throw new JwkSetFormatException($"the {name} is no JSON: it has text that is no Unicode", exception);
        }
        catch (JsonException exception)
        {
            throw new JwkSetFormatException($"the {name} is no JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}", exception);
        }
    }

    private static ulong? Integer(JsonElement root, string member, string name, string requirement)
    {
        if (!root.TryGetProperty(member, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number)
            ? number
            : throw new JwkSetFormatException(string.Create(
                CultureInfo.InvariantCulture, $"{member} of the {name} is no whole number ({requirement})"));
    }
}

/// <summary>The bytes are no JWK set, or one beyond our limits.</summary>
public sealed class JwkSetFormatException : Exception
{
    /// <param name="message">What is wrong with it.</param>
    /// <param name="inner">What the parser said.</param>
    public JwkSetFormatException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
