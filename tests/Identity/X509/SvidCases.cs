using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>The authorities of the cases: a root of our domain with an intermediate below it, and strangers.</summary>
internal sealed class Authorities(Mint mint)
{
    public Mint Mint { get; } = mint;

    public Minted Root { get; } = mint.Root("root");

    public Minted Foreign { get; } = mint.Root("foreign", w => w with { Names = "URI:spiffe://other.org" });

    /// <summary>Calls itself as the root does, with a key of its own.</summary>
    public Minted Impostor { get; } = mint.Root("root");

    /// <summary>In the bundle, and expired.</summary>
    public Minted ExpiredRoot { get; } = mint.Root("expired root", w => w with { NotAfter = Mint.Now - TimeSpan.FromDays(1) });

    /// <summary>In the bundle, and for names below b.example.org only.</summary>
    public Minted NarrowRoot { get; } = mint.Root(
        "narrow root", w => w with { Names = null, Constraints = "critical,permitted;URI:.b.example.org" });

    /// <summary>In every bundle, and without an ID, so that it may sign for all of them.</summary>
    public Minted NamelessRoot { get; } = mint.Root("nameless root", w => w with { Names = null });

    /// <summary>What the tests' bundle of <see cref="Mint.Domain"/> holds.</summary>
    public IReadOnlyList<Minted> Bundle => [Root, ExpiredRoot, NarrowRoot, NamelessRoot];

    /// <summary>A leaf of the root.</summary>
    public byte[][] Leaf(Func<Wish, Wish> change) => [Mint.Leaf(Root, change).Der];

    /// <summary>A leaf of an intermediate of the root.</summary>
    public byte[][] Below(Func<Wish, Wish> intermediate, Func<Wish, Wish>? leaf = null)
    {
        var middle = Mint.Intermediate("middle", Root, intermediate);
        return [Mint.Leaf(middle, leaf).Der, middle.Der];
    }
}

/// <summary>One chain and what is to be said of it.</summary>
/// <param name="What">Requirements it is a case of, and what is wrong with it or right; unique.</param>
/// <param name="Requirement">Number in the list of docs/identity-rules.md; empty for a chain that is fine.</param>
/// <param name="Reason">The reason expected; null for a chain that is fine.</param>
/// <param name="Alert">The TLS alert expected; null for a chain that is fine.</param>
/// <param name="Chain">The chain, leaf first.</param>
internal sealed record SvidCase(
    string What, string Requirement, SvidRefusalReason? Reason, TlsAlert? Alert, Func<Authorities, byte[][]> Chain)
{
    /// <summary>
    /// Numbers of the requirements it is a case of. Not always the one that the refusal names: several say the same thing, and
    /// of several things that are wrong the first is named.
    /// </summary>
    public IEnumerable<string> CaseOf => What[..What.IndexOf(':', StringComparison.Ordinal)].Split(", ");

    public override string ToString() => What;
}
