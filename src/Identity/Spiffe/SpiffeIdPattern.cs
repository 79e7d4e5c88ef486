namespace X0tta6bl4.Identity.Spiffe;

/// <summary>
/// Which IDs are let in, as an operator writes it: <c>spiffe://td/a/b</c> is that ID alone, <c>spiffe://td/a/*</c> every ID
/// below <c>/a</c> in whole segments (<c>/ab</c> is not below <c>/a</c>, U-6), <c>spiffe://td/*</c> and <c>spiffe://td</c>
/// every ID of the trust domain. There is no other wildcard: a pattern someone must think about lets in someone he did not
/// think of.
/// </summary>
public readonly record struct SpiffeIdPattern
{
    private const string Below = "/*";

    private readonly bool _isPrefix;

    private SpiffeIdPattern(SpiffeId id, bool isPrefix)
    {
        Id = id;
        _isPrefix = isPrefix;
    }

    /// <summary>The ID itself, or the one whose descendants match.</summary>
    public SpiffeId Id { get; }

    /// <summary>Reads a pattern.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="pattern">The pattern, when the answer is null.</param>
    /// <returns>Null, or what is wrong.</returns>
    public static SpiffeProblem? Parse(ReadOnlySpan<char> text, out SpiffeIdPattern pattern)
    {
        pattern = default;
        var isPrefix = text.EndsWith(Below, StringComparison.Ordinal);
        if (SpiffeId.Parse(isPrefix ? text[..^Below.Length] : text, out var id) is { } problem)
        {
            return problem;
        }

        // A trust domain's own ID authenticates nobody, so that nothing else can be meant by it.
        pattern = new SpiffeIdPattern(id, isPrefix || id.Path.Length == 0);
        return null;
    }

    /// <summary>True when the ID is let in.</summary>
    public bool Matches(SpiffeId id) =>
        id.TrustDomain == Id.TrustDomain && (!_isPrefix
            ? id.Path == Id.Path
            : id.Path.Length > Id.Path.Length && id.Path.StartsWith(Id.Path, StringComparison.Ordinal)
                && id.Path[Id.Path.Length] == '/');

    /// <inheritdoc/>
    public override string ToString() => _isPrefix ? $"{Id}{Below}" : Id.ToString();
}
