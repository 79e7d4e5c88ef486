namespace X0tta6bl4.Identity.Spiffe;

/// <summary>Why something is no SPIFFE ID, trust domain or bundle.</summary>
/// <param name="Requirement">
/// Number of the requirement in the list of docs/identity-rules.md, for example <c>ID-11</c>.
/// </param>
/// <param name="Text">What is wrong, without the text that was wrong: it comes from strangers and goes into logs.</param>
public sealed record SpiffeProblem(string Requirement, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Text} ({Requirement})";

    /// <summary>A character for people: itself when it is printable ASCII, else its number.</summary>
    internal static string Show(char c) => c is > ' ' and <= '~' ? $"'{c}'" : $"U+{(int)c:X4}";
}
