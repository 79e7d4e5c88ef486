using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.Tls;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;
using Certificate = X0tta6bl4.Identity.X509.Certificate;

namespace X0tta6bl4.Identity.Tests.X509;

/// <summary>One mint and its authorities for all cases.</summary>
public sealed class MintFixture : IDisposable
{
    private readonly Mint _mint = new();

    public MintFixture()
    {
        Authorities = new Authorities(_mint);
        Bundles = new TrustBundleSet([
            .. Ids.Domains.Select(domain => new TrustBundle(
                Domain(domain), [.. Authorities.Bundle.Select(a => Certificate.Read(a.Der))])),
            new TrustBundle(Domain("other.org"), [Certificate.Read(Authorities.Foreign.Der)]),
            new TrustBundle(Domain("empty.org"), []),
        ]);
    }

    internal Authorities Authorities { get; }

    internal TrustBundleSet Bundles { get; }

    internal static TrustDomain Domain(string name) =>
        TrustDomain.Parse(name, out var domain) is { } problem ? throw new ArgumentException(problem.ToString(), nameof(name)) : domain;

    public void Dispose() => _mint.Dispose();
}

public sealed class SvidVerifierTests(TlsWorld world) : IClassFixture<TlsWorld>
{
    /// <summary>What deciding about any chain may allocate.</summary>
    private const long AllocatedBytesMax = 2 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// What the checklist of the standards and of ours demands of chains (the MUSTs of those who verify, and of those who issue,
    /// where a verifier can see it). The others: and the like allow something (<see cref="GoodChains"/>); and B-2
    /// to B-15 are about bundles (<see cref="TrustBundleReaderTests"/>); W, E and J about the Workload API and tokens; U-2, U-6 and
    /// U-7 are revocation, who is let in, and names of hosts, which nothing here looks at.
    /// </summary>
    private static readonly string[] Demanded =
    [
        "ID-1", "ID-2", "ID-3", "ID-4", "ID-5", "ID-6", "ID-7", "ID-8", "ID-9", "ID-10", "ID-11", "ID-12", "ID-13", "ID-14", "ID-16", "ID-17",
        "ID-20", "X-1", "X-2", "X-4", "X-5", "X-7", "X-8", "X-9", "X-10", "X-11", "X-12", "X-13", "X-14", "X-15", "X-16", "X-17", "X-18",
        "X-19", "X-20", "X-21", "X-22", "B-1", "B-7", "W-11", "U-1", "U-3", "U-4", "U-5", "U-9",
    ];

    private readonly SvidVerifier _verifier = new(new SvidPolicy());

    public static TheoryData<string> GoodNames => [.. GoodChains.All.Select(c => c.What)];

    public static TheoryData<string> BadNames => [.. BadChains.All.Select(c => c.What)];

    private SvidVerdict Verify(byte[][] chain) =>
        _verifier.Verify([.. chain.Select(c => (ReadOnlyMemory<byte>)c)], world.Bundles, Mint.Now);

    [Fact]
    public void Every_demand_has_a_chain_that_meets_it_and_two_that_do_not()
    {
        var good = GoodChains.All.SelectMany(c => c.CaseOf).ToLookup(id => id);
        var bad = BadChains.All.SelectMany(c => c.CaseOf).ToLookup(id => id);

        Assert.Equal([], Demanded.Where(id => !good[id].Any()).Select(id => $"{id} has no good chain"));
        Assert.Equal([], Demanded.Where(id => bad[id].Count() < 2).Select(id => $"{id} has {bad[id].Count()} bad chains"));
        Assert.InRange(BadChains.All.Count, 301, 1000);
        Assert.Equal(BadChains.All.Count, BadChains.All.Select(c => c.What).Distinct().Count());
    }

    [Theory, MemberData(nameof(GoodNames))]
    public void Is_believed(string what)
    {
        var chain = GoodChains.All.Single(c => c.What == what).Chain(world.Authorities);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var verdict = Verify(chain);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.Null(verdict.Refusal);
        Assert.Equal(Certificate.Read(chain[0]).Uris.Single(), verdict.Svid!.Id.ToString());
    }

    [Theory, MemberData(nameof(BadNames))]
    public async Task Is_refused(string what)
    {
        var bad = BadChains.All.Single(c => c.What == what);
        var chain = bad.Chain(world.Authorities);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Verify(chain).Refusal;

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllocatedBytesMax);
        Assert.NotNull(refusal);
        Assert.Equal((bad.Reason, bad.Requirement, bad.Alert), (refusal.Reason, refusal.Requirement, refusal.Alert));
        Assert.All(refusal.Text, c => Assert.InRange(c, ' ', '~'));
        await IsRefusedOverTlsAsync(bad, chain, isServer: false);
        if (chain.Length > 0)
        {
            // A server without a certificate cannot even be asked for a handshake (RFC 8446, section 4.4.2.4).
            await IsRefusedOverTlsAsync(bad, chain, isServer: true);
        }
    }

    /// <summary>The same in a handshake: the alert that goes with it, and no byte of the application in either direction.</summary>
    /// <param name="bad">The case.</param>
    /// <param name="chain">Its chain.</param>
    /// <param name="isServer">Whether it is a server that shows it to us.</param>
    private async Task IsRefusedOverTlsAsync(SvidCase bad, byte[][] chain, bool isServer)
    {
        var (near, far) = await Loopback.PairAsync();
        var ours = TlsWorld.ResultAsync(isServer
            ? MutualTlsStream.ConnectAsync(near, world.Settings(world.Client), TimeProvider.System, CancellationToken.None)
            : MutualTlsStream.AcceptAsync(near, world.Settings(world.Server), TimeProvider.System, CancellationToken.None));
        var shower = new ChainShower(chain, world.Authorities.Root.Der, world.Client.Key);
        var (alert, bytes) = await shower.TalkAsync(far, isServer).WaitAsync(Patience);
        await far.DisposeAsync();

        // No stream, so nothing was handed out.
        var failure = Assert.IsType<TlsHandshakeException>(await ours.WaitAsync(Patience));
        Assert.Equal(0, bytes);
        if (chain.Sum(c => c.Length) > world.Settings(world.Client).HandshakeBytesMax)
        {
            // More than a handshake may have: it is not heard to its end, and whoever still talks may not hear why.
            Assert.Contains(failure.Failure, new[] { TlsFailure.TooLarge, TlsFailure.Protocol });
        }
        else if (Array.Exists(chain, c => c.Length == 0))
        {
            // Not even TLS has place for it (RFC 8446, section 4.4.2).
            Assert.Equal((int)AlertDescription.decode_error, alert);
        }
        else
        {
            Assert.Equal((int)bad.Alert!.Value, alert);
        }
    }

    /// <summary>A renewed authority stands in the bundle beside the old one, in either order.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_renewed_authority_counts_whichever_stands_first(bool isOldFirst)
    {
        var mint = world.Authorities.Mint;
        var valid = world.Authorities.Root;
        var old = mint.Renewed(valid, w => w with { NotAfter = Mint.Now - TimeSpan.FromDays(1) });
        Minted[] both = isOldFirst ? [old, valid] : [valid, old];
        var bundle = new TrustBundle(MintFixture.Domain(Mint.Domain), [.. both.Select(a => Certificate.Read(a.Der))]);

        var verdict = _verifier.Verify([mint.Leaf(valid).Der], new TrustBundleSet(bundle), Mint.Now);

        Assert.Null(verdict.Refusal);
    }

    [Fact]
    public void Twenty_authorities_of_one_name_are_told_apart_by_their_keys()
    {
        var mint = world.Authorities.Mint;
        var roots = Enumerable.Range(0, 20).Select(_ => mint.Root("root")).ToList();
        var bundle = new TrustBundle(MintFixture.Domain(Mint.Domain), [.. roots.Select(a => Certificate.Read(a.Der))]);

        var verdict = _verifier.Verify([mint.Leaf(roots[^1]).Der], new TrustBundleSet(bundle), Mint.Now);

        Assert.Null(verdict.Refusal);
    }
}
