using System.Buffers;

namespace X0tta6bl4.Identity.Spiffe;

/// <summary>
/// Name of a SPIFFE trust domain: the part of an ID that decides whose signatures count (SPIFFE-ID, section 2.1). 1 to
/// <see cref="CharsMax"/> characters of <c>a-z 0-9 . - _</c>, and nothing is read into them: <c>10.0.0.1</c>, <c>a..b</c> and
/// <c>-x</c> are names like any other (ID-9). Compared byte for byte.
/// </summary>
public readonly record struct TrustDomain
{
    /// <summary>Longest name (ID-16).</summary>
    public const int CharsMax = 255;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");

    private readonly string? _name;

    private TrustDomain(string name) => _name = name;

    /// <summary>The name; empty for the default value, which belongs to nobody.</summary>
    public string Name => _name ?? "";

    /// <summary>Reads a name as it stands in a configuration: <c>example.org</c>.</summary>
    /// <param name="text">The name.</param>
    /// <param name="domain">The trust domain, when the answer is null.</param>
    /// <returns>Null, or what is wrong and which requirement says so.</returns>
    public static SpiffeProblem? Parse(ReadOnlySpan<char> text, out TrustDomain domain)
    {
        domain = default;
        if (text.IsEmpty)
        {
            return new SpiffeProblem("ID-4", "the trust domain is empty");
        }

        if (text.Length > CharsMax)
        {
            return new SpiffeProblem("ID-16", $"the trust domain has {text.Length} characters, at most {CharsMax} are allowed");
        }

        var bad = text.IndexOfAnyExcept(Allowed);
        if (bad >= 0)
        {
            return text[bad] switch
            {
                '%' => new SpiffeProblem("ID-8", "the trust domain has percent-encoding"),
                '@' or ':' => new SpiffeProblem("ID-5", "the trust domain has a user name or a port"),
                >= 'A' and <= 'Z' => new SpiffeProblem("ID-6", "the trust domain has upper-case letters"),
                var c => new SpiffeProblem("ID-7", $"the trust domain has the character {SpiffeProblem.Show(c)}"),
            };
        }

        domain = new TrustDomain(text.ToString());
        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
