using System.Buffers;

namespace X0tta6bl4.Identity.Spiffe;

/// <summary>
/// A SPIFFE ID, <c>spiffe://trust-domain/path</c> (SPIFFE-ID, section 2). Compared byte for byte: scheme and trust domain are
/// taken in lower case only, as go-spiffe does, so that two texts are never one ID (ID-17). The path is empty or begins with
/// <c>/</c>; an ID with an empty path names the trust domain itself.
/// </summary>
public readonly record struct SpiffeId
{
    /// <summary>Longest ID in characters, which are bytes, for all are ASCII (ID-14, ID-15).</summary>
    public const int CharsMax = 2048;

    internal const string Scheme = "spiffe://";

    private static readonly SearchValues<char> PathChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/");

    private readonly string? _path;

    private SpiffeId(TrustDomain trustDomain, string path)
    {
        TrustDomain = trustDomain;
        _path = path;
    }

    /// <summary>Whose bundle decides about it.</summary>
    public TrustDomain TrustDomain { get; }

    /// <summary>Empty, or <c>/</c> and segments.</summary>
    public string Path => _path ?? "";

    /// <summary>Reads an ID as it stands in a certificate, a token or a configuration.</summary>
    /// <param name="text">The ID.</param>
    /// <param name="id">The ID, when the answer is null.</param>
    /// <returns>Null, or what is wrong and which requirement says so.</returns>
    public static SpiffeProblem? Parse(ReadOnlySpan<char> text, out SpiffeId id)
    {
        id = default;
        if (text.Length > CharsMax)
        {
            return new SpiffeProblem("ID-14", $"the ID has {text.Length} characters, at most {CharsMax} are allowed");
        }

        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? new SpiffeProblem("ID-17", "the scheme has upper-case letters")
                : new SpiffeProblem("ID-1", $"the ID does not begin with {Scheme}");
        }

        if (text.IndexOfAny('?', '#') >= 0)
        {
            return new SpiffeProblem("ID-3", "the ID has a query or a fragment");
        }

        var rest = text[Scheme.Length..];
        var slash = rest.IndexOf('/');
        var host = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? default : rest[slash..];
        if (TrustDomain.Parse(host, out var domain) is { } problem)
        {
            return problem;
        }

        if (CheckPath(path) is { } pathProblem)
        {
            return pathProblem;
        }

        id = new SpiffeId(domain, path.ToString());
        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}{TrustDomain.Name}{Path}";

    /// <summary>Empty is allowed here: whether an ID needs a path depends on what it is for .</summary>
    internal static SpiffeProblem? CheckPath(ReadOnlySpan<char> path)
    {
        if (path.IsEmpty)
        {
            return null;
        }

        var bad = path.IndexOfAnyExcept(PathChars);
        if (bad >= 0)
        {
            return path[bad] == '%'
                ? new SpiffeProblem("ID-10", "the path has percent-encoding")
                : new SpiffeProblem("ID-13", $"the path has the character {SpiffeProblem.Show(path[bad])}");
        }

        if (path[^1] == '/')
        {
            return new SpiffeProblem("ID-12", "the path ends with /");
        }

        foreach (var range in path[1..].Split('/'))
        {
            if (path[1..][range] is "" or "." or "..")
            {
                return new SpiffeProblem("ID-11", "the path has an empty, '.' or '..' segment");
            }
        }

        return null;
    }
}
