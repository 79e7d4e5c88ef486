using System.Globalization;
using Tomlyn.Syntax;

namespace X0tta6bl4.Toml;

/// <content>The value readers: each says what the value must be, its default and its limits.</content>
public sealed partial class TomlSection
{
    /// <summary>Most characters of a string value, unless the caller says otherwise.</summary>
    public const int StringCharsMax = 4096;

    /// <summary>Most items of an array value, unless the caller says otherwise.</summary>
    public const int ListItemsMax = 256;

    /// <summary>A string, or null when absent or wrong.</summary>
    public string? String(string key, int charsMax = StringCharsMax)
    {
        var entry = Find(key);
        if (entry is null)
        {
            return null;
        }

        if (entry.Value is not StringValueSyntax { Value: { } text })
        {
            Wrong(entry, "must be a string in quotes");
            return null;
        }

        if (text.Length > charsMax)
        {
            Wrong(entry, $"has {text.Length} characters, the most is {charsMax}", sayFound: false);
            return null;
        }

        return text;
    }

    /// <summary>A string with a default.</summary>
    public string String(string key, string defaultValue, int charsMax = StringCharsMax) =>
        String(key, charsMax) ?? defaultValue;

    /// <summary>
    /// A string that must be there and not be empty; gives an empty one after reporting that it is not.
    /// </summary>
    public string RequiredString(string key, int charsMax = StringCharsMax)
    {
        if (!Require(key))
        {
            return "";
        }

        var text = String(key, charsMax);
        if (text is { Length: 0 })
        {
            Problem(key, "must not be empty");
        }

        return text ?? "";
    }

    /// <summary>
    /// An integer between two limits, both included. The unit belongs into the key (<c>timeout_ms</c>).
    /// </summary>
    public long Int(string key, long defaultValue, long min, long max) => OptionalInt(key, min, max) ?? defaultValue;

    /// <summary>An integer between two limits, both included, or null when absent or wrong.</summary>
    public long? OptionalInt(string key, long min, long max)
    {
        var entry = Find(key);
        if (entry is null)
        {
            return null;
        }

        if (entry.Value is not IntegerValueSyntax integer)
        {
            Wrong(entry, $"must be an integer from {min} to {max}");
            return null;
        }

        if (integer.Value < min || integer.Value > max)
        {
            Wrong(entry, $"must be from {min} to {max}, found {integer.Value}", sayFound: false);
            return null;
        }

        return integer.Value;
    }

    /// <summary>
    /// A number between two limits, both included; integers are accepted too, infinities and NaN are not.
    /// </summary>
    public double Float(string key, double defaultValue, double min, double max)
    {
        var entry = Find(key);
        if (entry is null)
        {
            return defaultValue;
        }

        double? value = entry.Value switch
        {
            FloatValueSyntax real => real.Value,
            IntegerValueSyntax integer => integer.Value,
            _ => null,
        };
        if (value is not { } number || !(number >= min && number <= max))
        {
            Wrong(entry, $"must be a number from {min} to {max}", sayFound: value is null);
            return defaultValue;
        }

        return number;
    }

    /// <summary>A boolean.</summary>
    public bool Bool(string key, bool defaultValue)
    {
        var entry = Find(key);
        if (entry is null)
        {
            return defaultValue;
        }

        if (entry.Value is not BooleanValueSyntax boolean)
        {
            Wrong(entry, "must be true or false");
            return defaultValue;
        }

        return boolean.Value;
    }

    /// <summary>
    /// A duration written as a whole number and one unit: <c>"500ms"</c>, <c>"10s"</c>, <c>"5m"</c>, <c>"1h"</c>,
    /// <c>"7d"</c>; between two limits, both included.
    /// </summary>
    public TimeSpan Duration(string key, TimeSpan defaultValue, TimeSpan min, TimeSpan max)
    {
        var mustBe = $"must be a duration from \"{Format(min)}\" to \"{Format(max)}\"";
        var entry = Find(key);
        if (entry is null)
        {
            return defaultValue;
        }

        if (entry.Value is not StringValueSyntax { Value: { } text })
        {
            Wrong(entry, mustBe);
            return defaultValue;
        }

        if (ParseDuration(text) is not { } duration || duration < min || duration > max)
        {
            Wrong(entry, $"{mustBe}, found \"{text}\"", sayFound: false);
            return defaultValue;
        }

        return duration;
    }

    /// <summary>An array of strings; absent gives <paramref name="defaultValue"/> or an empty list.</summary>
    public IReadOnlyList<string> StringList(
        string key, IReadOnlyList<string>? defaultValue = null, int itemsMax = ListItemsMax) =>
        ParseList(key, text => text, "a string", itemsMax) ?? defaultValue ?? [];

    /// <summary>One of a fixed set of words, each standing for a value.</summary>
    public T OneOf<T>(string key, T defaultValue, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        var entry = Find(key);
        if (entry is null)
        {
            return defaultValue;
        }

        var words = new string[choices.Length];
        var found = (entry.Value as StringValueSyntax)?.Value;
        for (var i = 0; i < choices.Length; i++)
        {
            words[i] = choices[i].Word;
            if (found == words[i])
            {
                return choices[i].Value;
            }
        }

        var nearest = found is null ? null : NearestName.Find(found, words);
        var list = string.Join(", ", words.Select(w => $"\"{w}\""));
        Wrong(entry, $"must be one of {list}" + (found is null ? "" : $", found \"{found}\"") +
            (nearest is null ? "" : $" (nearest: {nearest})"), sayFound: found is null);
        return defaultValue;
    }

    /// <summary>A string that means something else: an address, a name with rules.</summary>
    /// <param name="key">The key.</param>
    /// <param name="parse">Gives null when the text is not valid; must not throw.</param>
    /// <param name="mustBe">Completes "must be …" in the message, for example <c>a MAC address such as
    /// 02:00:00:00:00:01</c>.</param>
    /// <returns>The value, or null when absent or wrong.</returns>
    public T? Parse<T>(string key, Func<string, T?> parse, string mustBe)
        where T : class
    {
        var (entry, text) = Text(key, mustBe);
        var value = text is null ? null : parse(text);
        if (text is not null && value is null)
        {
            Wrong(entry!, $"must be {mustBe}, found \"{text}\"", sayFound: false);
        }

        return value;
    }

    /// <inheritdoc cref="Parse{T}(string, Func{string, T}, string)"/>
    public T? Parse<T>(string key, Func<string, T?> parse, string mustBe)
        where T : struct
    {
        var (entry, text) = Text(key, mustBe);
        var value = text is null ? null : parse(text);
        if (text is not null && value is null)
        {
            Wrong(entry!, $"must be {mustBe}, found \"{text}\"", sayFound: false);
        }

        return value;
    }

    /// <summary>An array of such strings.</summary>
    /// <returns>The valid ones; null when the key is absent or not an array.</returns>
    public IReadOnlyList<T>? ParseList<T>(string key, Func<string, T?> parse, string mustBe, int itemsMax = ListItemsMax)
        where T : class
    {
        var entry = Find(key);
        if (entry is null)
        {
            return null;
        }

        if (entry.Value is not ArraySyntax array)
        {
            Wrong(entry, $"must be an array, each item {mustBe}");
            return null;
        }

        if (array.Items.ChildrenCount > itemsMax)
        {
            Wrong(entry, $"has {array.Items.ChildrenCount} items, the most is {itemsMax}", sayFound: false);
            return null;
        }

        var values = new List<T>();
        foreach (var item in array.Items)
        {
            var text = (item.Value as StringValueSyntax)?.Value;
            if (text is { Length: <= StringCharsMax } && parse(text) is { } value)
            {
                values.Add(value);
            }
            else
            {
                Report(item.Value!.Span.Start, $"each item of '{Join(key)}' must be {mustBe}");
            }
        }

        return values;
    }

    private (TomlEntry? Entry, string? Text) Text(string key, string mustBe)
    {
        var entry = Find(key);
        if (entry is null)
        {
            return (null, null);
        }

        if (entry.Value is not StringValueSyntax { Value: { Length: <= StringCharsMax } text })
        {
            Wrong(entry, $"must be {mustBe}, as a string of at most {StringCharsMax} characters");
            return (entry, null);
        }

        return (entry, text);
    }

    private static TimeSpan? ParseDuration(string text)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, null, out var count))
        {
            return null;
        }

        long? unitMs = text[digits..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => null,
        };
        // A hundred years is beyond every limit a caller gives and far from overflowing TimeSpan.
        return unitMs is { } unit && count <= 3_155_760_000_000 / unit ? TimeSpan.FromMilliseconds(count * unit) : null;
    }

    private static string Format(TimeSpan span)
    {
        var ms = (long)span.TotalMilliseconds;
        return ms switch
        {
            0 => "0s",
            _ when ms % 86_400_000 == 0 => $"{ms / 86_400_000}d",
            _ when ms % 3_600_000 == 0 => $"{ms / 3_600_000}h",
            _ when ms % 60_000 == 0 => $"{ms / 60_000}m",
            _ when ms % 1_000 == 0 => $"{ms / 1_000}s",
            _ => $"{ms}ms",
        };
    }
}
