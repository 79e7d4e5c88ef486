namespace X0tta6bl4.Rack.Links;

/// <summary>One end of a link: a router and its mesh interface there.</summary>
public readonly record struct LinkEnd(string Router, string Interface)
{
    public override string ToString() => $"{Router}.{Interface}";
}

/// <summary>Two interfaces within radio range of each other.</summary>
public readonly record struct LinkPlan(LinkEnd A, LinkEnd B)
{
    /// <summary>For example <c>A-B</c>.</summary>
    public string Name => $"{A.Router}-{B.Router}";
}

/// <summary>
/// Which routers hear each other. Every link has an interface of its own at both ends, <c>mesh0</c>, <c>mesh1</c>… in
/// the order of the links, so that a link can be shaped or cut without touching the others.
/// </summary>
public sealed class Topology
{
    private Topology(string shape, IReadOnlyList<string> routers, IEnumerable<(int A, int B)> links)
    {
        Shape = shape;
        Routers = routers;
        var interfaces = new int[routers.Count];
        Links = [.. links.Select(l => new LinkPlan(
            new LinkEnd(routers[l.A], $"mesh{interfaces[l.A]++}"),
            new LinkEnd(routers[l.B], $"mesh{interfaces[l.B]++}")))];
    }

    public string Shape { get; }

    /// <summary>Names: A, B, C…</summary>
    public IReadOnlyList<string> Routers { get; }

    public IReadOnlyList<LinkPlan> Links { get; }

    /// <summary>A–B–C…: whoever is not next to each other needs those in between.</summary>
    public static Topology Line(int routers) =>
        new("line", Names(routers), Enumerable.Range(0, routers - 1).Select(i => (i, i + 1)));

    /// <summary>A line whose ends meet: every router is reachable two ways.</summary>
    public static Topology Ring(int routers) =>
        new("ring", Names(routers), Enumerable.Range(0, routers).Select(i => (i, (i + 1) % routers)));

    /// <summary>A in the middle, all others see only A.</summary>
    public static Topology Star(int routers) =>
        new("star", Names(routers), Enumerable.Range(1, routers - 1).Select(i => (0, i)));

    /// <summary>Everyone hears everyone.</summary>
    public static Topology Full(int routers) => new("full", Names(routers),
        from a in Enumerable.Range(0, routers) from b in Enumerable.Range(a + 1, routers - a - 1) select (a, b));

    /// <summary>Interfaces of a router, in order.</summary>
    public IReadOnlyList<string> Interfaces(string router) =>
        [.. Links.SelectMany(l => new[] { l.A, l.B }).Where(e => e.Router == router).Select(e => e.Interface)];

    public LinkPlan Link(string a, string b)
    {
        foreach (var link in Links)
        {
            if ((link.A.Router == a && link.B.Router == b) || (link.A.Router == b && link.B.Router == a))
            {
                return link;
            }
        }

        throw new ArgumentException($"no link between {a} and {b} in a {Shape} of {Routers.Count}", nameof(b));
    }

    public override string ToString() => $"{Shape} of {Routers.Count}";

    private static string[] Names(int count) => count is >= 1 and <= 26
        ? [.. Enumerable.Range(0, count).Select(i => ((char)('A' + i)).ToString())]
        : throw new ArgumentOutOfRangeException(nameof(count), count, "a topology has 1 to 26 routers");
}
