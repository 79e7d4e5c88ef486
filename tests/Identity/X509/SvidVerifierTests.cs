using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>One mint and its authorities for all cases.</summary>
public sealed class MintFixture : IDisposable
{
    private readonly Mint _mint = new();

    public MintFixture()
    {
        Authorities = new Authorities(_mint);
        Bundles = new TrustBundleSet(
            new TrustBundle(Domain(Mint.Domain), [.. Authorities.Bundle.Select(a => Certificate.Read(a.Der))]),
            new TrustBundle(Domain("other.org"), [Certificate.Read(Authorities.Foreign.Der)]));
    }

    internal Authorities Authorities { get; }

    internal TrustBundleSet Bundles { get; }

    internal static TrustDomain Domain(string name) =>
        TrustDomain.Parse(name, out var domain) is { } problem ? throw new ArgumentException(problem.ToString(), nameof(name)) : domain;

    public void Dispose() => _mint.Dispose();
}

public sealed class SvidVerifierTests(MintFixture fixture) : IClassFixture<MintFixture>
{
    /// <summary>What deciding about any chain may allocate.</summary>
    private const long AllocatedBytesMax = 2 * 1024 * 1024;

    private readonly SvidVerifier _verifier = new(new SvidPolicy());

    public static TheoryData<string> GoodNames => [.. GoodChains.All.Select(c => c.What)];

    public static TheoryData<string> BadNames => [.. BadChains.All.Select(c => c.What)];

    private SvidVerdict Verify(byte[][] chain) =>
        _verifier.Verify([.. chain.Select(c => (ReadOnlyMemory<byte>)c)], fixture.Bundles, Mint.Now);

    [Theory, MemberData(nameof(GoodNames))]
    public void Is_believed(string what)
    {
        var verdict = Verify(GoodChains.All.Single(c => c.What == what).Chain(fixture.Authorities));

        Assert.Null(verdict.Refusal);
        Assert.Equal(Mint.Domain, verdict.Svid!.Id.TrustDomain.Name);
    }

    [Theory, MemberData(nameof(BadNames))]
    public void Is_refused(string what)
    {
        var bad = BadChains.All.Single(c => c.What == what);
        var chain = bad.Chain(fixture.Authorities);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Verify(chain).Refusal;

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.NotNull(refusal);
        Assert.Equal((bad.Reason, bad.Requirement, bad.Alert), (refusal.Reason, refusal.Requirement, refusal.Alert));
        Assert.All(refusal.Text, c => Assert.InRange(c, ' ', '~'));
    }

    /// <summary>A renewed authority stands in the bundle beside the old one, in either order.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_renewed_authority_counts_whichever_stands_first(bool isOldFirst)
    {
        var mint = fixture.Authorities.Mint;
        var valid = fixture.Authorities.Root;
        var old = mint.Renewed(valid, w => w with { NotAfter = Mint.Now - TimeSpan.FromDays(1) });
        Minted[] both = isOldFirst ? [old, valid] : [valid, old];
        var bundle = new TrustBundle(MintFixture.Domain(Mint.Domain), [.. both.Select(a => Certificate.Read(a.Der))]);

        var verdict = _verifier.Verify([mint.Leaf(valid).Der], new TrustBundleSet(bundle), Mint.Now);

        Assert.Null(verdict.Refusal);
    }

    [Fact]
    public void Twenty_authorities_of_one_name_are_told_apart_by_their_keys()
    {
        var mint = fixture.Authorities.Mint;
        var roots = Enumerable.Range(0, 20).Select(_ => mint.Root("root")).ToList();
        var bundle = new TrustBundle(MintFixture.Domain(Mint.Domain), [.. roots.Select(a => Certificate.Read(a.Der))]);

        var verdict = _verifier.Verify([mint.Leaf(roots[^1]).Der], new TrustBundleSet(bundle), Mint.Now);

        Assert.Null(verdict.Refusal);
    }
}
